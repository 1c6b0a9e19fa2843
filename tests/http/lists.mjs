// Lists: pages by cursor, newest first, filters and search.
import { csv, is, ok, small, test } from './harness.mjs';

export default async function lists({ server }) {
  const ids = [];
  await test('120 scenarios are stored one after another', async () => {
    for (let i = 0; i < 120; i++)
      ids.push((await server.store(small({ name: `Paged ${i}`, company: i % 3 ? 'Pages AG' : 'Séite & Co', tags: [`n${i % 4}`, 'paged'], description: i % 10 ? 'plain words' : 'a rare marzipan word' }))).id);
  });
  const walk = async (query, check) => {
    const items = [];
    let target = `/v1/scenarios?${query}`;
    for (let pages = 0; target; pages++) {
      ok(pages < 200, 'the pages do not end');
      const { json, headers } = await server.expect(200, 'GET', target);
      check?.(json);
      items.push(...json.items);
      const link = headers.link && /^<([^>]+)>; rel="next"$/.exec(headers.link);
      is(link != null, json.next !== null, 'whether there is a Link');
      if (link) is(new URL(link[1], 'http://x').searchParams.get('after'), json.next, 'the cursor of the Link');
      target = link?.[1];
    }
    return items;
  };
  await test('the list is newest first, whatever the size of its pages, each scenario once', async () => {
    for (const limit of [1, 7, 50, 60, 200]) {
      const items = await walk(`tag=paged&limit=${limit}`, page => ok(page.items.length <= limit && (page.items.length === limit || page.next === null), `a page has ${page.items.length} of ${limit}`));
      is(items.map(item => item.id), [...ids].reverse(), `by ${limit}`);
    }
    is((await server.get('/v1/scenarios')).json.items.length, 50, 'items unless asked for otherwise');
    ok((await server.get('/v1/scenarios')).headers.link, 'no Link');
  });
  await test('a walk through the pages is not disturbed by what is stored or changed meanwhile', async () => {
    const first = (await server.get('/v1/scenarios?tag=paged&limit=60')).json;
    await server.store(small({ name: 'Newcomer', tags: ['paged'] }));
    const { headers } = await server.get(`/v1/scenarios/${ids[30]}`);
    await server.expect(200, 'PATCH', `/v1/scenarios/${ids[30]}`, { merge: { price: 77 }, headers: { 'If-Match': headers.etag } });
    const second = (await server.get(`/v1/scenarios?tag=paged&limit=200&after=${first.next}`)).json;
    const seen = [...first.items, ...second.items].map(item => item.id);
    is(new Set(seen).size, seen.length, 'scenarios seen, each once');
    for (const id of ids) ok(seen.includes(id), `${id} (number ${ids.indexOf(id)}) was passed over`);
  });
  await test('company and tag narrow the list, the company whatever its case', async () => {
    for (const company of ['Pages AG', 'pages ag', 'PAGES AG']) is((await walk(`limit=200&company=${encodeURIComponent(company)}`)).length, 80, company);
    is((await walk(`limit=200&company=${encodeURIComponent('Séite & Co')}`)).length, 40, 'an accent and an ampersand');
    is((await walk('limit=7&tag=n1')).length, 30, 'a tag');
    is((await walk(`limit=9&tag=n1&company=${encodeURIComponent('Pages AG')}`)).length, 20, 'both');
    for (const query of ['tag=n', 'tag=N1', 'company=Pages', 'company=Pages%25', 'tag=%25', 'company=_ages+AG']) is((await walk(query)).length, 0, query);
  });
  await test('q finds words by their beginnings in name, company, description and tags, all of them', async () => {
    is((await walk('limit=200&q=marzipan')).length, 12, 'a word of the description');
    is((await walk('limit=200&q=marz')).length, 12, 'its beginning');
    is((await walk('limit=200&q=MARZIPAN')).length, 12, 'its capitals');
    is((await walk('limit=200&q=arzipan')).length, 0, 'its middle');
    is((await walk('limit=200&q=paged+marzipan+rare')).length, 12, 'words of several members');
    is((await walk('limit=200&q=paged+marzipan+nothere')).length, 0, 'a word that is nowhere');
    is((await walk('limit=3&q=marzipan')).length, 12, 'in pages');
    is((await walk('limit=200&q=seite')).length, (await walk(`limit=200&q=${encodeURIComponent('séite')}`)).length, 'with and without its accent');
    is((await walk('q=amd+bear')).map(item => item.id), ['amd-bear'], 'the example of the reference');
    ok((await walk('q=n3')).length >= 30, 'a tag');
  });
  await test('a hostile q is words like any other, never syntax', async () => {
    for (const q of ['"', '""', '"unclosed', "'", "' OR 1=1 --", '*', '**', 'a*', '(', ')', '()', 'AND', 'OR NOT', 'NEAR(a b)', 'NOT', 'name:x', '{name} : x', '^paged', '-paged', '+paged', 'paged AND marzipan', 'paged OR nothere', 'a"b', '\\', '%', '_', ';', '--', '/*', 'é'.repeat(300), '☃', '💩',
      'x'.repeat(3000), 'a '.repeat(1500), '\t', ' ', '', '\u200b', '..', '?', '[', 'rank', 'marzipan"*', 'rowid:1', 'a\nb', 'a\u00a0b']) {
      const answer = await server.get(`/v1/scenarios?limit=2&q=${encodeURIComponent(q)}`);
      const control = /[\n\t]/.test(q);
      ok(answer.status === 200 || (control && answer.status === 400) || (q.length > 1000 && [400, 414].includes(answer.status)), `${JSON.stringify(q.slice(0, 40))} answers ${answer.status}: ${answer.text.slice(0, 200)}`);
    }
    is((await walk('limit=200&q=paged+AND+marzipan')).length, 0, 'AND is a word: no scenario has it');
    is((await walk('limit=200&q=marzipan*')).length, 12, 'punctuation is passed over');
    for (const [name, value] of [['tag', "' OR 1=1 --"], ['company', '"; DROP TABLE x'], ['tag', '\\'], ['company', '%']]) is((await walk(`${name}=${encodeURIComponent(value)}`)).length, 0, value);
  });
  await test('what is found follows what is changed, deleted and restored', async () => {
    const { id, etag } = await server.store(small({ name: 'Quokka', tags: ['zq'] }));
    const count = async (q, more = '') => (await walk(`q=${q}${more}`)).length;
    is(await count('quokka'), 1, 'stored');
    const { headers } = await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { name: 'Wombat' }, headers: { 'If-Match': etag } });
    is([await count('quokka'), await count('wombat')], [0, 1], 'renamed');
    await server.expect(204, 'DELETE', `/v1/scenarios/${id}`, { headers: { 'If-Match': headers.etag } });
    is([await count('wombat'), await count('wombat', '&deleted=true')], [0, 1], 'deleted');
    await server.expect(200, 'POST', `/v1/scenarios/${id}/restore`);
    is([await count('wombat'), await count('wombat', '&deleted=true')], [1, 0], 'restored');
  });
  await test('the list as CSV has the same scenarios, and no cell that a spreadsheet would run', async () => {
    await server.store(small({ name: '=1+1', company: '@SUM(A1)', tags: ['-x', 'a,b', 'q"q'] }));
    const [json, text] = await Promise.all([server.get('/v1/scenarios?limit=40'), server.get('/v1/scenarios?limit=40', { headers: { Accept: 'text/csv' } })]);
    const rows = csv(text.text);
    is(text.headers['content-type'], 'text/csv; charset=utf-8; header=present', 'the type');
    is(text.headers.link, json.headers.link, 'the Link');
    is(rows.map(row => [row.id, Number(row.revision), row.created_at, row.builtin === 'true', row.sha256, row.parent || null]), json.json.items.map(item => [item.id, item.revision, item.created_at, item.builtin, item.sha256, item.parent]), 'the rows');
    is([rows[0].name, rows[0].company], ["'=1+1", "'@SUM(A1)"], 'formulas are quoted');
    for (const row of rows) for (const cell of Object.values(row)) ok(!/^[=+\-@\t\r]/.test(cell), `the cell ${cell}`);
    is(Object.keys(rows[0]).join(), 'id,revision,created_at,updated_at,name,company,tags,parent,builtin,sha256', 'the columns');
  });
}
