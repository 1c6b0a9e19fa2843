// Simulated sets: mixtures whose moments, quantiles and tails are known; what they must share with a set's valuation
// and with each member's own simulation; faults.
import { csv, is, near, ok, scenario, small, test } from './harness.mjs';

const erf = x => { // Abramowitz and Stegun 7.1.5, by its series
  let term = x, sum = x;
  for (let n = 1; n < 200; n++) { term *= -x * x / n; sum += term / (2 * n + 1); }
  return 2 / Math.sqrt(Math.PI) * sum;
};
const phi = z => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
const cdf = z => (z < -6 ? 0 : z > 6 ? 1 : 0.5 * (1 + erf(z / Math.SQRT2)));

export default async function setSimulation({ server }) {
  const uncertain = (mean, sd, pointer = '/bridge/cash') => ({ drivers: [{ pointer, distribution: { kind: 'normal', mean, sd } }] });
  // Of one year without a flow, one share: worth its cash.
  const cash = (amount, changes = {}) => small({ name: `Cash ${amount}`, horizon: 1, segments: [{ id: 'all', base: 1, growth: 0, margin: 0 }], bridge: { cash: amount }, dilution: { basic: 1 }, price: 400, ...changes });
  const make = (...members) => ({ name: 'A set', members: members.map(([id, weight, more]) => ({ scenario: id, weight, ...more })) });
  const store = async document => (await server.store(document)).id;
  const ask = async (set, question = {}) => (await server.expect(200, 'POST', '/v1/sets/simulation', { json: { set, ...question } })).json;
  const alone = async (id, question = {}) => (await server.expect(200, 'POST', '/v1/simulation', { json: { scenario: id, ...question } })).json;
  const within = (value, expected, reach, what) => ok(Math.abs(value - expected) <= reach, () => `${what} is ${value}, expected ${expected} within ${reach}`);
  const refused = async (problem, question, ...faults) => {
    const { json } = await server.refuse(problem, 'POST', '/v1/sets/simulation', { json: question });
    is(json.errors.map(({ pointer, code }) => `${pointer} ${code}`), faults, JSON.stringify(question).slice(0, 100));
    return json;
  };
  const rich = await store(cash(500, { uncertainty: uncertain(500, 50) })), poor = await store(cash(300, { uncertainty: uncertain(300, 30) })), sure = await store(cash(450));
  const PARTS = [[0.3, 500, 50], [0.7, 300, 30]], pair = make([rich, 0.3], [poor, 0.7]);
  const below = x => PARTS.reduce((sum, [w, mean, sd]) => sum + w * cdf((x - mean) / sd), 0);
  const quantile = p => { let low = 0, high = 1000; for (let i = 0; i < 100; i++) { const x = (low + high) / 2; if (below(x) < p) low = x; else high = x; } return low; };
  const shortfall = part => PARTS.reduce((sum, [w, mean, sd]) => { const z = (quantile(part) - mean) / sd; return sum + w * (mean * cdf(z) - sd * phi(z)); }, 0) / part;

  await test('of normal values the mixture has the moments, quantiles and tails that it must have', async () => {
    for (const sampler of ['sobol', 'philox']) {
      const answer = await ask(pair, { sampler, hurdles: [300, 520], paths: 65536 }), { spread } = answer, what = name => `${sampler}: ${name}`;
      is([answer.paths, answer.rejected, answer.warnings, answer.price, answer.price_from, answer.expected_value], [131072, 0, [], 400, 'members', 360], what('what was done'));
      const share = (0.3 * 2500 + 0.7 * 900) / (0.3 * 2500 + 0.7 * 900 + 0.21 * 40000), sd = Math.sqrt(0.3 * 2500 + 0.7 * 900 + 0.21 * 40000);
      within(answer.mean, 360, 5 * answer.standard_error, what('the mean'));
      ok(answer.standard_error > 0 && answer.standard_error < (sampler === 'sobol' ? 0.002 : 0.3), what(`the error is ${answer.standard_error}`));
      ok(answer.mean_low < answer.mean && answer.mean < answer.mean_high, what('its interval'));
      near(answer.sd, sd, what('the deviation'), 0.003);
      near(spread.within, Math.sqrt(0.3 * 2500 + 0.7 * 900), what('the spread within'), 0.01);
      near(spread.between, Math.sqrt(0.21) * 200, what('the spread between'), 0.003);
      near(spread.within_share, share, what('the share within'), 0.02);
      near(answer.sd ** 2, spread.within ** 2 + spread.between ** 2, what('total variance'));
      near(answer.upside, answer.mean / 400 - 1, what('the upside'));
      for (const [i, price] of [400, 300, 520].entries()) {
        const { probability, standard_error: error, low, high } = answer.hurdles[i];
        is(answer.hurdles[i].price, price, what('the hurdle'));
        within(probability, 1 - below(price), Math.max(5 * error, 1e-4), what(`above ${price}`));
        ok(low <= probability && probability <= high && low >= 0 && high <= 1, what('its interval'));
      }
      is(answer.probability_above_price, answer.hurdles[0].probability, what('above the price'));
      is(answer.quantiles.map(({ p }) => p), [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95], what('the quantiles'));
      for (const { p, value, low, high } of answer.quantiles) {
        within(value, quantile(p), sampler === 'sobol' ? 0.5 : 3, what(`the quantile at ${p}`));
        ok(low < value && value < high, what(`the interval at ${p}`));
      }
      is(answer.median, answer.quantiles[3].value, what('the median'));
      within(answer.expected_shortfall, shortfall(0.05), 5 * answer.expected_shortfall_standard_error, what('the shortfall'));
      near(answer.histogram.reduce((sum, { probability }) => sum + probability, 0), 1, what('the histogram'));
      for (const { low, high, probability } of answer.histogram) within(probability, below(high) - below(low), sampler === 'sobol' ? 1e-3 : 5e-3, what(`between ${low} and ${high}`));
    }
  });
  await test('a member without uncertainty is its value', async () => {
    const answer = await ask(make([rich, 0.5], [sure, 0.5]), { quantiles: [0.05, 0.4, 0.6], paths: 16384 });
    const [, point] = answer.members;
    is([point.uncertain, point.mean, point.sd, point.standard_error, point.paths, point.probability_above_price], [false, 450, 0, 0, 0, 1], 'its line');
    near(answer.mean, 0.5 * answer.members[0].mean + 225, 'the mean');
    near(answer.standard_error, answer.members[0].standard_error / 2, 'half of the error');
    within(answer.quantiles[0].value, 500 + 50 * -1.2815515655446004, 0.2, 'below it: a tenth of the other');
    is(answer.quantiles[1].value, 450, 'half of the weight lies on it');
    within(answer.quantiles[2].value, 500 + 50 * -0.8416212335729143, 0.2, 'above it: a fifth of the other');
    within(answer.probability_above_price, 0.5 * (1 - cdf(-2)) + 0.5, 5e-4, 'above the price');
  });
  await test('with nothing uncertain it is the valuation, bit for bit', async () => {
    const plain = [make(['amd-bull', 0.25], ['amd-base', 0.5], ['amd-bear', 0.25]), 'amd-view', make(['nvda-base', 1]), make(['amd-base', 0.1], ['amd-bull', 0.2], ['amd-bear', 0.7])];
    for (const set of plain)
      for (const price of [undefined, 200]) {
        const answer = await ask(set, { price }), { json } = await server.expect(200, 'POST', '/v1/sets/valuation', { json: { set, price } });
        const names = ['engine', 'set', 'name', 'currency', 'price', 'price_from', 'expected_value', 'upside', 'sd', 'probability_above_price', 'checks'];
        is(names.map(name => answer[name]), names.map(name => json[name]), 'the figures');
        is([answer.mean, answer.standard_error, answer.mean_low, answer.mean_high], [json.expected_value, 0, json.expected_value, json.expected_value], 'the mean');
        is(answer.quantiles.map(({ p, value }) => ({ p, value })), json.quantiles, 'the quantiles');
        is([answer.spread.within, answer.spread.between], [0, json.sd], 'the spread');
        is([answer.spread.within_share, Boolean(answer.spread.reason)], json.sd > 0 ? [0, false] : [null, true], 'the share within');
        is(answer.members.map(({ scenario: id, weight, value_per_share, role, sha256, revision }) => [id, weight, value_per_share, role, sha256, revision]), json.members.map(({ scenario: id, weight, value_per_share, role, sha256, revision }) => [id, weight, value_per_share, role, sha256, revision]), 'the members');
        const lowest = Math.min(...json.members.map(member => member.value_per_share));
        is(answer.expected_shortfall, lowest, 'the shortfall');
      }
  });
  await test('all the weight on one member is its simulation', async () => {
    for (const question of [{}, { randomisations: 7, seed: 9, chair: 'sampled', level: 0.8 }]) {
      const one = await alone('amd-uncertain', { paths: 8192, ...question }), answer = await ask(make(['amd-uncertain', 1], ['amd-bear', 0]), { paths: 8192, ...question });
      for (const name of ['mean', 'standard_error', 'mean_low', 'mean_high', 'probability_above_price', 'rejected', 'paths', 'sampler', 'seed', 'randomisations', 'chair', 'level']) is(answer[name], one[name], name);
      near(answer.sd, one.sd, 'the deviation');
      for (const [i, { p, value }] of answer.quantiles.entries()) near(value, one.quantiles[i].value, `the quantile at ${p}`, 2e-3); // no interpolation
      near(answer.expected_shortfall, one.expected_shortfall, 'the shortfall');
      is(answer.members[0].mean, one.mean, 'its line');
    }
  });
  await test('the question\'s own uncertainty is that of every member, each of which is simulated as by itself', async () => {
    const { value: { drivers } } = scenario('amd-uncertain').overrides.find(({ pointer }) => pointer === '/uncertainty');
    const question = { uncertainty: { drivers: drivers.filter(({ pointer }) => /^\/(chair|terminal|market.inf)/.test(pointer)) }, paths: 4096, seed: 3 };
    const answer = await ask('amd-view', question);
    for (const member of answer.members) {
      const one = await alone(member.scenario, question);
      is(['mean', 'standard_error', 'sd', 'probability_above_price', 'paths', 'rejected'].map(name => member[name]), ['mean', 'standard_error', 'sd', 'probability_above_price', 'paths', 'rejected'].map(name => one[name]), member.scenario);
      is([member.uncertain, member.tail, member.value_per_share], [true, one.tail.status, one.value_per_share], member.scenario);
    }
    near(answer.mean, answer.members.reduce((sum, { weight, mean }) => sum + weight * mean, 0), 'the mean');
    near(answer.probability_above_price, answer.members.reduce((sum, { weight, probability_above_price: above }) => sum + weight * above, 0), 'above the price');
    const inside = Math.sqrt(answer.members.reduce((sum, { weight, sd }) => sum + weight * sd ** 2, 0)), between = Math.sqrt(answer.members.reduce((sum, { weight, mean }) => sum + weight * (mean - answer.mean) ** 2, 0));
    near(answer.spread.within, inside, 'within');
    near(answer.spread.between, between, 'between');
  });
  await test('a driver that members share has the same draws in all of them', async () => {
    const { mean, standard_error: error } = await alone(rich, { paths: 4096 });
    // Half of the weight on each, worth the same but for a constant: were the draws independent, the error would be less.
    const shifted = make([rich, 0.5], [rich, 0.5, { overrides: [{ pointer: '/bridge/investments', value: 100 }] }]), answer = await ask(shifted, { paths: 4096 });
    near(answer.standard_error, error, 'the error', 1e-6);
    near(answer.mean, mean + 50, 'the mean');
    // Whatever stands before it, the one they share keeps its draws.
    const other = await store(cash(0, { uncertainty: { drivers: [...uncertain(200, 1, '/bridge/investments').drivers, ...uncertain(500, 50).drivers] } }));
    const both = await ask(make([rich, 0.5], [other, 0.5]), { paths: 4096 });
    near(both.standard_error, error, 'with another before it', 0.05);
    near(both.members[1].mean, mean + 200, 'its mean', 1e-5);
  });
  await test('paths without a value are counted by member, and warned of', async () => {
    const growing = await store(small({ price: 10, uncertainty: { drivers: [{ pointer: '/terminal/growth', distribution: { kind: 'uniform', low: 0, high: 0.12 } }] } }));
    const answer = await ask(make([growing, 0.5], [sure, 0.5]), { price: 10, paths: 4096 });
    within(answer.rejected / 4096, 1 / 6, 0.01, 'the part');
    is([answer.members.map(member => member.rejected), answer.members.map(member => member.tail), answer.warnings.length], [[answer.rejected, 0], ['fired', 'not_applicable'], 1], 'what is said of it');
    const never = uncertain(0.3, 0.01, '/terminal/growth');
    await refused('not-computable', { set: make([growing, 1]), paths: 64, uncertainty: never }, '/uncertainty not_computable');
    const bad = await store(small({ uncertainty: { drivers: [{ pointer: '/terminal/growth', distribution: { kind: 'uniform', low: 0.2, high: 0.3 } }] } }));
    const { errors: [{ detail }] } = await refused('not-computable', { set: make([sure, 0.5], [bad, 0.5]), price: 9, paths: 64 }, '/members/1/scenario not_computable');
    ok(detail.includes(bad) && detail.includes('64 of 64'), detail);
  });
  await test('whoever has the answer gets 304, and of what is not there 404, in every form of the question', async () => {
    const uncertainty = uncertain(0.04, 0.005, '/chair/hazard');
    const forms = [['GET', '/v1/sets/amd-view/simulation?paths=512&seed=4', {}], ['POST', '/v1/sets/amd-view/simulation', { json: { paths: 512, uncertainty } }], ['POST', '/v1/sets/simulation', { json: { set: 'amd-view', paths: 512, uncertainty } }], ['POST', '/v1/sets/simulation', { json: { set: pair, paths: 512 } }]];
    for (const [method, target, options] of forms) {
      const { headers, text } = await server.expect(200, method, target, options);
      is((await server.expect(200, method, target, options)).text, text, 'the same bytes');
      await server.expect(304, method, target, { ...options, headers: { 'If-None-Match': headers.etag } });
    }
    is((await server.expect(200, ...forms[1])).json, (await server.expect(200, ...forms[2])).json, 'by id');
    ok((await server.expect(200, 'GET', '/v1/sets/amd-view/simulation?paths=512&seed=5')).headers.etag !== (await server.expect(200, ...forms[0])).headers.etag, 'another seed is another answer');
    await server.refuse('not-found', 'GET', '/v1/sets/nobody/simulation');
    await server.refuse('not-found', 'POST', '/v1/sets/nobody/simulation', { json: {} });
    await server.refuse('not-found', 'POST', '/v1/sets/simulation', { json: { set: 'nobody' } });
    const inputs = await ask(pair, { inputs: true, paths: 64 });
    ok(/^[0-9a-f]{64}$/.test(inputs.result_sha256) && inputs.members.every(member => member.inputs.length > 20), 'inputs and the digest');
  });
  await test('as a table of quantiles', async () => {
    const { text } = await server.expect(200, 'POST', '/v1/sets/simulation', { json: { set: pair, paths: 1024, quantiles: [0.1, 0.9] }, headers: { Accept: 'text/csv' } });
    const { quantiles } = await ask(pair, { paths: 1024, quantiles: [0.1, 0.9] });
    is(csv(text).map(row => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, Number(cell)]))), quantiles, 'the quantiles');
  });
  await test('the price is the question\'s, the set\'s, or that on which the members agree', async () => {
    is((await ask({ ...pair, price: 350 }, { paths: 64 })).price_from, 'set', 'the set\'s');
    is((await ask({ ...pair, price: 350 }, { paths: 64, price: 500 })).price, 500, 'the question\'s');
    await refused('invalid-question', { set: make(['amd-base', 0.5], [sure, 0.5]) }, '/price missing');
  });
  await test('what is wrong with a question is said, all of it', async () => {
    await refused('invalid-question', { set: pair, paths: 1.5, seed: -1, sampler: 'halton', chair: 1, level: 2, hurdles: [], quantiles: [2], price: 0 },
      '/price out_of_range', '/sampler bad_choice', '/seed out_of_range', '/chair wrong_type', '/paths out_of_range', '/level out_of_range', '/hurdles wrong_length', '/quantiles/0 out_of_range');
    for (const name of ['bands', 'tolerance', 'time_budget_ms', 'with', 'fair_band']) await refused('invalid-question', { set: pair, [name]: 1 }, `/${name} unknown_field`);
    // Of two members each may have half of all the paths there may be.
    await refused('invalid-question', { set: pair, paths: 524289 }, '/paths out_of_range');
    const many = make(...Array.from({ length: 64 }, (_, i) => [rich, 1 / 64, { overrides: [{ pointer: '/bridge/cash', value: i }] }]));
    const all = await ask(many, { quantiles: [0.5] });
    is([all.members.length, all.paths], [64, 1 << 20], 'as many as fit');
    within(all.mean, 500, 5 * all.standard_error, 'their mean');
    await refused('invalid-question', { set: many, paths: 16385 }, '/paths out_of_range');
    const { errors: [{ detail }] } = await refused('invalid-question', { set: pair, uncertainty: uncertain(1, -1) }, '/uncertainty/drivers/0/distribution/sd out_of_range');
    ok(detail.includes(rich), detail);
    await refused('invalid-question', { set: make(['amd-base', 0.5], [sure, 0.5]), price: 9, uncertainty: uncertain(0.1, 0.01, '/chair/hazard') }, '/uncertainty/drivers/0/pointer bad_pointer');
    // A member's own, made senseless by the question.
    await refused('invalid-set', { set: make(['amd-uncertain', 1]), overrides: [{ pointer: '/uncertainty/drivers/7/distribution/sd', value: -1 }] }, '/members/0/scenario out_of_range');
    const shared = make(...[0, 1, 2, 3].map(i => [rich, 0.25, { overrides: [{ pointer: '/price', value: 1 + i }] }]));
    is((await ask(shared, { price: 4, paths: 64 })).members.length, 4, 'the same scenario four times');
  });
  await test('at most 256 different drivers have random numbers in common', async () => {
    const values = Array.from({ length: 30 }, () => 100), segments = Array.from({ length: 11 }, (_, i) => ({ id: `s${i}`, values, margin: 0.2 }));
    const pointers = segments.flatMap((_, i) => values.map((__, j) => `/segments/${i}/values/${j}`));
    const drivers = (from, count) => pointers.slice(from, from + count).map(pointer => ({ pointer, distribution: { kind: 'uniform', low: 90, high: 110 } }));
    const wide = async (from, count) => store(small({ horizon: 30, segments, operations: { ...small().operations, base_revenue: 1100 }, uncertainty: { drivers: drivers(from, count) } }));
    const ids = [await wide(0, 64), await wide(64, 64), await wide(128, 64), await wide(192, 64), await wide(256, 1)];
    const answer = await ask(make(...ids.slice(0, 4).map(id => [id, 0.25])), { paths: 64 });
    ok(answer.members.every(member => member.uncertain && member.sd > 0), 'that many');
    await refused('not-computable', { set: make(...ids.map(id => [id, 0.2])), paths: 64 }, '/members/4/scenario wrong_length');
  });
}
