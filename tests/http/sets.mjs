// Sets of weighted scenarios: their lives, which are those of scenarios, and what they are worth together.
import { canonical, csv, digest, is, near, number, ok, scenario, Server, small, test } from './harness.mjs';

export default async function sets({ server, binary }) {
  const AMD = [['amd-bull', 0.25, 'bull'], ['amd-base', 0.5, 'base'], ['amd-bear', 0.25, 'bear']];
  const make = (members, changes = {}) => ({ name: 'A set', members: members.map(([id, weight, role, more]) => ({ scenario: id, weight, ...(role && { role }), ...more })), ...changes });
  const view = make(AMD);
  const store = async set => { const { json, headers } = await server.expect(201, 'POST', '/v1/sets', { json: set }); return { ...json, etag: headers.etag }; };
  const weigh = async (set, options = {}) => (await server.expect(200, 'POST', '/v1/sets/valuation', { json: { set, ...options } })).json;
  const valueOf = async (id, options) => (await server.expect(200, 'POST', `/v1/scenarios/${id}/valuation`, { json: options ?? {} })).json.value_per_share;
  const faults = async (problem, set, method = 'POST', target = '/v1/sets', options = {}) => (await server.refuse(problem, method, target, { json: set, ...options })).json.errors.map(({ pointer, code }) => [pointer, code]);
  const all = async (target, pick = item => item.id) => {
    const found = [];
    for (let next = target; next;) {
      const { json, headers } = await server.expect(200, 'GET', next);
      found.push(...json.items.map(pick));
      const link = /^<([^>]+)>; rel="next"$/.exec(headers.link ?? '');
      is(Boolean(link), json.next !== null, 'a link where there is a next page');
      next = link?.[1];
    }
    return found;
  };
  // A scenario without forecast worth mentioning: of one year, worth what its cash makes it.
  const cash = (amount, changes = {}) => small({ name: `Cash ${amount}`, horizon: 1, segments: [{ id: 'all', base: 1, growth: 0, margin: 0 }], bridge: { cash: amount }, dilution: { basic: 1 }, ...changes });
  const weighted = (values, weights, price) => {
    const mean = values.reduce((sum, v, i) => sum + weights[i] * v, 0);
    const variance = values.reduce((sum, v, i) => sum + weights[i] * (v - mean) ** 2, 0);
    return { mean, sd: Math.sqrt(variance), above: values.reduce((sum, v, i) => sum + (v > price ? weights[i] : 0), 0) };
  };

  await test('the built-in set is there from the start, read-only, and can be cloned', async () => {
    const { json, headers } = await server.expect(200, 'GET', '/v1/sets/amd-view');
    is([json.builtin, json.revision, json.document.members.map(member => [member.scenario, member.weight, member.role])], [true, 1, AMD], 'amd-view');
    for (const [method, options] of [['PUT', { json: view }], ['PATCH', { merge: {} }], ['DELETE', {}]]) await server.refuse('builtin-read-only', method, '/v1/sets/amd-view', { ...options, headers: { 'If-Match': headers.etag } });
    const clone = await store(json.document);
    is([clone.builtin, clone.document, clone.sha256], [false, json.document, json.sha256], 'the clone');
    const { json: value } = await server.expect(200, 'GET', '/v1/sets/amd-view/valuation');
    is([value.price, value.price_from, value.set.id, value.fair_weight.scenario, value.fair_weight.chosen_by], [300, 'members', 'amd-view', 'amd-bull', 'role'], 'its valuation');
    is(value.checks.map(check => check.status), ['ok', 'ok', 'ok'], 'its checks');
  });

  await test('a set that is posted is stored whole, and lives as a scenario does', async () => {
    const set = { ...structuredClone(view), name: 'Meine Sicht ☃', description: 'two\nlines', tags: ['mine', 'amd'], price: 250, fair_band: 0.2 };
    set.members[2] = { ...set.members[2], revision: 1, overrides: [{ pointer: '/chair/hazard', value: 0.1 }] };
    const created = await server.expect(201, 'POST', '/v1/sets', { json: set });
    const { json } = created, address = created.headers.location;
    is(address, `/v1/sets/${json.id}`, 'Location');
    is([json.revision, json.name, json.tags, json.builtin, json.document, json.sha256], [1, set.name, set.tags, false, set, digest(set)], 'what is stored');
    is(['company', 'parent'].filter(name => name in json), [], 'members that are of scenarios');
    const got = await server.expect(200, 'GET', address);
    is([got.json, got.headers.etag, got.headers['cache-control']], [json, created.headers.etag, 'no-cache'], 'what is read back');
    await server.expect(304, 'GET', address, { headers: { 'If-None-Match': created.headers.etag } });
    await server.refuse('match-required', 'PUT', address, { json: view });
    await server.refuse('match-required', 'PATCH', address, { merge: {} });
    const put = await server.expect(200, 'PUT', address, { json: view, headers: { 'If-Match': created.headers.etag } });
    is([put.json.revision, put.json.document], [2, view], 'PUT');
    for (const [method, options] of [['PUT', { json: view }], ['PATCH', { merge: {} }], ['DELETE', {}]]) await server.refuse('stale-revision', method, address, { ...options, headers: { 'If-Match': created.headers.etag } });
    const merged = await server.expect(200, 'PATCH', address, { merge: { price: 280, name: 'Merged' }, headers: { 'If-Match': put.headers.etag } });
    is([merged.json.revision, merged.json.document], [3, { ...view, price: 280, name: 'Merged' }], 'a merge patch');
    const operations = [{ op: 'test', path: '/members/0/weight', value: 0.25 }, { op: 'replace', path: '/members/0/weight', value: 0.1 }, { op: 'replace', path: '/members/2/weight', value: 0.4 }];
    const patched = await server.expect(200, 'PATCH', address, { patch: operations, headers: { 'If-Match': merged.headers.etag } });
    is(patched.json.document.members.map(member => member.weight), [0.1, 0.5, 0.4], 'a JSON Patch');
    is(await faults('invalid-question', operations, 'PATCH', address, { json: undefined, patch: operations, headers: { 'If-Match': '*' } }), [['/0/value', 'test_failed']], 'a test that fails');
    is(await faults('invalid-set', undefined, 'PATCH', address, { merge: { members: [] }, headers: { 'If-Match': '*' } }), [['/members', 'wrong_length']], 'a patch that empties it');

    const history = await server.expect(200, 'GET', `${address}/revisions`);
    is(history.json.items.map(item => [item.revision, item.name]), [[4, 'Merged'], [3, 'Merged'], [2, 'A set'], [1, set.name]], 'the history');
    const first = await server.expect(200, 'GET', `${address}/revisions/1`);
    is([first.json.document, first.headers['cache-control'].includes('immutable')], [set, true], 'the first revision');
    await server.expect(304, 'GET', `${address}/revisions/1`, { headers: { 'If-None-Match': first.headers.etag } });
    await server.refuse('not-found', 'GET', `${address}/revisions/5`);
    const diff = await server.expect(200, 'GET', `${address}/diff?from=3&to=4`);
    is(diff.json.map(one => [one.op, one.path, one.value]), [['replace', '/members/0/weight', 0.1], ['replace', '/members/2/weight', 0.4]], 'the difference');
    await server.expect(304, 'GET', `${address}/diff?from=3&to=4`, { headers: { 'If-None-Match': diff.headers.etag } });
    is((await server.expect(200, 'GET', `${address}/valuation?revision=1`)).json.price, 250, 'a valuation of the first revision');
    is((await server.expect(200, 'GET', `${address}/valuation`)).json.price, 280, 'a valuation of the newest');

    await server.expect(204, 'DELETE', address, { headers: { 'If-Match': patched.headers.etag } });
    for (const target of [address, `${address}/revisions`, `${address}/revisions/1`, `${address}/diff`, `${address}/valuation`]) ok((await server.refuse('not-found', 'GET', target)).json.detail.includes(`${address}/restore`), `${target} does not say how it comes back`);
    await server.refuse('not-found', 'POST', '/v1/sets/valuation', { json: { set: json.id } });
    await server.refuse('not-found', 'PUT', address, { json: view, headers: { 'If-Match': '*' } });
    ok((await all('/v1/sets?deleted=true')).includes(json.id) && !(await all('/v1/sets')).includes(json.id), 'the lists');
    is((await server.expect(200, 'GET', `${address}/revisions/2?deleted=true`)).json.document, view, 'its history while deleted');
    const back = await server.expect(200, 'POST', `${address}/restore`);
    is([back.json.document, back.json.revision], [patched.json.document, 4], 'restored');
    await server.refuse('conflict', 'POST', `${address}/restore`);
  });
  await test('of changes to one revision at once, exactly one is taken', async () => {
    const { id, etag } = await store(view);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => server.ask(i % 2 ? 'PUT' : 'PATCH', `/v1/sets/${id}`, i % 2 ? { json: { ...view, price: 100 + i }, headers: { 'If-Match': etag } } : { merge: { price: 100 + i }, headers: { 'If-Match': etag } })));
    is(answers.map(answer => answer.status).sort(), [200, ...Array(11).fill(412)], 'the statuses');
  });
  await test('a set is no scenario, and a scenario no set', async () => {
    const { id } = await store(view);
    for (const [method, target, options] of [['GET', `/v1/scenarios/${id}`], ['GET', `/v1/scenarios/${id}/valuation`], ['GET', `/v1/scenarios/${id}/revisions`], ['GET', `/v1/scenarios/${id}/revisions/1`], ['GET', `/v1/scenarios/${id}/diff`], ['PUT', `/v1/scenarios/${id}`, { json: small(), headers: { 'If-Match': '*' } }], ['DELETE', `/v1/scenarios/${id}`], ['POST', `/v1/scenarios/${id}/restore`], ['POST', `/v1/scenarios/${id}/variants`, { json: { name: 'V', overrides: [] } }],
      ['GET', '/v1/sets/amd-base'], ['GET', '/v1/sets/amd-base/valuation'], ['POST', '/v1/sets/amd-base/valuation', { json: {} }], ['GET', '/v1/sets/amd-base/revisions'], ['GET', '/v1/sets/amd-base/revisions/1'], ['GET', '/v1/sets/amd-base/diff'], ['PUT', '/v1/sets/amd-base', { json: view, headers: { 'If-Match': '*' } }], ['PATCH', '/v1/sets/amd-base', { merge: {}, headers: { 'If-Match': '*' } }], ['DELETE', '/v1/sets/amd-base'], ['POST', '/v1/sets/amd-base/restore']])
      ok((await server.refuse('not-found', method, target, options)).json.detail.includes(target.endsWith('/1') ? 'no revision' : target.startsWith('/v1/sets') ? 'no set' : 'no scenario'), target);
    ok(!(await all('/v1/scenarios?limit=100')).includes(id), 'the set is listed among the scenarios');
    is(await faults('invalid-set', make([[id, 1]])), [['/members/0/scenario', 'unknown_scenario']], 'a set of sets');
  });
  await test('lists of sets are paged, newest first, and narrowed by tag, words and scenario', async () => {
    const ids = [];
    for (let i = 0; i < 7; i++) ids.unshift((await store(make([['nvda-base', 1]], { name: `Paged ${i}`, tags: ['paged', i % 2 ? 'odd' : 'even'] }))).id);
    is(await all('/v1/sets?tag=paged&limit=3'), ids, 'by tag, in pages');
    is(await all('/v1/sets?q=pag&limit=2'), ids, 'by words, in pages');
    is(await all('/v1/sets?q=pag&tag=odd'), ids.filter((_, i) => i % 2), 'by words and tag');
    is(await all('/v1/sets?scenario=nvda-base&limit=2'), ids, 'by scenario, in pages');
    is(await all('/v1/sets?scenario=nvda-base&tag=even&q=paged'), ids.filter((_, i) => i % 2 === 0), 'by all three');
    is(await all('/v1/sets?scenario=nobody'), [], 'by a scenario that is not there');
    await server.expect(200, 'PUT', `/v1/sets/${ids[0]}`, { json: view, headers: { 'If-Match': '*' } });
    is(await all('/v1/sets?scenario=nvda-base'), ids.slice(1), 'one that holds it no more');
    ok((await all('/v1/sets')).at(-1) === 'amd-view', 'the oldest is the built-in one');
    const { text } = await server.expect(200, 'GET', '/v1/sets?tag=paged&limit=2', { headers: { Accept: 'text/csv' } });
    is(csv(text).map(row => [row.id, row.name, row.tags, row.builtin]), [[ids[1], 'Paged 5', 'paged; odd', 'false'], [ids[2], 'Paged 4', 'paged; even', 'false']], 'as a table');
    is(csv((await server.expect(200, 'GET', `/v1/sets/${ids[0]}/revisions`, { headers: { Accept: 'text/csv' } })).text).map(row => row.revision), ['2', '1'], 'the revisions as a table');
    is((await all('/v1/scenarios?q=paged')).length + (await all('/v1/scenarios?tag=paged')).length, 0, 'sets among the scenarios');
    for (const query of ['company=AMD', 'limit=0', 'limit=201', 'after=x', 'tags=a']) await server.refuse('bad-request', 'GET', `/v1/sets?${query}`);
  });

  await test('every fault of a set is named at once', async () => {
    const wrong = { name: '', colour: 'red', tags: ['', 'x'], price: 0, fair_band: 2, members: [
      { scenario: 'amd-base', weight: 0.25 }, { scenario: 'nobody', weight: 25 }, { weight: 'half' }, { scenario: 7, weight: -0.1, role: '', revision: 0, overrides: {} }, 'amd-bull', { scenario: 'amd-base', weight: 0.5, wieght: 0.5 }, { scenario: 'amd-base', weight: 0.25 }] };
    is((await faults('invalid-set', wrong)).map(fault => fault.join(' ')).sort(), ['/colour unknown_field', '/fair_band out_of_range', '/members/1/weight out_of_range', '/members/2/scenario missing', '/members/2/weight wrong_type', '/members/3/overrides wrong_type', '/members/3/revision out_of_range', '/members/3/role wrong_length', '/members/3/scenario wrong_type', '/members/3/weight out_of_range', '/members/4 wrong_type', '/members/5/wieght unknown_field', '/members/6 duplicate_id', '/name wrong_length', '/price out_of_range', '/tags/0 wrong_length'], 'the faults');
    const { json } = await server.refuse('invalid-set', 'POST', '/v1/sets', { json: make([['amd-base', 25], ['amd-bull', 0.5, '', { scenaro: 1 }]]) });
    ok(json.errors.some(error => error.detail.includes('0.25')) && json.errors.some(error => /did you mean `scenario`/.test(error.detail)), 'they say how to mend them');
    for (const body of ['[]', '7', '"amd-view"', 'null']) is((await server.refuse('invalid-set', 'POST', '/v1/sets', { json: body })).json.errors.map(error => [error.pointer, error.code]), [['', 'wrong_type']], body);
    is(await faults('invalid-set', {}), [['/name', 'missing'], ['/members', 'missing']], 'an empty one');
    is(await faults('invalid-set', make([])), [['/members', 'wrong_length']], 'no members');
    is(await faults('invalid-set', make(Array.from({ length: 65 }, (_, i) => ['amd-base', 0, '', { overrides: [{ pointer: '/price', value: i + 1 }] }]))), [['/members', 'wrong_length']], '65 members');
    is((await server.refuse('invalid-set', 'POST', '/v1/sets', { body: '{"name":"a","name":"b"}', headers: { 'Content-Type': 'application/json' } })).json.errors[0].code, 'duplicate_key', 'a member twice');
    await server.refuse('not-json', 'POST', '/v1/sets', { json: '{"name":' });
  });
  await test('weights add up to 1 within 1e-9, or the sum is said', async () => {
    const two = (a, b) => make([['amd-base', a], ['amd-bull', b]]);
    for (const [a, b] of [[0.3, 0.7], [0, 1], [1 / 3, 2 / 3], [0.5, 0.5 + 9e-10], [0.5, 0.5 - 9e-10]]) await server.expect(200, 'POST', '/v1/sets/valuation', { json: { set: two(a, b) } });
    for (const [a, b, says] of [[0.3, 0.6, '0.9'], [0.5, 0.6, '1.1'], [0.5, 0.5 + 2e-9, '1.000000002'], [0, 0, '0']]) {
      const { json } = await server.refuse('invalid-set', 'POST', '/v1/sets', { json: two(a, b) });
      is(json.errors.map(error => [error.pointer, error.code]), [['/members', 'weights_not_one']], `${a} and ${b}`);
      ok(json.errors[0].detail.includes(` ${says},`), json.errors[0].detail);
    }
    is(await faults('invalid-set', make([['nobody', 0.5], ['amd-base', 0.4]])), [['/members', 'weights_not_one'], ['/members/0/scenario', 'unknown_scenario']], 'beside another fault');
  });
  await test('a member must be there, once, and have a value', async () => {
    const { id } = await server.store(small());
    is(await faults('invalid-set', make([[id, 0.5, '', { revision: 2 }], ['nobody', 0.5, '', { revision: 1 }]])), [['/members/0/revision', 'unknown_scenario'], ['/members/1/scenario', 'unknown_scenario']], 'a revision and a scenario that are not there');
    is(await faults('invalid-set', make([[id, 0.5], [id, 0.5]])), [['/members/1', 'duplicate_id']], 'twice the same');
    is(await faults('invalid-set', make([[id, 0.5, '', { overrides: [{ pointer: '/price', value: 5 }] }], [id, 0.5, '', { overrides: [{ value: 5.0, pointer: '/price' }] }]])), [['/members/1', 'duplicate_id']], 'twice the same overrides');
    await store(make([[id, 0.5], [id, 0.3, '', { overrides: [{ pointer: '/discount/wacc', value: 0.2 }] }], [id, 0.2, '', { revision: 1 }]]));
    is(await faults('invalid-set', make([[id, 0.5, 'bull'], ['amd-base', 0.5, 'bull']])), [['/members/1/role', 'conflict']], 'two bull cases');
    is(await faults('invalid-set', make([[id, 0.5, '', { overrides: [{ pointer: '/discount/wacx', value: 0.2 }] }], ['amd-base', 0.3, '', { overrides: [{ pointer: '/name', value: 1 }] }], ['amd-bull', 0.2, '', { overrides: [{ pointer: 'x' }] }]])),
      [['/members/2/overrides/0/pointer', 'bad_pointer'], ['/members/2/overrides/0/value', 'missing'], ['/members/0/overrides/0/pointer', 'bad_pointer'], ['/members/1/overrides/0/pointer', 'bad_pointer']], 'overrides that move nothing');
    is(await faults('invalid-set', make([[id, 1, '', { overrides: [{ pointer: '/terminal/growth', value: 0.5 }] }]])), [['/members/0/scenario', 'growth_not_below_discount_rate']], 'overrides that leave no value');
    is(await faults('invalid-set', make([[id, 1, '', { overrides: [{ pointer: '/discount/wacc', value: 50 }] }]])), [['/members/0/scenario', 'out_of_range']], 'overrides out of range');
    await server.expect(204, 'DELETE', `/v1/scenarios/${id}`);
    is(await faults('invalid-set', make([[id, 1]])), [['/members/0/scenario', 'unknown_scenario']], 'a deleted one');
  });

  await test('expected value, spread and probability follow from the members\' own valuations', async () => {
    const values = [], weights = AMD.map(([, weight]) => weight);
    for (const [id] of AMD) values.push(await valueOf(id));
    for (const price of [50, 300, 309.184160245519, 500, 1e6]) {
      const answer = await weigh(view, { price }), expected = weighted(values, weights, price);
      near(answer.expected_value, expected.mean, 'the expected value', 1e-12);
      near(answer.sd, expected.sd, 'the spread');
      is([answer.price, answer.price_from, answer.low, answer.high, answer.probability_above_price], [price, 'question', Math.min(...values), Math.max(...values), expected.above], 'the rest');
      near(answer.upside + 1, expected.mean / price, 'the upside', 1e-12);
      is(answer.verdict, expected.mean > 1.1 * price ? 'cheap' : expected.mean < 0.9 * price ? 'expensive' : 'fair', 'the verdict');
      is(answer.members.map(member => [member.scenario, member.role, member.weight, member.value_per_share]), AMD.map(([id, weight, role], i) => [id, role, weight, values[i]]), 'the members');
      near(answer.members.reduce((sum, member) => sum + member.contribution, 0), answer.expected_value, 'the sum of the contributions', 1e-12);
      for (const member of answer.members) near(member.upside + 1, member.value_per_share / price, 'a member\'s upside', 1e-12);
    }
    const { json: chair } = await server.get('/v1/scenarios/amd-bear/chair');
    is((await weigh(view)).members[2].hold_probability, chair.hold_probability, 'the probability that the chair is held');
    for (const [band, verdict] of [[0, 'cheap'], [0.09, 'cheap'], [0.1, 'fair']]) is((await weigh(view, { fair_band: band })).verdict, verdict, `within ${band}`);
    is((await weigh({ ...view, fair_band: 0.05 })).fair_band, 0.05, 'the band of the set');
  });
  await test('two scenarios worth 40 and 100: mean, spread and fair weight in closed form', async () => {
    const [low, high] = [await server.store(cash(40)), await server.store(cash(100))];
    const of = weight => make([[high.id, weight], [low.id, 1 - weight]]);
    const [v40, v100] = [await valueOf(low.id), await valueOf(high.id)];
    ok(Math.abs(v40 - 40) < 1 && Math.abs(v100 - 100) < 1, `they are worth ${v40} and ${v100}`);
    for (const weight of [0, 0.25, 0.5, 0.7, 1]) {
      const answer = await weigh(of(weight), { price: 60 });
      near(answer.expected_value, weight * v100 + (1 - weight) * v40, 'the mean', 1e-12);
      ok(Math.abs(answer.sd - Math.sqrt(weight * (1 - weight)) * (v100 - v40)) < 1e-9, `the spread at ${weight} is ${answer.sd}`);
      is([answer.low, answer.high, answer.probability_above_price], [v40, v100, weight], 'the rest');
    }
    const answer = await weigh(of(0.5), { price: 70 });
    near(answer.fair_weight.weight, (70 - v40) / (v100 - v40), 'the weight on the higher');
    near(answer.members[1].fair_weight, (v100 - 70) / (v100 - v40), 'the weight on the lower');
    is([answer.fair_weight.chosen_by, answer.fair_weight.scenario, answer.fair_weight.value_of_others], ['highest_value', high.id, v40], 'the bull case');
    is(answer.quantiles.map(({ p, value }) => [p, value]), [0.05, 0.1, 0.25, 0.5].map(p => [p, v40]).concat([0.75, 0.9, 0.95].map(p => [p, v100])), 'the quantiles');
    for (const [weights, price, reason] of [[[0.5, 0.5], 200, /alone.*less than the price/], [[0.5, 0.5], 10, /without it.*more than the price/], [[1, 0], 70, /no weight/]]) {
      const { fair_weight: fair, members } = await weigh(make([[high.id, weights[0]], [low.id, weights[1]]]), { price });
      is([fair.weight, members[0].fair_weight, members[0].fair_weight_reason], [null, null, fair.reason], `at ${price}`);
      ok(reason.test(fair.reason), fair.reason);
    }
    const same = await server.store(cash(40, { name: 'The same' }));
    const alike = await weigh(make([[low.id, 0.4], [same.id, 0.6]]), { price: 40 });
    is([alike.sd, alike.fair_weight.weight, alike.low === alike.high], [0, null, true], 'two that are worth the same');
    ok(/changes nothing/.test(alike.fair_weight.reason), alike.fair_weight.reason);
    const alone = await weigh(make([[low.id, 1]]), { price: 40 });
    is([alone.expected_value, alone.sd, alone.fair_weight.weight, alone.fair_weight.value_of_others, alone.members[0].hold_probability], [v40, 0, null, null, null], 'one alone');
  });
  await test('re-weighted with a fair weight, the set is worth the price', async () => {
    for (const price of [120, 200, 300, 320, 450, 590]) {
      const answer = await weigh(view, { price });
      let found = 0;
      for (const [i, member] of answer.members.entries()) {
        if (member.fair_weight === null) { ok(member.fair_weight_reason.length > 20, 'the reason'); continue; }
        found++;
        const rest = 1 - member.weight, weights = answer.members.map((one, j) => (i === j ? member.fair_weight : one.weight * (1 - member.fair_weight) / rest));
        near((await weigh(make(AMD.map(([id], j) => [id, weights[j]])), { price })).expected_value, price, `${member.scenario} at ${price}`);
      }
      ok(found > 0, `no member makes ${price} fair`);
      is([answer.fair_weight.weight, answer.fair_weight.reason, answer.fair_weight.member], [answer.members[0].fair_weight, answer.members[0].fair_weight_reason, 0], 'the bull case');
    }
    const byRole = await weigh(make([['amd-base', 0.5, 'bull'], ['amd-bull', 0.5]]));
    is([byRole.fair_weight.scenario, byRole.fair_weight.chosen_by], ['amd-base', 'role'], 'a bull case by its role');
  });
  await test('the price is the question\'s, else the set\'s, else that of all members', async () => {
    const priced = { ...view, price: 280 }, mixed = make([['amd-base', 0.5], ['nvda-base', 0.5]]);
    const of = async (set, options) => { const { price, price_from: from } = await weigh(set, options); return [price, from]; };
    is(await of(priced, { price: 250 }), [250, 'question'], 'given by the question');
    is((await weigh(priced, { price: 250 })).checks.map(check => check.status), ['ok', 'ok', 'ok'], 'checks at another price than that of the members');
    is(await of(priced), [280, 'set'], 'given by the set');
    is(await of(view), [300, 'members'], 'of the members');
    is(await of(priced, { overrides: [{ pointer: '/price', value: 260 }] }), [260, 'members'], 'moved in all members');
    is(await faults('invalid-question', { set: mixed }, 'POST', '/v1/sets/valuation'), [['/price', 'missing']], 'of none');
    is(await faults('invalid-question', { set: { ...view, price: 1e-307 } }, 'POST', '/v1/sets/valuation'), [['/price', 'out_of_range']], 'too small for any multiple');
    const answer = await weigh(mixed, { price: 300 });
    is(answer.checks.map(check => [check.code, check.status, check.figures.members_that_differ]), [['one_company', 'fired', 1], ['one_valuation_date', 'fired', 1], ['one_price', 'fired', 1]], 'two companies');
    for (const [price, code] of [[0, 'out_of_range'], [-1, 'out_of_range'], [1e10, 'out_of_range'], ['300', 'wrong_type'], [null, 'wrong_type']]) is(await faults('invalid-question', { set: view, price }, 'POST', '/v1/sets/valuation'), [['/price', code]], `a price of ${price}`);
    is(await faults('invalid-question', { set: view, fair_band: 1.5, price: 'x' }, 'POST', '/v1/sets/valuation'), [['/price', 'wrong_type'], ['/fair_band', 'out_of_range']], 'both at once');
  });
  await test('overrides of the question are put into every member, after its own', async () => {
    const overrides = [{ pointer: '/discount/wacc', value: 0.1 }, { pointer: '/price', value: 310 }];
    const own = [{ pointer: '/chair/hazard', value: 0.1 }, { pointer: '/discount/wacc', value: 0.08 }];
    const set = make([['amd-bull', 0.5], ['amd-bear', 0.5, 'bear', { overrides: own }]]);
    const answer = await weigh(set, { overrides });
    is(answer.members.map(member => member.value_per_share), [await valueOf('amd-bull', { overrides }), await valueOf('amd-bear', { overrides: [own[0], ...overrides] })], 'the values');
    is((await weigh(set)).members[1].value_per_share, await valueOf('amd-bear', { overrides: own }), 'the member\'s own alone');
    const { id } = await store(set);
    is((await server.expect(200, 'GET', `/v1/sets/${id}/valuation?set=/discount/wacc:0.1&set=/price:310`)).json.members, answer.members, 'in the address');
    is((await server.expect(200, 'POST', `/v1/sets/${id}/valuation`, { json: { overrides } })).json.members, answer.members, 'of the stored set');
    is((await server.expect(200, 'POST', '/v1/sets/valuation', { json: { set: id, overrides } })).json.set.id, id, 'by its id');
    const { json } = await server.refuse('invalid-question', 'POST', `/v1/sets/${id}/valuation`, { json: { overrides: [{ pointer: '/discount/wacx', value: 1 }] } });
    is(json.errors.map(error => [error.pointer, error.code]), [['/overrides/0/pointer', 'bad_pointer'], ['/overrides/0/pointer', 'bad_pointer']], 'a pointer that no member has');
    ok(json.errors[0].detail.includes('amd-bull') && json.errors[1].detail.includes('amd-bear'), 'each member is named');
    is(await faults('not-computable', { overrides: [{ pointer: '/terminal/growth', value: 0.2 }] }, 'POST', `/v1/sets/${id}/valuation`), [['/members/0/scenario', 'growth_not_below_discount_rate'], ['/members/1/scenario', 'growth_not_below_discount_rate']], 'no value any more');
    await server.refuse('bad-request', 'POST', '/v1/sets/valuation?revision=1', { json: { set } });
    is(await faults('invalid-question', { price: 1 }, 'POST', '/v1/sets/valuation'), [['/set', 'missing']], 'no set');
    is(await faults('invalid-question', { set: 7, pricee: 1 }, 'POST', '/v1/sets/valuation'), [['/pricee', 'unknown_field'], ['/set', 'wrong_type']], 'a number for a set');
    is(await faults('invalid-set', { set: { ...set, name: '' } }, 'POST', '/v1/sets/valuation'), [['/name', 'wrong_length']], 'a fault of the set that is sent');
    is((await server.refuse('invalid-set', 'POST', '/v1/sets/valuation', { json: '{"set":{"name":"a","name":"b"}}' })).json.errors[0].pointer, '/name', 'a member of it twice');
    is(await faults('invalid-set', { set: make([['nobody', 1]]) }, 'POST', '/v1/sets/valuation'), [['/members/0/scenario', 'unknown_scenario']], 'a scenario that is not there');
  });
  await test('inputs say every driver of every member, and the digest is of the answer without it', async () => {
    const { id } = await store(make([['amd-base', 0.5, '', { overrides: [{ pointer: '/terminal/growth', value: 0.03 }] }], ['amd-bear', 0.5]]));
    const { json } = await server.expect(200, 'GET', `/v1/sets/${id}/valuation?inputs=true&set=/price:310`);
    const { result_sha256: result, ...rest } = json;
    is(result, digest(rest), 'result_sha256');
    const origins = index => Object.fromEntries(json.members[index].inputs.filter(input => ['/terminal/growth', '/price', '/discount/wacc'].includes(input.pointer)).map(input => [input.pointer, input.origin]));
    is([origins(0)['/terminal/growth'], origins(0)['/price'], origins(1)['/price'], origins(1)['/terminal/growth']], ['override', 'override', 'override', 'parent'], 'the origins');
    const { json: alone } = await server.expect(200, 'GET', '/v1/scenarios/amd-bear/valuation?inputs=true&set=/price:310');
    is([json.members[1].inputs, json.members[1].sha256], [alone.inputs, alone.scenario.sha256], 'as of the scenario alone');
  });
  await test('as a table: a row for each member', async () => {
    const { json } = await server.get('/v1/sets/amd-view/valuation?price=700');
    const rows = csv((await server.expect(200, 'GET', '/v1/sets/amd-view/valuation?price=700', { headers: { Accept: 'text/csv' } })).text);
    is(rows.map(row => ({ ...row, revision: number(row.revision), ...Object.fromEntries(['weight', 'value_per_share', 'contribution', 'upside', 'hold_probability', 'fair_weight'].map(name => [name, number(row[name])])), fair_weight_reason: row.fair_weight_reason || null })), json.members, 'the rows');
  });
  await test('the answer is kept until the set, a member or a member\'s parent changes', async () => {
    const parent = await server.store(scenario('amd-base')), pinned = await server.store(small({ price: 300 }));
    const { json: variant } = await server.expect(201, 'POST', `/v1/scenarios/${parent.id}/variants`, { json: { name: 'V', overrides: [{ pointer: '/price', value: 300 }] } });
    const { id } = await store(make([[variant.id, 0.5], [pinned.id, 0.5, '', { revision: 1 }]], { price: 300 }));
    const target = `/v1/sets/${id}/valuation`;
    const seen = [];
    const ask = async changed => {
      const { headers, json, text } = await server.expect(200, 'GET', target), again = await server.expect(200, 'GET', target);
      is([again.headers.etag, again.text, headers['cache-control']], [headers.etag, text, 'no-cache'], 'asked twice');
      await server.expect(304, 'GET', target, { headers: { 'If-None-Match': headers.etag } });
      await server.expect(304, 'POST', target, { json: {}, headers: { 'If-None-Match': headers.etag } });
      is(!seen.includes(headers.etag), changed, 'the ETag is new');
      seen.push(headers.etag);
      return json;
    };
    const patch = (address, merge) => server.expect(200, 'PATCH', address, { merge, headers: { 'If-Match': '*' } });
    const first = await ask(true);
    await patch(`/v1/scenarios/${pinned.id}`, { bridge: { cash: 77 } });
    is(await ask(false), first, 'a pinned member does not follow');
    await patch(`/v1/scenarios/${parent.id}`, { bridge: { cash: 99999 } });
    const second = await ask(true);
    ok(second.members[0].value_per_share > first.members[0].value_per_share, 'the parent\'s cash is not in the variant');
    await patch(`/v1/scenarios/${variant.id}`, { terminal: { growth: 0.02 } });
    is((await ask(true)).members[0].revision, 2, 'the revision of the member');
    await patch(`/v1/sets/${id}`, { price: 200 });
    is((await ask(true)).price, 200, 'the price of the set');
    const tags = new Set();
    for (const [query, headers] of [['', {}], ['?price=200', {}], ['?fair_band=0.2', {}], ['?inputs=true', {}], ['?set=/price:1', {}], ['', { Accept: 'text/csv' }], ['?revision=1', {}]]) tags.add((await server.expect(200, 'GET', `${target}${query}`, { headers })).headers.etag);
    is(tags.size, 7, 'different questions, different ETags');
    const sent = { set: view }, { headers } = await server.expect(200, 'POST', '/v1/sets/valuation', { json: sent });
    await server.expect(304, 'POST', '/v1/sets/valuation', { json: sent, headers: { 'If-None-Match': headers.etag } });
  });
  await test('a member that is gone, or has no value any more, is named: no figure is made of the rest', async () => {
    const [gone, changed, stays] = [await server.store(small()), await server.store(small()), await server.store(small())];
    const { json: variant } = await server.expect(201, 'POST', `/v1/scenarios/${changed.id}/variants`, { json: { name: 'V', overrides: [{ pointer: '/segments/0/margin', value: 0.3 }] } });
    const { id } = await store(make([[gone.id, 0.2], [variant.id, 0.3], [stays.id, 0.5]])), target = `/v1/sets/${id}/valuation`;
    const { headers: { etag } } = await server.expect(200, 'GET', target);
    await server.expect(204, 'DELETE', `/v1/scenarios/${gone.id}`);
    const { json } = await server.refuse('not-computable', 'GET', target, { headers: { 'If-None-Match': etag } });
    is(json.errors.map(error => [error.pointer, error.code]), [['/members/0/scenario', 'unknown_scenario']], 'a deleted member');
    ok(json.errors[0].detail.includes(`/v1/scenarios/${gone.id}/restore`), 'how it comes back');
    await server.expect(200, 'PUT', `/v1/scenarios/${changed.id}`, { json: small({ segments: [{ id: 'all', values: [1, 2, 3], margin: { start: 0.1, end: 0.2 } }] }), headers: { 'If-Match': '*' } });
    await server.expect(200, 'GET', `/v1/scenarios/${variant.id}`);
    is((await faults('not-computable', undefined, 'GET', target)).length, 1, 'a variant that follows its parent has a value still');
    await server.expect(200, 'PUT', `/v1/scenarios/${changed.id}`, { json: small({ discount: { wacc: 0.5 }, terminal: { method: 'gordon', growth: 0.4 } }), headers: { 'If-Match': '*' } });
    await server.expect(200, 'PATCH', `/v1/scenarios/${variant.id}`, { patch: [{ op: 'replace', path: '/discount/wacc', value: 0.6 }], headers: { 'If-Match': '*' } });
    await server.expect(200, 'PUT', `/v1/scenarios/${changed.id}`, { json: small({ discount: { wacc: 0.7 }, terminal: { method: 'gordon', growth: 0.65 } }), headers: { 'If-Match': '*' } });
    is(await faults('not-computable', undefined, 'GET', target), [['/members/0/scenario', 'unknown_scenario'], ['/members/1/scenario', 'growth_not_below_discount_rate']], 'both at once');
    is(await faults('invalid-set', undefined, 'PATCH', `/v1/sets/${id}`, { merge: { name: 'New name' }, headers: { 'If-Match': '*' } }), [['/members/0/scenario', 'unknown_scenario'], ['/members/1/scenario', 'growth_not_below_discount_rate']], 'a change of the name alone');
    await server.expect(200, 'PUT', `/v1/sets/${id}`, { json: make([[stays.id, 1]]), headers: { 'If-Match': '*' } });
    await server.expect(200, 'GET', target);
    await server.expect(200, 'POST', `/v1/scenarios/${gone.id}/restore`);
    const { json: mended } = await server.refuse('not-computable', 'GET', `${target}?revision=1`);
    is(mended.errors.map(error => error.pointer), ['/members/1/scenario'], 'the first revision, one member restored');
  });
  await test('64 members weigh as two do', async () => {
    const members = Array.from({ length: 64 }, (_, i) => ['amd-base', 1 / 64, i === 0 ? 'bull' : '', { overrides: [{ pointer: '/discount/wacc', value: 0.08 + i / 2000 }] }]);
    const answer = await weigh(make(members)), values = answer.members.map(member => member.value_per_share), expected = weighted(values, values.map(() => 1 / 64), 300);
    near(answer.expected_value, expected.mean, 'the mean', 1e-12);
    near(answer.sd, expected.sd, 'the spread');
    near(answer.probability_above_price, expected.above, 'the probability', 1e-12);
    is([values[0], values[63]], [await valueOf('amd-base', { overrides: [{ pointer: '/discount/wacc', value: 0.08 }] }), await valueOf('amd-base', { overrides: [{ pointer: '/discount/wacc', value: 0.08 + 63 / 2000 }] })], 'the first and the last');
    const sorted = [...values].sort((a, b) => a - b);
    is(answer.quantiles.map(one => one.value), [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95].map(p => sorted[Math.ceil(p * 64 - 1e-6) - 1]), 'the quantiles');
  });

  await test('sets leave with the export and come back as they were, over a restart too', async () => {
    const gone = await server.store(small({ name: 'In an old set' }));
    const mine = await store(make([[gone.id, 0.5], ['amd-base', 0.5]], { name: 'Old set', tags: ['kept'], price: 10 }));
    const later = await server.store(small({ name: 'Newer than the set' }));
    await server.expect(200, 'PUT', `/v1/sets/${mine.id}`, { json: make([[later.id, 0.5], ['amd-base', 0.5]], { price: 10 }), headers: { 'If-Match': '*' } });
    await server.expect(204, 'DELETE', `/v1/scenarios/${gone.id}`);
    const deleted = await store(view);
    await server.expect(204, 'DELETE', `/v1/sets/${deleted.id}`);
    const { text } = await server.expect(200, 'GET', '/v1/export');
    const lines = text.trimEnd().split('\n').map(line => JSON.parse(line)), own = all => all.filter(line => !line.builtin).map(canonical).sort();
    is(lines.filter(line => line.id === mine.id).map(line => [line.kind, line.revision, line.name, line.parent, line.document.members.length]), [['set', 1, 'Old set', null, 2], ['set', 2, 'A set', null, 2]], 'the lines of the set');
    ok(lines.findIndex(line => line.kind === 'set') > lines.findLastIndex(line => line.kind !== 'set'), 'sets come after all scenarios');
    const other = await new Server(binary).start();
    try {
      const { json } = await other.expect(200, 'POST', '/v1/import', { ndjson: text });
      is([json.lines, json.skipped], [lines.length, lines.filter(line => line.builtin).length], 'taken');
      const copy = (await other.expect(200, 'GET', '/v1/export')).text.trimEnd().split('\n').map(line => JSON.parse(line));
      is(own(copy), own(lines), 'the export of the other');
      is((await other.expect(200, 'POST', '/v1/import', { ndjson: text })).json.imported, 0, 'imported twice');
      await other.kill('SIGTERM');
      const again = await new Server(binary, { database: other.database }).start();
      for (const target of [`/v1/sets/${mine.id}`, `/v1/sets/${mine.id}/revisions`, `/v1/sets/${mine.id}/valuation`, `/v1/sets/${deleted.id}?deleted=true`, '/v1/sets/amd-view/valuation']) {
        const [here, there] = [await server.expect(200, 'GET', target), await again.expect(200, 'GET', target)];
        if (target.includes('amd-view')) is(there.text, here.text, target);
        else is([there.text, there.headers.etag], [here.text, here.headers.etag], target);
      }
      is((await again.expect(200, 'GET', '/v1/sets?tag=kept')).json.items.length, 0, 'a tag of the first revision');
      is((await again.expect(200, 'GET', `/v1/sets?scenario=${later.id}`)).json.items.map(item => item.id), [mine.id], 'what holds a scenario');
      await again.stop();
    } finally { other.clean(); }
  });
  await test('an import of sets is checked as one of scenarios is', async () => {
    const at = '2026-04-23T08:00:00.000000Z';
    const line = (id, document, changes = {}) => JSON.stringify({ id, parent: null, builtin: false, revision: 1, created_at: at, updated_at: at, deleted_at: null, name: document.name, kind: 'set', document, sha256: digest(document), ...changes });
    const blame = async (ndjson, pointer, code, problem = 'invalid-scenario') => {
      const { json } = await server.refuse(problem, 'POST', '/v1/import', { ndjson });
      ok(json.errors?.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(json.errors ?? json)} lacks ${code} at ${pointer}`);
    };
    await blame(line('set-a', make([['nobody', 1]])), '/1/document/members/0/scenario', 'unknown_scenario');
    await blame(line('set-a', make([['amd-base', 1, '', { revision: 9 }]])), '/1/document/members/0/revision', 'unknown_scenario');
    await blame(line('set-a', make([['amd-view', 1]])), '/1/document/members/0/scenario', 'unknown_scenario');
    await blame(line('set-a', make([['amd-base', 0.9]])), '/1/document/members', 'weights_not_one');
    await blame(line('set-a', view, { sha256: '0'.repeat(64) }), '/1/sha256', 'conflict');
    await blame(line('set-a', view, { parent: 'amd-base' }), '/1/parent', 'conflict');
    await blame(line('set-a', view, { kind: 'bag' }), '/1/kind', 'bad_choice');
    await blame(line('set-a', view, { overrides: [] }), '/1/overrides', 'conflict');
    await blame(line('amd-view', make([['amd-base', 1]])), '/1/id', 'conflict', 'conflict');
    await blame(line('amd-base', view), '/1', 'conflict', 'conflict');
    const document = small({ name: 'Sent before its set' }), first = line('set-scenario', document, { kind: 'document' });
    await blame(`${first}\n${line('set-scenario', view, { revision: 2 })}`, '/2/kind', 'conflict');
    await blame(`${line('set-b', make([['set-scenario', 1]]))}\n${first}`, '/1/document/members/0/scenario', 'unknown_scenario');
    await server.refuse('not-found', 'GET', '/v1/sets/set-a');
    is((await server.expect(200, 'POST', '/v1/import', { ndjson: `${first}\n${line('set-b', make([['set-scenario', 1]]))}` })).json.imported, 2, 'a scenario, then its set');
    near((await server.expect(200, 'GET', '/v1/sets/set-b/valuation')).json.expected_value, await valueOf('set-scenario'), 'its value', 1e-12);
    await blame(line('set-b', make([['amd-base', 1]])), '/1', 'conflict', 'conflict');
    await blame(line('set-b', document, { kind: 'document' }), '/1', 'conflict', 'conflict');
  });
}
