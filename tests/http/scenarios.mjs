// Scenarios: stored, read, changed, deleted, brought back; nothing overwritten unseen.
import { at, digest, fail, is, ok, scenario, sleep, small, test } from './harness.mjs';

const TIME = /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

export default async function scenarios({ server }) {
  const base = scenario('amd-base');
  const strong = etag => ok(/^"[^"]+"$/.test(etag), `the ETag ${etag} is not strong`);

  await test('a document that is posted is stored whole, under an id of its own, as revision 1', async () => {
    const { json, headers } = await server.expect(201, 'POST', '/v1/scenarios', { json: base });
    is(headers.location, `/v1/scenarios/${json.id}`, 'Location');
    is([json.revision, json.name, json.company, json.tags, json.parent, json.builtin], [1, base.name, base.company, base.tags, null, false], 'the envelope');
    is(json.document, base, 'the document');
    is(json.sha256, digest(base), 'sha256, of RFC 8785');
    ok(TIME.test(json.created_at) && json.created_at === json.updated_at, 'the times');
    strong(headers.etag);
    const again = await server.expect(200, 'GET', headers.location);
    is(again.json, json, 'what is read back');
    is([again.headers.etag, again.headers['cache-control']], [headers.etag, 'no-cache'], 'the fields');
    is((await server.expect(201, 'POST', '/v1/scenarios', { json: base })).json.id === json.id, false, 'the id of the same document once more');
  });
  await test('the digest is of the values, not of how they are written', async () => {
    const text = JSON.stringify(small({ name: 'Ä\u2028é', price: 10 })).replace('"price":10', '"price": 1.0e1').replace('"Ä', '"\\u00c4');
    const one = await server.expect(201, 'POST', '/v1/scenarios', { body: text, headers: { 'Content-Type': 'application/json' } });
    const shuffled = Object.fromEntries(Object.entries(JSON.parse(text)).reverse());
    const two = await server.expect(201, 'POST', '/v1/scenarios', { json: shuffled });
    is(one.json.sha256, two.json.sha256, 'the digests');
    is(one.json.sha256, digest(JSON.parse(text)), 'the digest computed here');
  });
  await test('every number that is stored comes back as the same double', async () => {
    const numbers = [0.1, 0.3, 1 / 3, 2 / 3, 5e-324, 1.7976931348623157e-308, 0.1 + 0.2, 123456789.12345679, 1e-7, 999999999.9999999, 4.35, 0.000001, 1e21 / 1e15, Number.EPSILON];
    for (const n of numbers) {
      const { id } = await server.store(small({ bridge: { cash: n } }));
      const { text, json } = await server.get(`/v1/scenarios/${id}`);
      ok(Object.is(json.document.bridge.cash, n), `${n} came back as ${json.document.bridge.cash}`);
      ok(text.includes(`"cash":${JSON.stringify(n)}`) || Number(/"cash":([^,}]+)/.exec(text)[1]) === n, 'as written');
    }
  });
  await test('texts of every script and every escape come back as they were', async () => {
    for (const name of ['日本語 シナリオ', '🚀 to the 🌙', 'quote " and \\ and /', 'é vs e\u0301', '\u2028\u2029', 'ﷺ', '￿'.replace('￿', '\ufffd'), '<b>&amp;</b>', "'; DROP TABLE scenario; --"]) {
      const { id } = await server.store(small({ name, description: 'line\nbreak\tand tab', tags: [name.slice(0, 20)] }));
      const { json } = await server.get(`/v1/scenarios/${id}`);
      is([json.name, json.document.name, json.document.description, json.tags], [name, name, 'line\nbreak\tand tab', [name.slice(0, 20)]], 'the texts');
    }
  });
  await test('a change must say which revision it changes: 428 without If-Match, 412 with a stale one', async () => {
    const { id, etag } = await server.store(base);
    const address = `/v1/scenarios/${id}`, changed = { ...base, price: 280 };
    for (const [method, options] of [['PUT', { json: changed }], ['PATCH', { merge: { price: 280 } }], ['PATCH', { patch: [{ op: 'replace', path: '/price', value: 280 }] }]])
      await server.refuse('match-required', method, address, options);
    const put = await server.expect(200, 'PUT', address, { json: changed, headers: { 'If-Match': etag } });
    is([put.json.revision, put.json.document.price, put.json.created_at < put.json.updated_at], [2, 280, true], 'the new revision');
    ok(put.headers.etag !== etag, 'the ETag stays the same');
    for (const tag of [etag, '"nonsense"', `W/${put.headers.etag}`, '""'])
      for (const [method, options] of [['PUT', { json: base }], ['PATCH', { merge: { price: 1 } }], ['DELETE', {}]])
        await server.refuse('stale-revision', method, address, { ...options, headers: { 'If-Match': tag } });
    is((await server.get(address)).json, put.json, 'what is stored after the refusals');
    await server.expect(200, 'PUT', address, { json: base, headers: { 'If-Match': `"other", ${put.headers.etag}` } });
    await server.expect(200, 'PATCH', address, { merge: { price: 5 }, headers: { 'If-Match': '*' } });
    await server.expect(204, 'DELETE', address, { headers: { 'If-Match': '*' } });
  });
  await test('a deletion may do without If-Match, for it can be undone; where it says one, that must be the newest', async () => {
    const { id, etag } = await server.store(base);
    await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { price: 2 }, headers: { 'If-Match': etag } });
    await server.refuse('stale-revision', 'DELETE', `/v1/scenarios/${id}`, { headers: { 'If-Match': etag } });
    await server.expect(204, 'DELETE', `/v1/scenarios/${id}`);
    is((await server.expect(200, 'POST', `/v1/scenarios/${id}/restore`)).json.document.price, 2, 'what comes back');
  });
  await test('a client that has a scenario gets 304 until it changes', async () => {
    const { id, etag } = await server.store(base);
    const address = `/v1/scenarios/${id}`;
    is((await server.expect(304, 'GET', address, { headers: { 'If-None-Match': etag } })).headers.etag, etag, 'the ETag');
    await server.expect(304, 'GET', address, { headers: { 'If-None-Match': `W/${etag}` } });
    await server.expect(200, 'PATCH', address, { merge: { price: 3 }, headers: { 'If-Match': etag } });
    await server.expect(200, 'GET', address, { headers: { 'If-None-Match': etag } });
  });
  await test('a merge patch changes what it names, takes out what is null, and leaves the rest', async () => {
    const { id, etag } = await server.store(base);
    const { json } = await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { price: 250, fair_band: null, terminal: { growth: 0.03 }, tags: ['changed'], chair: null }, headers: { 'If-Match': etag } });
    const expected = structuredClone(base);
    Object.assign(expected, { price: 250, tags: ['changed'] });
    expected.terminal.growth = 0.03;
    delete expected.fair_band;
    delete expected.chair;
    is(json.document, expected, 'the document');
    is(json.tags, ['changed'], 'the tags');
    const plain = await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { json: { price: 260 }, headers: { 'If-Match': '*' } });
    is(plain.json.document, { ...expected, price: 260 }, 'patched by plain JSON');
  });
  await test('a JSON Patch adds, removes, replaces, moves, copies and tests', async () => {
    const { id, etag } = await server.store(base);
    const operations = [{ op: 'test', path: '/price', value: 300.0 }, { op: 'replace', path: '/price', value: 290 }, { op: 'add', path: '/tags/-', value: 'patched' }, { op: 'add', path: '/tags/0', value: 'first' },
      { op: 'copy', from: '/segments/3', path: '/segments/-' }, { op: 'replace', path: '/segments/4/id', value: 'copied' }, { op: 'move', from: '/segments/0', path: '/segments/4' }, { op: 'remove', path: '/sources/0' }, { op: 'test', path: '/segments/4/id', value: 'ai' }];
    const { json } = await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { patch: operations, headers: { 'If-Match': etag } });
    is(json.document.segments.map(segment => segment.id), ['server-cpu', 'client-gaming', 'embedded', 'copied', 'ai'], 'the segments');
    is([json.document.price, json.tags, json.document.sources.length], [290, ['first', 'amd', 'base', 'patched'], base.sources.length - 1], 'the rest');
  });
  await test('a patch that cannot be applied, or leaves no valid document, changes nothing', async () => {
    const { id, etag } = await server.store(base);
    const address = `/v1/scenarios/${id}`, match = { 'If-Match': etag };
    const faulty = async (name, pointer, code, options) => {
      const { json } = await server.refuse(name, 'PATCH', address, { ...options, headers: match });
      ok(json.errors.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(json.errors)} lacks ${code} at ${pointer}`);
    };
    await faulty('invalid-question', '/1/value', 'test_failed', { patch: [{ op: 'replace', path: '/price', value: 1 }, { op: 'test', path: '/name', value: 'no' }] });
    await faulty('invalid-question', '/0/path', 'bad_patch', { patch: [{ op: 'remove', path: '/nothing' }] });
    await faulty('invalid-question', '/0/op', 'bad_patch', { patch: [{ op: 'increase', path: '/price', value: 1 }] });
    await faulty('invalid-question', '/0/value', 'bad_patch', { patch: [{ op: 'add', path: '/price' }] });
    await faulty('invalid-question', '/0/from', 'bad_patch', { patch: [{ op: 'move', path: '/price' }] });
    await faulty('invalid-question', '/0/path', 'bad_patch', { patch: [{ op: 'add', path: 'price', value: 1 }] });
    await faulty('invalid-question', '/0/path', 'bad_patch', { patch: [{ op: 'move', from: '/market', path: '/market/inside' }] });
    await faulty('invalid-question', '/0/path', 'bad_patch', { patch: [{ op: 'add', path: '/tags/9', value: 'x' }] });
    await faulty('invalid-question', '/0', 'bad_patch', { patch: [7] });
    await faulty('invalid-question', '', 'bad_patch', { patch: { op: 'add' } });
    await faulty('invalid-scenario', '/price', 'missing', { patch: [{ op: 'remove', path: '/price' }] });
    await faulty('invalid-scenario', '', 'wrong_type', { patch: [{ op: 'replace', path: '', value: [] }] });
    await faulty('invalid-scenario', '/price', 'out_of_range', { merge: { price: -1 } });
    await faulty('invalid-scenario', '/prize', 'unknown_field', { merge: { prize: 1 } });
    await faulty('invalid-scenario', '', 'wrong_type', { merge: '"x"' });
    await server.refuse('not-json', 'PATCH', address, { merge: '{"price":', headers: match });
    const { json, headers } = await server.get(address);
    is([json.revision, json.document, headers.etag], [1, base, etag], 'what is stored');
  });
  await test('each PUT and PATCH makes a revision, one that changes nothing too', async () => {
    let { id, etag } = await server.store(base), revision = 1;
    const address = `/v1/scenarios/${id}`;
    for (const [method, options] of [['PUT', { json: base }], ['PATCH', { merge: {} }], ['PATCH', { patch: [] }], ['PATCH', { merge: { price: base.price } }]]) {
      const { json, headers } = await server.expect(200, method, address, { ...options, headers: { 'If-Match': etag } });
      is([json.revision, headers.etag], [++revision, `"${revision}"`], method);
      etag = headers.etag;
    }
    is((await server.get(`${address}/revisions`)).json.items.length, 5, 'revisions');
  });
  await test('of changes to one revision at once, exactly one is taken', async () => {
    const { id, etag } = await server.store(base);
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => server.ask(i % 2 ? 'PUT' : 'PATCH', `/v1/scenarios/${id}`, i % 2 ? { json: { ...base, price: 100 + i }, headers: { 'If-Match': etag } } : { merge: { price: 100 + i }, headers: { 'If-Match': etag } })));
    const statuses = answers.map(answer => answer.status);
    is(statuses.filter(status => status === 200).length, 1, 'changes taken');
    is(statuses.filter(status => status === 412).length, 23, 'changes refused');
    const { json } = await server.get(`/v1/scenarios/${id}`);
    is([json.revision, json.document.price], [2, answers.find(answer => answer.status === 200).json.document.price], 'what is stored');
  });
  await test('a deleted scenario is gone for questions and lists, readable on request, and comes back with restore', async () => {
    const { id, etag } = await server.store({ ...base, name: 'To be deleted', company: 'Gone Inc' });
    const address = `/v1/scenarios/${id}`;
    await server.expect(204, 'DELETE', address, { headers: { 'If-Match': etag } });
    for (const target of [address, `${address}/revisions`, `${address}/revisions/1`, `${address}/diff`, `${address}/valuation`, `${address}/chair?revision=1`]) await server.refuse('not-found', 'GET', target);
    ok((await server.refuse('not-found', 'GET', address)).json.detail.includes('restore'), 'the detail says how it comes back');
    for (const [method, options] of [['PUT', { json: base }], ['PATCH', { merge: {} }], ['DELETE', {}]]) await server.refuse('not-found', method, address, { ...options, headers: { 'If-Match': etag } });
    await server.refuse('not-found', 'POST', '/v1/valuation', { json: { scenario: id } });
    await server.refuse('not-found', 'POST', `${address}/variants`, { json: { name: 'x', overrides: [] } });
    is((await server.get('/v1/scenarios?company=Gone%20Inc')).json.items.length, 0, 'listed');
    const [item] = (await server.get('/v1/scenarios?company=Gone%20Inc&deleted=true')).json.items;
    is([item.id, TIME.test(item.deleted_at)], [id, true], 'listed among the deleted');
    const gone = await server.expect(200, 'GET', `${address}?deleted=true`);
    is([gone.json.document.name, TIME.test(gone.json.deleted_at), gone.json.revision], ['To be deleted', true, 1], 'the deleted one');
    ok(gone.headers.etag !== etag, 'deleted, it has the ETag it had living');
    for (const target of ['/revisions', '/revisions/1', '/diff']) await server.expect(200, 'GET', `${address}${target}?deleted=true`);
    const back = await server.expect(200, 'POST', `${address}/restore`);
    is([back.json.document, back.json.deleted_at], [gone.json.document, undefined], 'restored');
    await server.refuse('conflict', 'POST', `${address}/restore`);
    is((await server.expect(200, 'GET', address)).headers.etag, back.headers.etag, 'the ETag afterwards');
    await server.expect(200, 'PUT', address, { json: { ...base, price: 1 }, headers: { 'If-Match': back.headers.etag } });
    await server.refuse('not-found', 'POST', '/v1/scenarios/nobody/restore');
  });
  await test('built-in scenarios are there from the start, read-only, and can be cloned', async () => {
    for (const id of ['amd-base', 'amd-bull', 'amd-bear', 'nvda-base']) {
      const { json, headers } = await server.expect(200, 'GET', `/v1/scenarios/${id}`);
      is([json.builtin, json.revision], [true, 1], id);
      ok(json.document.sources.length > 3, `${id} names ${json.document.sources.length} sources`);
      for (const source of json.document.sources) ok(source.pointer === '' || at(json.document, source.pointer) !== undefined, `${id} has a source for ${source.pointer}, which is not there`);
      for (const match of [headers.etag, '*', undefined])
        for (const [method, options] of [['PUT', { json: json.document }], ['PATCH', { merge: {} }], ['DELETE', {}]])
          await server.refuse('builtin-read-only', method, `/v1/scenarios/${id}`, { ...options, headers: match ? { 'If-Match': match } : {} });
      const clone = await server.store({ ...json.document, name: `My ${id}` });
      is([clone.builtin, clone.parent], [false, null], 'the clone');
      const [own, theirs] = await Promise.all([server.get(`/v1/scenarios/${clone.id}/valuation`), server.get(`/v1/scenarios/${id}/valuation`)]);
      is(own.json.value_per_share, theirs.json.value_per_share, 'the clone\'s value');
    }
    is((await server.get('/v1/scenarios/amd-base')).json.document, base, 'amd-base is the document of schema/scenarios');
    is((await server.get('/v1/scenarios/nvda-base')).json.document, scenario('nvda-base'), 'nvda-base likewise');
    for (const id of ['amd-bull', 'amd-bear']) is((await server.get(`/v1/scenarios/${id}`)).json.parent, 'amd-base', `the parent of ${id}`);
  });
  await test('all faults of a document are named at once, each with its place and how to mend it', async () => {
    const wrong = structuredClone(base);
    Object.assign(wrong, { price: 0, horizon: 2.5, timing: 'late', prise: 3 });
    wrong.operations.tax.rate = 21;
    wrong.segments[1].margn = wrong.segments[1].margin;
    delete wrong.segments[1].margin;
    const { json } = await server.refuse('invalid-scenario', 'POST', '/v1/scenarios', { json: wrong });
    const found = Object.fromEntries(json.errors.map(({ pointer, code }) => [pointer, code]));
    for (const [pointer, code] of Object.entries({ '/price': 'out_of_range', '/horizon': 'not_an_integer', '/timing': 'bad_choice', '/prise': 'unknown_field', '/operations/tax/rate': 'out_of_range', '/segments/1/margn': 'unknown_field', '/segments/1/margin': 'missing' }))
      is(found[pointer], code, `the fault at ${pointer}`);
    const detail = pointer => json.errors.find(error => error.pointer === pointer).detail;
    ok(/did you mean `margin`/.test(detail('/segments/1/margn')), detail('/segments/1/margn'));
    ok(/did you mean `price`/.test(detail('/prise')), detail('/prise'));
    ok(/0\.21/.test(detail('/operations/tax/rate')), detail('/operations/tax/rate'));
  });
  await test('of very many faults the first 64 are named and the rest are counted', async () => {
    const wrong = small({ sources: Array.from({ length: 100 }, () => ({ pointer: 'x' })) });
    const { json } = await server.refuse('invalid-scenario', 'POST', '/v1/scenarios', { json: wrong });
    is([json.errors.length, json.errors_omitted], [64, 136], 'named and counted');
  });
  await test('writes are in the order of their times, and times never run backwards', async () => {
    const { id, etag } = await server.store(base);
    let tag = etag, last = '';
    for (let i = 0; i < 5; i++) {
      const { json, headers } = await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { price: 10 + i }, headers: { 'If-Match': tag } });
      ok(json.updated_at > last, 'the time ran backwards');
      [tag, last] = [headers.etag, json.updated_at];
      await sleep(1);
    }
    if (last > new Date(Date.now() + 1000).toISOString()) fail('the time lies in the future');
  });
}
