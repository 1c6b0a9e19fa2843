// Export and import: everything leaves as lines, and comes back as it was.
import { BUILT_INS, canonical, digest, eventually, is, ok, scenario, Server, small, test } from './harness.mjs';
import http from 'node:http';

const SEEDED = BUILT_INS.length + 1; // and a set

export default async function transfer({ server, binary }) {
  const base = scenario('amd-base');
  const lines = text => text.trimEnd().split('\n').map(line => JSON.parse(line));
  const own = text => lines(text).filter(line => !line.builtin);
  // Of exports that their clients broke off the service learns in its own time; until then there may be too many.
  const exported = async from => {
    const answer = await eventually('an export', async () => { const one = await from.get('/v1/export'); return one.status !== 503 && one; });
    is(answer.status, 200, 'the status');
    is(answer.headers['content-type'], 'application/x-ndjson', 'the type');
    return answer.text;
  };
  const blame = async (ndjson, pointer, code, name = 'invalid-scenario') => {
    const { json } = await server.refuse(name, 'POST', '/v1/import', { ndjson });
    ok(json.errors?.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(json.errors ?? json)} lacks ${code} at ${pointer}`);
  };
  let everything;

  await test('the export has each revision of each scenario, deleted ones and variants too', async () => {
    const one = await server.store(base);
    await server.expect(200, 'PATCH', `/v1/scenarios/${one.id}`, { merge: { price: 5, name: 'Zwei ☃' }, headers: { 'If-Match': one.etag } });
    const { json: variant } = await server.expect(201, 'POST', `/v1/scenarios/${one.id}/variants`, { json: { name: 'V', overrides: [{ pointer: '/price', value: 1 }] } });
    await server.expect(201, 'POST', `/v1/scenarios/${variant.id}/variants`, { json: { name: 'VV', overrides: [{ pointer: '/fair_band', value: 0.3 }] } });
    const gone = await server.store(small({ name: 'Gone' }));
    await server.expect(204, 'DELETE', `/v1/scenarios/${gone.id}`, { headers: { 'If-Match': '*' } });
    for (let i = 0; i < 60; i++) await server.store({ ...base, name: `Bulk ${i}` });
    everything = await exported(server);
    const all = lines(everything);
    is(all.filter(line => line.id === one.id).map(line => [line.revision, line.kind, line.name]), [[1, 'document', base.name], [2, 'document', 'Zwei ☃']], 'the revisions');
    is(all.filter(line => line.id === variant.id).map(line => [line.kind, line.parent, line.overrides]), [['variant', one.id, [{ pointer: '/price', value: 1 }]]], 'the variant');
    ok(all.find(line => line.id === gone.id).deleted_at, 'the deleted one');
    is(all.length, SEEDED + 2 + 2 + 1 + 60, 'lines');
    for (const line of all) ok(line.parent === null || all.findIndex(other => other.id === line.parent) < all.indexOf(line), 'a variant stands before its parent');
  });
  await test('imported into another server it is the same: the same export, the same answers', async () => {
    const other = await new Server(binary).start();
    try {
      const { json } = await other.expect(200, 'POST', '/v1/import', { ndjson: everything });
      is([json.lines, json.imported], [65 + SEEDED, 65], 'lines and revisions stored');
      is(json.skipped, SEEDED, 'built-in ones passed over');
      const again = await exported(other);
      is(own(again).map(line => canonical(line)).sort(), own(everything).map(line => canonical(line)).sort(), 'the export of the other');
      const repeated = await other.expect(200, 'POST', '/v1/import', { ndjson: everything });
      is([repeated.json.imported, repeated.json.skipped], [0, 65 + SEEDED], 'imported twice');
      is(own(await exported(other)).length, 65, 'lines after that');
      for (const line of own(everything).filter(line => !line.deleted_at).slice(0, 8)) {
        for (const address of [`/v1/scenarios/${line.id}`, `/v1/scenarios/${line.id}/valuation?inputs=true`, `/v1/scenarios/${line.id}/revisions`]) {
          const [here, there] = await Promise.all([server.get(address), other.get(address)]);
          is([there.status, there.text, there.headers.etag], [here.status, here.text, here.headers.etag], address);
        }
      }
      const found = await other.expect(200, 'GET', '/v1/scenarios?q=zwei');
      ok(found.json.items.some(item => item.name === 'Zwei ☃'), 'the words of the import are not found');
      is((await other.get('/v1/scenarios?limit=200&deleted=true')).json.items.map(item => item.name), ['Gone'], 'the deleted one');
      await other.expect(200, 'PATCH', `/v1/scenarios/${own(everything)[0].id}`, { merge: { price: 8 }, headers: { 'If-Match': '*' } });
    } finally { await other.stop(); }
  });
  await test('an import continues what is there, or leaves everything as it was', async () => {
    const first = own(everything)[0], count = own(await exported(server)).length;
    const next = { ...structuredClone(first), revision: 3, sha256: undefined };
    next.document.price = 77;
    next.sha256 = digest(next.document);
    next.name = next.document.name;
    const { json } = await server.expect(200, 'POST', '/v1/import', { ndjson: `${JSON.stringify(next)}\n` });
    is([json.imported, json.skipped, json.lines], [1, 0, 1], 'a revision that follows');
    is((await server.get(`/v1/scenarios/${first.id}`)).json.document.price, 77, 'the newest');
    const fresh = id => ({ ...structuredClone(first), id, revision: 1 });
    const cut = await server.ask('POST', '/v1/import', { ndjson: `${JSON.stringify(fresh('fresh-one'))}\n{"id":` });
    ok([400, 422].includes(cut.status) && cut.json.errors.some(error => error.pointer.startsWith('/2') && error.code === 'bad_text'), () => `a line that is no JSON: ${cut.text}`);
    await blame(`${JSON.stringify(fresh('fresh-one'))}\n${JSON.stringify({ ...fresh('fresh-two'), revision: 2 })}\n`, '/2/revision', 'out_of_range');
    is(own(await exported(server)).length, count + 1, 'lines stored after the refusals');
    await server.refuse('not-found', 'GET', '/v1/scenarios/fresh-one');
  });
  await test('what was tampered with is refused, with its line and member', async () => {
    const line = own(everything)[0];
    const changed = change => { const copy = structuredClone({ ...line, id: 'tampered' }); change(copy); return `${JSON.stringify(copy)}\n`; };
    await blame(changed(copy => { copy.document.price = 1; }), '/1/sha256', 'conflict');
    await blame(changed(copy => { copy.name = 'Other'; }), '/1/name', 'conflict');
    await blame(changed(copy => { copy.id = 'Not An Id'; }), '/1/id', 'bad_text');
    await blame(changed(copy => { copy.created_at = '2026-02-30T00:00:00.000000Z'; }), '/1/created_at', 'bad_date');
    await blame(changed(copy => { copy.updated_at = 'yesterday'; }), '/1/updated_at', 'bad_date');
    await blame(changed(copy => { copy.kind = 'novel'; }), '/1/kind', 'bad_choice');
    await blame(changed(copy => { delete copy.document; }), '/1/document', 'missing');
    await blame(changed(copy => { copy.overrides = []; }), '/1/overrides', 'conflict');
    await blame(changed(copy => { copy.parent = 'amd-base'; }), '/1/parent', 'conflict');
    await blame(changed(copy => { copy.revision = 0; }), '/1/revision', 'out_of_range');
    await blame(changed(copy => { copy.revision = 1.5; }), '/1/revision', 'wrong_type');
    await blame(changed(copy => { copy.builtin = 'no'; }), '/1/builtin', 'wrong_type');
    await blame(changed(copy => { copy.sha256 = 'abc'; }), '/1/sha256', 'bad_text');
    await blame(changed(copy => { copy.extra = 1; }), '/1/extra', 'unknown_field');
    await blame(changed(copy => { delete copy.id; }), '/1/id', 'missing');
    await blame(changed(copy => { copy.document.prise = 1; }), '/1/document/prise', 'unknown_field');
    await blame(changed(copy => { copy.document.horizon = 99; }), '/1/document/horizon', 'out_of_range');
    await blame('[]\n', '/1', 'wrong_type');
    await blame('7\n', '/1', 'wrong_type');
    await blame(`${JSON.stringify({ ...line, id: 'v', kind: 'variant', document: undefined, overrides: [], parent: 'nobody' })}\n`, '/1/parent', 'missing');
    await blame(`${JSON.stringify({ ...line, id: 'v', kind: 'variant', document: undefined, overrides: [{ pointer: 'x', value: 1 }], parent: 'amd-base' })}\n`, '/1/overrides/0/pointer', 'bad_pointer');
  });
  await test('the history of a variant goes along: what each revision was over, of which its digest is', async () => {
    const root = await server.store({ ...base, name: 'Rooted' });
    const { json: variant } = await server.expect(201, 'POST', `/v1/scenarios/${root.id}/variants`, { json: { name: 'Following', overrides: [{ pointer: '/price', value: 7 }] } });
    const { json: leaf } = await server.expect(201, 'POST', `/v1/scenarios/${variant.id}/variants`, { json: { name: 'Leaf', overrides: [{ pointer: '/fair_band', value: 0.3 }] } });
    const change = (id, merge) => server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge, headers: { 'If-Match': '*' } });
    await change(root.id, { discount: { wacc: 0.12 }, company: 'Rooted Inc' });
    await change(leaf.id, { fair_band: 0.2 });
    await change(variant.id, { price: 9 });
    await change(root.id, { terminal: { growth: 0.01 } });
    const ours = [root.id, variant.id, leaf.id], text = await exported(server), mine = lines(text).filter(line => ours.includes(line.id));
    is(mine.map(line => [line.name, line.revision, line.parents]), [['Rooted', 1, undefined], ['Rooted', 2, undefined], ['Rooted', 3, undefined], ['Following', 1, [1]], ['Following', 2, [2]], ['Leaf', 1, [1, 1]], ['Leaf', 2, [1, 2]]], 'the lines');
    const other = await new Server(binary).start();
    const join = list => list.map(line => JSON.stringify(line)).join('\n');
    try {
      const old = mine.map(line => ({ ...line, id: `old-${line.id}`, parent: line.parent && `old-${line.parent}`, parents: undefined }));
      await other.expect(200, 'POST', '/v1/import', { ndjson: join([...mine, ...old]) });
      is(lines(await exported(other)).filter(line => line.id.startsWith('old-')).map(line => line.parents), mine.map(line => line.parents), 'what lines of an older export mean');
      for (const { id, revision } of mine) for (const own of [id, `old-${id}`]) {
        const [here, there] = [await server.get(`/v1/scenarios/${id}/revisions/${revision}`), await other.get(`/v1/scenarios/${own}/revisions/${revision}`)];
        is([there.json.document, there.json.sha256], [here.json.document, here.json.sha256], `revision ${revision} of ${own}`);
      }
      is((await other.get('/v1/scenarios?company=rooted%20inc')).json.items.length, 6, 'found by what they follow');
    } finally { await other.stop(); }
    const wrong = async (change, pointer, code) => {
      const copy = structuredClone(mine.map(line => ({ ...line, id: `wrong-${line.id}`, parent: line.parent && `wrong-${line.parent}` })));
      change(copy[5]);
      await blame(join(copy), `/6${pointer}`, code);
    };
    await wrong(line => { line.overrides[0].value = 0.4; }, '/sha256', 'conflict');
    await wrong(line => { line.parents = [1, 2]; }, '/sha256', 'conflict');
    await wrong(line => { line.parents = [1]; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = [1, 1, 1]; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = [9, 1]; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = [1, 0]; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = [1, '1']; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = {}; }, '/parents', 'out_of_range');
    await wrong(line => { line.parents = []; }, '/parents', 'out_of_range');
    await wrong(line => { line.overrides = [{ pointer: '/segments/9/margin', value: 1 }]; }, '/overrides', 'conflict');
    await wrong(line => { line.overrides = [{ pointer: '/price', value: -1 }]; }, '/overrides', 'conflict');
    await blame(join([{ ...mine[0], id: 'lonely', parents: [1] }]), '/1/parents', 'out_of_range');
  });
  await test('another history of what is there is a conflict, a built-in one above all', async () => {
    const line = own(everything)[0];
    const other = structuredClone(line);
    other.document.price = 4321;
    other.sha256 = digest(other.document);
    await server.refuse('conflict', 'POST', '/v1/import', { ndjson: `${JSON.stringify(other)}\n` });
    await server.refuse('conflict', 'POST', '/v1/import', { ndjson: `${JSON.stringify({ ...other, id: 'amd-base' })}\n` });
    is((await server.get('/v1/scenarios/amd-base')).json.document, base, 'amd-base');
  });
  await test('an import ends its lines as it likes: with CRLF, with empty lines, without an end', async () => {
    const line = JSON.stringify({ ...own(everything)[0], id: 'lines-1' });
    is((await server.expect(200, 'POST', '/v1/import', { ndjson: `\n${line}\r\n\n` })).json.imported, 1, 'CRLF and empty lines');
    is((await server.expect(200, 'POST', '/v1/import', { ndjson: line.replace('lines-1', 'lines-2') })).json.imported, 1, 'no end');
    is((await server.ask('POST', '/v1/import', { ndjson: '\n' })).json.imported ?? 0, 0, 'nothing');
  });
  await test('fifteen hundred lines go in at once and come out again', async () => {
    const document = small({ description: 'x'.repeat(4000) });
    const line = { ...own(everything)[0], name: document.name, document, sha256: digest(document) };
    const many = Array.from({ length: 1500 }, (_, i) => JSON.stringify({ ...line, id: `many-${i}` })).join('\n');
    is((await server.expect(200, 'POST', '/v1/import', { ndjson: many })).json.imported, 1500, 'imported');
    is(own(await exported(server)).filter(one => one.id.startsWith('many-')).length, 1500, 'exported');
  });
  await test('writes go on while exports run, and an export that is broken off leaves nothing behind', async () => {
    const abandon = () => new Promise(resolve => http.get({ port: server.port, path: '/v1/export' }, response => { response.once('data', () => { response.destroy(); resolve(); }); }).on('error', resolve));
    for (let i = 0; i < 20; i++) await Promise.all([abandon(), abandon(), server.store(small({ name: `During ${i}` }))]);
    const text = await exported(server);
    ok(own(text).filter(line => line.name.startsWith('During')).length === 20, 'the writes are there');
  });
  await test('of exports at once more than four are refused for a while, with Retry-After', async () => {
    const streams = [];
    const open = () => new Promise((resolve, reject) => http.get({ port: server.port, path: '/v1/export' }, response => { response.pause(); streams.push(response); resolve(response.statusCode); }).on('error', reject));
    try {
      for (let i = 0; i < 4; i++) await eventually(`export ${i + 1}`, async () => await open() === 200);
      const answer = await server.ask('GET', '/v1/export');
      is([answer.status, answer.json.type], [503, '/problems/overloaded'], 'the fifth');
    } finally { for (const stream of streams) stream.destroy(); }
    await exported(server);
  });
}
