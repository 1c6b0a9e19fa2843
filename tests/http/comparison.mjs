// Why one scenario is worth more than another: Shapley's attribution, its axioms, and pairs that cannot be compared.
import { csv, is, near, number, ok, patch, scenario, small, test } from './harness.mjs';

export default async function comparison({ server }) {
  const GROUPS = ['market', 'inference_share', 'seats', 'segments', 'operations', 'discount', 'terminal', 'bridge', 'chair', 'timing'];
  const ask = async (subject, other, options = {}) => (await server.expect(200, 'POST', '/v1/comparison', { json: { scenario: subject, with: other, ...options } })).json;
  const valueOf = async subject => (await server.expect(200, 'POST', '/v1/valuation', { json: { scenario: subject } })).json.value_per_share;
  const parts = answer => Object.fromEntries(answer.contributions.map(one => [one.group, one.value_per_share]));
  const sum = answer => answer.contributions.reduce((total, one) => total + one.value_per_share, 0);
  const apart = (value, expected, size, what) => ok(Math.abs(value - expected) <= 1e-9 * size, `${what} is ${value}, expected ${expected}`);
  const IDS = ['amd-base', 'amd-bull', 'amd-bear', 'nvda-base'];
  const refused = async (subject, other, ...says) => {
    const { json } = await server.refuse('not-computable', 'POST', '/v1/comparison', { json: { scenario: subject, with: other } });
    is(json.errors.map(({ pointer, code }) => [pointer, code]), [['/with', 'not_comparable']], 'the fault');
    for (const word of says) ok(json.errors[0].detail.includes(word), `${json.errors[0].detail} does not say ${word}`);
  };

  await test('contributions add up to the difference, and from and to are the valuations', async () => {
    for (const from of IDS)
      for (const to of IDS) {
        const answer = await ask(from, to), [a, b] = [await valueOf(from), await valueOf(to)];
        is(answer.contributions.map(one => one.group), GROUPS, 'the groups');
        near(answer.from.value_per_share, a, `${from}`, 1e-12);
        near(answer.to.value_per_share, b, `${to}`, 1e-12);
        is([answer.from.id, answer.to.id, answer.difference], [from, to, answer.to.value_per_share - answer.from.value_per_share], 'the sides');
        ok(Math.abs(sum(answer) - answer.difference) <= 1e-12 * Math.max(a, b), `${from} with ${to}: ${sum(answer)} is not ${answer.difference}`);
        if (from === to) ok(answer.difference === 0 && answer.contributions.every(one => one.value_per_share === 0) && !answer.differences.length, 'with itself');
      }
  });
  await test('the one with the other is less the other with the one', async () => {
    for (const [from, to] of [['amd-base', 'amd-bull'], ['amd-base', 'amd-bear'], ['amd-bear', 'amd-bull'], ['amd-base', 'nvda-base']]) {
      const [there, back] = [await ask(from, to), await ask(to, from)], largest = Math.max(...Object.values(parts(there)).map(Math.abs));
      for (const group of GROUPS) apart(parts(there)[group], -parts(back)[group], largest, `${from} with ${to}: ${group}`);
    }
  });
  await test('a group that does not differ contributes 0, and one alone the whole difference', async () => {
    const base = scenario('amd-base');
    for (const [group, path, value] of [['market', '/market/total_spend', 380000], ['inference_share', '/market/inference_share', { curve: 'logistic', k: 0.4, mid: 2026, ceiling: 0.9 }], ['seats', '/seats/1/inference/end', 0.13], ['segments', '/segments/0/margin/end', 0.3], ['operations', '/operations/corporate_cost', 0.03],
      ['discount', '/discount/wacc', 0.1], ['terminal', '/terminal/growth', 0.03], ['bridge', '/bridge/cash', 20000], ['bridge', '/dilution/basic', 1700], ['bridge', '/failure', { probability: 0.1, recovery: 0.2 }], ['chair', '/chair/hazard', 0.02], ['timing', '/timing', 'end'], ['timing', '/valuation_date', '2026-06-30']]) {
      const answer = await ask(base, patch(base, [{ op: 'add', path, value }]));
      ok(answer.difference !== 0, `${path} moves nothing`);
      for (const one of GROUPS) if (one !== group) is(parts(answer)[one], 0, `${path}: ${one}`);
      near(parts(answer)[group], answer.difference, path, 1e-12);
    }
    for (const [path, value] of [['/name', 'Other'], ['/price', 1], ['/fair_band', 0.2], ['/tags', []]]) {
      const answer = await ask(base, patch(base, [{ op: 'add', path, value }]));
      ok(answer.contributions.every(one => one.value_per_share === 0), `${path} has a value`);
      is(answer.differences.every(({ path: at }) => at.startsWith(path)) && answer.differences.length > 0, true, 'yet it differs');
    }
  });
  await test('a chair, a market, failure that only one of them has is a difference', async () => {
    const base = scenario('amd-base'), without = patch(base, [{ op: 'remove', path: '/chair' }]);
    const answer = await ask(base, without);
    near(parts(answer).chair, answer.difference, 'the chair that is gone', 1e-12);
    near(parts(await ask(without, base)).chair, -answer.difference, 'the chair that comes', 1e-12);
  });
  await test('two groups: half of each order, by hand from valuations', async () => {
    const a = small(), b = small({ discount: { wacc: 0.09 }, terminal: { method: 'value_driver', growth: 0.03, ronic: 0.3 } });
    const [none, discount, terminal, both] = await Promise.all([a, { ...a, discount: b.discount }, { ...a, terminal: b.terminal }, b].map(valueOf));
    const of = parts(await ask(a, b));
    near(of.discount, (discount - none + both - terminal) / 2, 'discount');
    near(of.terminal, (terminal - none + both - discount) / 2, 'terminal');
  });
  await test('three groups: the six orders, by hand from valuations', async () => {
    const a = scenario('amd-base'), b = scenario('amd-base');
    b.market = { ...b.market, total_spend: 300000 };
    b.market.inference_share = { curve: 'gompertz', k: 0.3, mid: 2025, ceiling: 0.85 };
    b.dilution = { ...b.dilution, basic: 1500 };
    const names = ['market', 'inference_share', 'bridge'];
    const mix = set => ({ ...a, market: { ...(set.includes('market') ? b : a).market, inference_share: (set.includes('inference_share') ? b : a).market.inference_share }, dilution: (set.includes('bridge') ? b : a).dilution });
    const worth = new Map();
    for (let bits = 0; bits < 8; bits++) worth.set(bits, await valueOf(mix(names.filter((_, i) => bits >> i & 1))));
    const of = parts(await ask(a, b));
    names.forEach((name, i) => {
      const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
      const marginal = orders.map(order => { const before = order.slice(0, order.indexOf(i)).reduce((bits, j) => bits | 1 << j, 0); return worth.get(before | 1 << i) - worth.get(before); });
      near(of[name], marginal.reduce((x, y) => x + y) / 6, name);
    });
  });
  await test('the differences lead from the one document to the other', async () => {
    const [a, b] = [scenario('amd-base'), scenario('nvda-base')], { differences } = await ask('amd-base', 'nvda-base');
    is(patch(a, differences), b, 'the patched document');
  });
  await test('overrides are of the first, and it is the same by id and sent along', async () => {
    const overrides = [{ pointer: '/terminal/growth', value: 0.03 }], base = scenario('amd-base');
    const stored = (await server.expect(200, 'POST', '/v1/scenarios/amd-base/comparison', { json: { with: 'amd-bull', overrides } })).json;
    is((await server.get('/v1/scenarios/amd-base/comparison?with=amd-bull&set=/terminal/growth:0.03')).json, stored, 'in the address');
    const sent = await ask(patch(base, [{ op: 'replace', path: '/terminal/growth', value: 0.03 }]), 'amd-bull');
    is([sent.contributions, sent.from.id, sent.to.id], [stored.contributions, null, 'amd-bull'], 'sent along');
    ok(parts(stored).terminal !== 0, 'the override is a difference');
    const document = (await server.get('/v1/scenarios/amd-bull')).json.document, other = await ask('amd-base', document, { overrides });
    is([other.contributions, other.to.id, other.to.sha256, other.to.name], [stored.contributions, null, stored.to.sha256, stored.to.name], 'with a document');
    const rows = csv((await server.expect(200, 'GET', '/v1/scenarios/amd-base/comparison?with=amd-bull&set=/terminal/growth:0.03', { headers: { Accept: 'text/csv' } })).text);
    is(rows.map(({ group, value_per_share: value }) => ({ group, value_per_share: number(value) })), stored.contributions, 'the table');
  });
  await test('the ETag changes when the other scenario does', async () => {
    const { id } = await server.store(scenario('nvda-base')), target = `/v1/scenarios/amd-base/comparison?with=${id}`;
    const first = await server.expect(200, 'GET', target);
    await server.expect(304, 'GET', target, { headers: { 'If-None-Match': first.headers.etag } });
    await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { json: { terminal: { growth: 0.03 } }, headers: { 'If-Match': '*', 'Content-Type': 'application/merge-patch+json' } });
    const second = await server.expect(200, 'GET', target, { headers: { 'If-None-Match': first.headers.etag } });
    ok(second.headers.etag !== first.headers.etag && second.json.difference !== first.json.difference, 'nothing changed');
    ok((await server.expect(200, 'GET', `/v1/scenarios/amd-base/comparison?with=amd-bear`)).headers.etag !== second.headers.etag, 'another scenario, the same ETag');
    await server.expect(204, 'DELETE', `/v1/scenarios/${id}`, { headers: { 'If-Match': '*' } });
    await server.refuse('not-found', 'GET', target);
  });
  await test('horizons must be equal', async () => {
    await refused(small(), small({ horizon: 4 }), '3', '4');
    await refused('amd-base', small(), '10', '3');
    is((await ask(small({ horizon: 10 }), Object.fromEntries(Object.entries(small()).filter(([name]) => name !== 'horizon')))).difference, 0, 'given and by default');
  });
  await test('figures of another version of the model are refused', async () => {
    const { json: version } = await server.get('/version');
    is(await ask('amd-base', 'amd-bull', { engine: version.engine }), await ask('amd-base', 'amd-bull'), 'its own');
    for (const engine of ['0.9.0', '', 1]) {
      const { json } = await server.refuse('not-computable', 'POST', '/v1/comparison', { json: { scenario: 'amd-base', with: 'amd-bull', engine } });
      is([json.errors[0].pointer, json.errors[0].code], ['/engine', 'not_comparable'], `${engine}`);
    }
    await server.refuse('not-computable', 'GET', '/v1/scenarios/amd-base/comparison?with=amd-bull&engine=0.9.0');
  });
  await test('a mixture that is no valid document is named', async () => {
    await refused(small({ terminal: { method: 'gordon', growth: 0.08 } }), small({ discount: { wacc: 0.06 } }), 'discount', '/terminal/growth');
    await refused(small({ terminal: { method: 'gordon', growth: 0.08 }, bridge: { cash: 5 } }), small({ discount: { wacc: 0.06 } }), 'discount');
    const base = scenario('amd-base');
    await refused(base, { ...scenario('nvda-base'), seats: [{ id: 'nvidia', training: 0.5, inference: 0.5 }] }, 'seats');
    await refused(small({ horizon: 10 }), base, 'with market of the other');
  });
  await test('where one has no value of its own, that is what is said', async () => {
    const growing = small({ terminal: { method: 'gordon', growth: 0.5 } });
    const { json } = await server.refuse('not-computable', 'POST', '/v1/comparison', { json: { scenario: growing, with: small() } });
    is(json.errors[0].code, 'growth_not_below_discount_rate', 'the first');
    ok(!/with {2}/.test(json.errors[0].detail), `it says "${json.errors[0].detail}"`);
  });
  await test('the other scenario is asked for and checked', async () => {
    const faults = async body => (await server.refuse('invalid-question', 'POST', '/v1/scenarios/amd-base/comparison', { json: body })).json.errors.map(({ pointer, code }) => [pointer, code]);
    is(await faults({}), [['/with', 'missing']], 'absent');
    for (const wrong of [7, null, [], true]) is(await faults({ with: wrong }), [['/with', 'wrong_type']], `${wrong}`);
    await server.refuse('not-found', 'POST', '/v1/scenarios/amd-base/comparison', { json: { with: 'nobody' } });
    await server.refuse('invalid-scenario', 'POST', '/v1/scenarios/amd-base/comparison', { json: { with: { ...small(), nonsense: 1 } } });
  });
  await test('a fault of the other document is found in it', async () => {
    const { json } = await server.refuse('invalid-scenario', 'POST', '/v1/scenarios/amd-base/comparison', { json: { with: { ...small(), nonsense: 1 } } });
    is(json.errors[0].pointer, '/with/nonsense', 'the place');
  });
  await test('the three questions: 304 for whoever has the answer, 404 for what is not there', async () => {
    const queries = { implied: 'pointer=/terminal/growth&low=0&high=0.05', returns: 'target_return=0.1', comparison: 'with=amd-bull' };
    for (const [name, query] of Object.entries(queries)) {
      const question = Object.fromEntries(new URLSearchParams(query));
      for (const key of ['low', 'high', 'target_return']) if (key in question) question[key] = Number(question[key]);
      const forms = [['GET', `/v1/scenarios/amd-base/${name}?${query}`, {}], ['GET', `/v1/scenarios/amd-base/${name}?${query}&inputs=true`, {}], ['GET', `/v1/scenarios/amd-base/${name}?${query}`, { headers: { Accept: 'text/csv' } }], ['POST', `/v1/scenarios/amd-bear/${name}`, { json: question }], ['POST', `/v1/${name}`, { json: { scenario: scenario('amd-base'), ...question } }]];
      const tags = new Set();
      for (const [method, target, options] of forms) {
        const { headers, text } = await server.expect(200, method, target, options), again = await server.expect(200, method, target, options);
        is([again.text, again.headers.etag], [text, headers.etag], 'the same bytes');
        tags.add(headers.etag);
        await server.expect(304, method, target, { ...options, headers: { ...options.headers, 'If-None-Match': headers.etag } });
      }
      is(tags.size, forms.length, `${name}: ETags that differ`);
      await server.refuse('not-found', 'GET', `/v1/scenarios/nobody/${name}?${query}`);
      await server.refuse('not-found', 'GET', `/v1/scenarios/amd-base/${name}?${query}&revision=2`);
      await server.refuse('not-found', 'POST', `/v1/scenarios/nobody/${name}`, { json: question });
      await server.refuse('not-found', 'POST', `/v1/${name}`, { json: { scenario: 'nobody', ...question } });
    }
  });
}
