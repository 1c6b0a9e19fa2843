// Variants: overlays that follow their parent, through their own changes and its.
import { at, digest, is, ok, patch, scenario, test } from './harness.mjs';

export default async function variants({ server }) {
  const base = scenario('amd-base');
  const put = (document, pointer, value) => patch(document, [{ op: at(document, pointer) === undefined ? 'add' : 'replace', path: pointer, value }]);
  const make = async (parent, body, status = 201) => (await server.expect(status, 'POST', `/v1/scenarios/${parent}/variants`, { json: body })).json;
  const get = async (id, query = '') => (await server.expect(200, 'GET', `/v1/scenarios/${id}${query}`));
  const revise = async (id, change) => {
    const { headers } = await get(id);
    return server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: change, headers: { 'If-Match': headers.etag } });
  };

  await test('a variant is its parent with what it overrides', async () => {
    const parent = await server.store(base);
    const overrides = [{ pointer: '/price', value: 250 }, { pointer: '/terminal/growth', value: 0.03 }, { pointer: '/chair', value: null }, { pointer: '/segments/3/margin', value: { start: 0.36, end: 0.4 } }, { pointer: '/tags/-', value: 'more' }];
    const { json, headers } = await server.expect(201, 'POST', `/v1/scenarios/${parent.id}/variants`, { json: { name: 'Variant', overrides, description: 'Mine' } });
    const expected = patch(base, [{ op: 'replace', path: '/name', value: 'Variant' }, { op: 'replace', path: '/description', value: 'Mine' }, { op: 'replace', path: '/price', value: 250 }, { op: 'replace', path: '/terminal/growth', value: 0.03 },
      { op: 'remove', path: '/chair' }, { op: 'replace', path: '/segments/3/margin', value: { start: 0.36, end: 0.4 } }, { op: 'add', path: '/tags/-', value: 'more' }]);
    is(json.document, expected, 'the document');
    is([json.parent, json.name, json.sha256, json.revision, headers.location], [parent.id, 'Variant', digest(expected), 1, `/v1/scenarios/${json.id}`], 'the envelope');
    is(json.overrides.slice(0, 5), overrides, 'the overrides');
    is((await get(json.id)).json, json, 'read back');
  });
  await test('it follows its parent, keeps what it overrides, and its ETag and digest follow too', async () => {
    const parent = await server.store(base);
    const variant = await make(parent.id, { name: 'Follower', overrides: [{ pointer: '/price', value: 250 }] });
    const before = await get(variant.id), value = await server.get(`/v1/scenarios/${variant.id}/valuation`);
    await revise(parent.id, { price: 111, discount: { wacc: 0.12 } });
    const after = await get(variant.id), now = await server.get(`/v1/scenarios/${variant.id}/valuation`, { headers: { 'If-None-Match': value.headers.etag } });
    is([after.json.document.price, after.json.document.discount.wacc, after.json.revision], [250, 0.12, 1], 'the document');
    is(after.json.sha256, digest(after.json.document), 'the digest');
    ok(after.headers.etag !== before.headers.etag && after.json.sha256 !== before.json.sha256, 'the ETag or the digest stayed');
    await server.expect(200, 'GET', `/v1/scenarios/${variant.id}`, { headers: { 'If-None-Match': before.headers.etag } });
    is(now.status, 200, 'a question whose answer has changed');
    ok(now.json.value_per_share !== value.json.value_per_share, 'the value stayed');
  });
  await test('a variant of a variant follows both, up to eight deep', async () => {
    const root = await server.store(base);
    const chain = [root.id];
    for (let depth = 1; depth < 8; depth++) chain.push((await make(chain.at(-1), { name: `Depth ${depth}`, overrides: [{ pointer: '/price', value: 300 + depth }, { pointer: `/market/growth/${depth}`, value: depth / 100 }] })).id);
    await server.refuse('invalid-question', 'POST', `/v1/scenarios/${chain.at(-1)}/variants`, { json: { name: 'Too deep', overrides: [] } });
    await revise(root.id, { fair_band: 0.2 });
    await revise(chain[3], { terminal: { growth: 0.02 } });
    const { json } = await get(chain.at(-1));
    is([json.document.fair_band, json.document.terminal.growth, json.document.price, json.document.market.growth.slice(1, 8)], [0.2, 0.02, 307, [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]], 'the deepest');
    const sent = await server.post('/v1/valuation', { scenario: json.document });
    is((await server.get(`/v1/scenarios/${chain.at(-1)}/valuation`)).json.value_per_share, sent.json.value_per_share, 'its value');
  });
  await test('PUT of a whole document into a variant keeps it a variant, with what differs', async () => {
    const parent = await server.store(base);
    const variant = await make(parent.id, { name: 'Edited', overrides: [{ pointer: '/price', value: 250 }] });
    const wanted = put(put({ ...base, name: 'Edited twice' }, '/discount/wacc', 0.11), '/segments/0/margin/end', 0.3);
    const { headers } = await get(variant.id);
    const { json } = await server.expect(200, 'PUT', `/v1/scenarios/${variant.id}`, { json: wanted, headers: { 'If-Match': headers.etag } });
    is([json.document, json.parent, json.revision], [wanted, parent.id, 2], 'the document');
    ok(json.overrides.length <= 3 && !json.overrides.some(({ pointer }) => pointer === '/price'), `the overrides are ${JSON.stringify(json.overrides)}`);
    await revise(parent.id, { price: 123 });
    const { document } = (await get(variant.id)).json;
    is([document.price, document.discount.wacc, document.segments[0].margin.end], [123, 0.11, 0.3], 'after its parent changed');
  });
  await test('PUT of what it is already keeps its overrides; of its parent\'s document, takes them away', async () => {
    const variant = await make('amd-base', { name: 'Same', overrides: [{ pointer: '/price', value: 250 }] });
    let { json, headers } = await get(variant.id);
    is((await server.expect(200, 'PUT', `/v1/scenarios/${variant.id}`, { json: json.document, headers: { 'If-Match': headers.etag } })).json.overrides, json.overrides, 'the overrides');
    ({ json, headers } = await get(variant.id));
    ({ json, headers } = await server.expect(200, 'PUT', `/v1/scenarios/${variant.id}`, { json: { ...base, name: 'Same' }, headers: { 'If-Match': headers.etag } }));
    is([json.overrides, json.revision], [[], 3], 'no overrides');
  });
  await test('its history stays as it was: each revision is over the revisions of its parents at that time', async () => {
    const root = await server.store(base);
    const middle = await make(root.id, { name: 'Middle', overrides: [{ pointer: '/price', value: 250 }] });
    const leaf = await make(middle.id, { name: 'Leaf', overrides: [{ pointer: '/fair_band', value: 0.2 }] });
    const seen = [], asks = [];
    const look = async () => {
      const { json } = await get(leaf.id);
      seen.push(json);
      asks.push(await server.expect(200, 'GET', `/v1/scenarios/${leaf.id}/valuation?revision=${json.revision}`));
    };
    await look();
    await revise(root.id, { discount: { wacc: 0.12 } });
    await revise(leaf.id, { fair_band: 0.3 });
    await look();
    await revise(middle.id, { price: 260 });
    await revise(root.id, { terminal: { growth: 0.02 } });
    await revise(leaf.id, { description: 'third' });
    await look();
    for (const [id, change] of [[root.id, { terminal: { growth: 0.01 }, price: 1 }], [middle.id, { discount: { wacc: 0.2 } }], [root.id, { market: { growth: 0.01 } }]]) await revise(id, change);
    is([seen.map(one => one.revision), seen.map(one => one.parent_revision)], [[1, 2, 3], [1, 1, 2]], 'the revisions, and those of the parent');
    const { items } = (await server.get(`/v1/scenarios/${leaf.id}/revisions`)).json;
    for (const [i, then] of seen.entries()) {
      const address = `/v1/scenarios/${leaf.id}/revisions/${i + 1}`, { json, headers } = await server.expect(200, 'GET', address);
      is(json, then, `revision ${i + 1}`);
      is([headers['cache-control'], json.sha256, items.find(item => item.revision === i + 1).sha256], ['public, max-age=31536000, immutable', digest(json.document), json.sha256], 'it may be kept for ever, under its digest');
      await server.expect(304, 'GET', address, { headers: { 'If-None-Match': headers.etag } });
      const answer = await server.get(`/v1/scenarios/${leaf.id}/valuation?revision=${i + 1}`);
      is([answer.text, answer.headers.etag], [asks[i].text, asks[i].headers.etag], `the value of revision ${i + 1}`);
      for (const [j, other] of seen.entries()) is(patch(then.document, (await server.get(`/v1/scenarios/${leaf.id}/diff?from=${i + 1}&to=${j + 1}`)).json), other.document, `from ${i + 1} to ${j + 1}`);
    }
    const now = (await get(leaf.id)).json;
    is([now.revision, now.parent_revision, now.document.discount.wacc, now.document.market.growth, now.document.price, now.document.fair_band], [3, 3, 0.2, 0.01, 260, 0.3], 'now it follows them');
    is((await get(root.id)).json.parent_revision, null, 'who has no parent');
  });
  await test('what it is found by follows its parents at once, but for what is its own', async () => {
    const root = await server.store({ ...base, company: 'Numbat Inc', tags: ['numbat', 'x'], description: 'Of termites.' });
    const middle = await make(root.id, { name: 'Inheriting', overrides: [] });
    const leaf = await make(middle.id, { name: 'Adding', overrides: [{ pointer: '/tags/-', value: 'own' }] });
    const other = await make(middle.id, { name: 'Overriding', overrides: [{ pointer: '/company', value: 'Bilby Inc' }], description: 'Of its own.', tags: ['bilby'] });
    const names = new Map([[root.id, 'root'], [middle.id, 'middle'], [leaf.id, 'leaf'], [other.id, 'other']]);
    const found = async query => (await server.get(`/v1/scenarios?${query}`)).json.items.map(item => names.get(item.id)).sort();
    const look = async (company, tag, word) => Promise.all([`company=${company}%20inc`, `tag=${tag}`, `q=${word}`, `q=${word}&tag=${tag}`, `company=${company}%20inc&tag=${tag}`].map(found));
    const three = ['leaf', 'middle', 'root'], none = [];
    is(await look('numbat', 'numbat', 'termites'), Array(5).fill(three), 'at first');
    await revise(root.id, { company: 'Quoll Inc', tags: ['quoll', 'y'], description: 'Of lizards.' });
    is([await look('numbat', 'numbat', 'termites'), await look('quoll', 'quoll', 'lizards')], [Array(5).fill(none), Array(5).fill(three)], 'after the root changed');
    is([await found('company=bilby%20inc'), await found('tag=own'), await found('tag=bilby'), await found('q=bilby+its+own')], [['other'], ['leaf'], ['other'], ['other']], 'what is their own');
    await revise(middle.id, { description: 'Of frogs.' });
    is([await found('q=lizards'), await found('q=frogs')], [['root'], ['leaf', 'middle']], 'after the middle changed');
    await server.expect(204, 'DELETE', `/v1/scenarios/${leaf.id}`, { headers: { 'If-Match': '*' } });
    await revise(root.id, { tags: ['dunnart'] });
    is([await found('tag=dunnart'), await found('tag=dunnart&deleted=true'), await found('tag=quoll&deleted=true')], [['middle', 'root'], ['leaf'], none], 'a deleted one');
    await server.expect(200, 'POST', `/v1/scenarios/${leaf.id}/restore`);
    is(await found('q=dunnart'), three, 'restored');
    for (const item of (await server.get('/v1/scenarios?q=dunnart')).json.items) {
      const { json } = await get(item.id);
      is([item.name, item.company, item.tags, item.sha256], [json.name, json.company, json.tags, json.sha256], `${names.get(item.id)} in the list`);
    }
  });
  await test('a variant of a built-in scenario can be changed, the built-in variants cannot', async () => {
    const variant = await make('amd-bear', { name: 'My bear', overrides: [{ pointer: '/price', value: 99 }] });
    is((await revise(variant.id, { price: 98 })).json.document.price, 98, 'the price');
    await server.refuse('builtin-read-only', 'PATCH', '/v1/scenarios/amd-bear', { merge: { price: 1 }, headers: { 'If-Match': '*' } });
  });
  await test('a variant that no longer fits its parent says so, can be read in its history, and be mended', async () => {
    const parent = await server.store(base);
    const variant = await make(parent.id, { name: 'Third segment', overrides: [{ pointer: '/segments/3/margin', value: 0.5 }] });
    await server.expect(200, 'PUT', `/v1/scenarios/${parent.id}`, { json: { ...base, segments: base.segments.slice(0, 2) }, headers: { 'If-Match': '*' } });
    const { json } = await server.refuse('variant-not-applicable', 'GET', `/v1/scenarios/${variant.id}`);
    ok(json.detail.includes(variant.id) && json.errors.some(error => error.code === 'bad_pointer' && error.pointer === '/overrides/0/pointer'), JSON.stringify(json));
    for (const question of ['valuation', 'projection', 'chair']) await server.refuse('variant-not-applicable', 'GET', `/v1/scenarios/${variant.id}/${question}`);
    await server.refuse('variant-not-applicable', 'POST', '/v1/valuation', { json: { scenario: variant.id } });
    await server.refuse('variant-not-applicable', 'PATCH', `/v1/scenarios/${variant.id}`, { merge: {}, headers: { 'If-Match': '*' } });
    const old = await server.expect(200, 'GET', `/v1/scenarios/${variant.id}/revisions/1`);
    is([old.json.document.segments[3].margin, old.json.sha256, old.json.overrides[0].pointer], [0.5, variant.sha256, '/segments/3/margin'], 'its revision is as it was');
    await server.expect(200, 'GET', `/v1/scenarios/${variant.id}/valuation?revision=1`);
    const whole = { ...base, name: 'Mended' };
    const mended = await server.expect(200, 'PUT', `/v1/scenarios/${variant.id}`, { json: whole, headers: { 'If-Match': '*' } });
    is(mended.json.document, whole, 'mended');
    is((await server.get(`/v1/scenarios?q=mended`)).json.items.length, 1, 'it is still listed');
  });
  await test('a variant whose document its parent makes invalid says so too', async () => {
    const parent = await server.store(base);
    const variant = await make(parent.id, { name: 'Years', overrides: [{ pointer: '/market/growth', value: Array(10).fill(0.1) }] });
    await server.expect(200, 'PUT', `/v1/scenarios/${parent.id}`, { json: { ...base, horizon: 5, market: { ...base.market, growth: 0.1 } }, headers: { 'If-Match': '*' } });
    const { json } = await server.refuse('variant-not-applicable', 'GET', `/v1/scenarios/${variant.id}`);
    ok(json.errors.some(error => error.pointer === '/market/growth' && error.code === 'wrong_length'), JSON.stringify(json.errors));
    await server.refuse('variant-not-applicable', 'GET', `/v1/scenarios/${variant.id}/valuation`);
  });
  await test('a deleted parent still serves its variants', async () => {
    const parent = await server.store(base);
    const variant = await make(parent.id, { name: 'Orphan', overrides: [{ pointer: '/price', value: 12 }] });
    await server.expect(204, 'DELETE', `/v1/scenarios/${parent.id}`, { headers: { 'If-Match': '*' } });
    is((await get(variant.id)).json.document.price, 12, 'the variant');
    await server.expect(200, 'GET', `/v1/scenarios/${variant.id}/valuation`);
    await server.refuse('not-found', 'GET', `/v1/scenarios/${parent.id}`);
  });
  await test('a variant can be deleted and restored, and its history read', async () => {
    const variant = await make('amd-base', { name: 'Short-lived', overrides: [] });
    await revise(variant.id, { price: 5 });
    await server.expect(204, 'DELETE', `/v1/scenarios/${variant.id}`, { headers: { 'If-Match': '"2"' } });
    await server.expect(200, 'POST', `/v1/scenarios/${variant.id}/restore`);
    is((await server.get(`/v1/scenarios/${variant.id}/revisions`)).json.items.map(item => item.revision), [2, 1], 'revisions');
    is((await server.get(`/v1/scenarios/${variant.id}/revisions/1`)).json.document.price, 300, 'the first');
    is((await server.get(`/v1/scenarios/${variant.id}/diff?from=1&to=2`)).json, [{ op: 'replace', path: '/price', value: 5 }], 'the difference');
  });
  await test('what is no variant is refused with every fault', async () => {
    const refuse = async (body, pointer, code, name = 'invalid-question') => {
      const { json } = await server.refuse(name, 'POST', '/v1/scenarios/amd-base/variants', { json: body });
      ok(json.errors.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(body)}: ${JSON.stringify(json.errors)} lacks ${code} at ${pointer}`);
    };
    await refuse({ overrides: [] }, '/name', 'missing');
    await refuse({ name: 'x' }, '/overrides', 'missing');
    await refuse({ name: 7, overrides: [] }, '/name', 'wrong_type');
    await refuse({ name: '', overrides: [] }, '/name', 'wrong_length', 'invalid-scenario');
    await refuse({ name: 'x', overrides: {} }, '/overrides', 'wrong_type');
    await refuse({ name: 'x', overrides: [{ value: 1 }] }, '/overrides/0/pointer', 'missing');
    await refuse({ name: 'x', overrides: [{ pointer: '/price' }] }, '/overrides/0/value', 'missing');
    await refuse({ name: 'x', overrides: [{ pointer: 'price', value: 1 }] }, '/overrides/0/pointer', 'bad_pointer');
    await refuse({ name: 'x', overrides: [{ pointer: '/name', value: 'y' }] }, '/overrides/0/pointer', 'bad_pointer');
    await refuse({ name: 'x', overrides: [{ pointer: '', value: {} }] }, '/overrides/0/pointer', 'bad_pointer');
    await refuse({ name: 'x', overrides: [{ pointer: '/segments/9/margin', value: 1 }] }, '/overrides/0/pointer', 'bad_pointer');
    await refuse({ name: 'x', overrides: [3] }, '/overrides/0', 'wrong_type');
    await refuse({ name: 'x', overides: [], overrides: [] }, '/overides', 'unknown_field');
    await refuse([], '', 'wrong_type');
    await refuse({ name: 'x', overrides: [{ pointer: '/price', value: -1 }] }, '/price', 'out_of_range', 'invalid-scenario');
    await refuse({ name: 'x', overrides: [{ pointer: '/price', value: null }] }, '/price', 'missing', 'invalid-scenario');
    await server.refuse('not-found', 'POST', '/v1/scenarios/nobody/variants', { json: { name: 'x', overrides: [] } });
  });
}
