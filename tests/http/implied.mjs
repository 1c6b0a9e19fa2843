// What must be true for a price: every solution gives the price, when it is valued; none is an answer too.
import { csv, is, near, number, ok, scenario, small, test } from './harness.mjs';

export default async function implied({ server }) {
  const base = scenario('amd-base');
  const ask = async (subject, question, name = 'implied') => (await server.expect(200, 'POST', `/v1/${name}`, { json: { scenario: subject, ...question } })).json;
  const valueAt = async (subject, overrides) => (await ask(subject, { overrides }, 'valuation')).value_per_share;
  const refused = async (question, pointer, code, subject = small()) => {
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/implied', { json: { scenario: subject, ...question } });
    ok(json.errors.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(question)} names ${JSON.stringify(json.errors)}, expected ${code} at ${pointer}`);
  };
  const cash = { pointer: '/bridge/cash', low: 0, high: 500 };

  await test('each solution gives the price when it is valued, whatever is solved for', async () => {
    const before = { overrides: [{ pointer: '/terminal/growth', value: 0.03 }], price: 250 };
    for (const [subject, pointer, low, high, price] of [['amd-base', '/terminal/growth', -0.02, 0.05], ['amd-base', '/chair/hazard', 0, 0.5], ['amd-base', '/market/growth', 0, 1], ['amd-base', '/seats/1/inference/end', 0, 0.3], ['amd-base', '/segments/0/margin', 0, 0.6],
      ['amd-base', '/segments/0/margin/end', 0, 0.6], ['amd-base', '/market/growth/3', -0.5, 2], ['amd-base', '/dilution/basic', 100, 5000], ['amd-base', '/discount/wacc/end', 0.05, 0.2], ['amd-base', '/dilution/warrants/0/probability', 0, 1, 309.1841602455], ['nvda-base', '/discount/wacc', 0.05, 0.2], ['nvda-base', '/chair/retention', 0, 1, 160],
      [small(), '/segments/0/growth', -0.2, 0.2, 12], [small(), '/bridge/debt', 0, 200, 7], [small(), '/operations/tax/nol', 0, 500, 20], [small(), '/operations/corporate_cost', 0, 0.2, 9], [small(), '/segments/0/margin', 0, 0.5, 30]]) {
      const answer = await ask(subject, { pointer, low, high, price });
      is(answer.price, price ?? (await ask(subject, {}, 'valuation')).price, 'the price');
      is([answer.pointer, answer.status, answer.solutions.length, answer.frontier], [pointer, 'solved', 1, undefined], `${pointer}: the solution`);
      for (const x of answer.solutions) {
        ok(x >= low && x <= high, `${pointer}: ${x} lies outside`);
        near(await valueAt(subject, [{ pointer, value: x }]), answer.price, `${pointer} at ${x}`);
      }
      ok(answer.range.low <= answer.price * (1 + 1e-9) && answer.range.high >= answer.price * (1 - 1e-9), `${pointer}: the range ${JSON.stringify(answer.range)}`);
    }
    const moved = await ask('amd-base', { ...before, pointer: '/chair/hazard', low: 0, high: 0.5 });
    near(await valueAt('amd-base', [...before.overrides, { pointer: '/chair/hazard', value: moved.solutions[0] }]), 250, 'with an override beside it');
  });
  await test('all solutions are found, ascending: growth that costs more than it earns has two', async () => {
    for (const [subject, pointer, low, high, price] of [[small(), '/segments/0/growth', -0.5, 2, 10], [small(), '/segments/0/growth', -0.5, 2, 18]]) {
      const { solutions, status, range } = await ask(subject, { pointer, low, high, price });
      is([solutions.length, status], [2, 'multiple'], `at ${price}, of ${JSON.stringify(range)}`);
      ok(solutions[0] < solutions[1], 'ascending');
      for (const x of solutions) near(await valueAt(subject, [{ pointer, value: x }]), price, `at ${x}`);
    }
  });
  await test('no solution is an answer, with the range that was reached', async () => {
    const one = small(), [low, high] = await Promise.all([0, 500].map(value => valueAt(one, [{ pointer: '/bridge/cash', value }])));
    for (const price of [1e-9, low * 0.999, high * 1.001, 1e9]) {
      const answer = await ask(one, { ...cash, price });
      is([answer.solutions, answer.status, answer.rejected], [[], 'no_solution', 0], `at ${price}`);
      near(answer.range.low, low, `the least, at ${price}`);
      near(answer.range.high, high, `the greatest, at ${price}`);
    }
    const still = await ask(one, { pointer: '/fair_band', low: 0, high: 1 });
    is([still.status, still.range.low], ['no_solution', still.range.high], 'what moves nothing');
  });
  await test('both ends count', async () => {
    const one = small();
    for (const value of [0, 500]) {
      const price = await valueAt(one, [{ pointer: '/bridge/cash', value }]);
      is((await ask(one, { ...cash, price })).solutions, [value], `at the end ${value}`);
    }
  });
  await test('points without a value are counted, and the rest is solved', async () => {
    const answer = await ask(small(), { pointer: '/terminal/growth', low: 0.02, high: 0.2, price: 50 });
    is([answer.rejected, answer.status], [143, 'solved'], 'growth that reaches the discount rate');
    near(await valueAt(small(), [{ pointer: '/terminal/growth', value: answer.solutions[0] }]), 50, 'the solution');
    const none = await ask(small(), { pointer: '/terminal/growth', low: 0.1, high: 0.2, price: 50 });
    is([none.rejected, none.range, none.solutions, none.status], [257, { low: null, high: null }, [], 'no_solution'], 'all of them');
    const crowded = await ask('amd-base', { pointer: '/seats/1/inference/end', low: 0, high: 1 });
    ok(crowded.rejected > 100 && crowded.status === 'solved', 'shares over one are rejected points');
  });
  await test('a solution beside a point without a value is found', async () => {
    const level = small({ base_year_end: '2025-12-31', valuation_date: '2025-12-31', timing: 'end', segments: [{ id: 'a', base: 100, growth: 0, margin: 1 }], operations: { base_revenue: 100, tax: { rate: 0 }, reinvestment: {} }, terminal: { method: 'gordon', growth: 0 } });
    const answer = await ask(level, { pointer: '/discount/wacc', low: 0, high: 0.512, price: await valueAt(level, [{ pointer: '/discount/wacc', value: 0.002 }]) });
    is([answer.rejected, answer.solutions], [1, [0.002]], 'at the first point that has a value');
  });
  await test('where the value stays at the price, the lower end of the stretch counts, once', async () => {
    const pinned = small({ dilution: { basic: 10, warrants: [{ count: 5, strike: 1, threshold: 15 }] } });
    const answer = await ask(pinned, { pointer: '/bridge/cash', low: 0, high: 100, price: 15 });
    is([answer.solutions.length, answer.status], [1, 'solved'], 'pinned from the start');
    const poor = small({ ...pinned, bridge: { debt: 100 }, dilution: pinned.dilution, price: 15 });
    const { solutions } = await ask(poor, { pointer: '/bridge/cash', low: 0, high: 200 });
    is(solutions.length, 1, 'pinned on the way');
    near(await valueAt(poor, [{ pointer: '/bridge/cash', value: solutions[0] }]), 15, 'its lower end');
    is(await valueAt(poor, [{ pointer: '/bridge/cash', value: solutions[0] + 1 }]), 15, 'just above');
    ok(await valueAt(poor, [{ pointer: '/bridge/cash', value: solutions[0] - 0.001 }]) < 15, 'just below');
  });
  await test('drivers that cannot be moved by degrees are refused, with the reason', async () => {
    for (const pointer of ['/horizon', '/operations/reinvestment/lag']) await refused({ pointer, low: 1, high: 2 }, '/pointer', 'bad_pointer');
    for (const pointer of ['', '/', '/name', '/valuation_date', '/nonsense', '/segments/7/margin', '/segments/0/id', '/dilution/options', '/chair/hazard', '/discount/wacc/end', 'price']) await refused({ pointer, low: 0, high: 1 }, '/pointer', 'bad_pointer');
  });
  await test('a whole number is refused as such, whatever the document would be with it', async () => {
    for (const [pointer, low, high] of [['/market/base_year', 2024, 2026], ['/horizon', 1, 2], ['/horizon', 0, 100]]) await refused({ pointer, low, high }, '/pointer', 'bad_pointer', base);
  });
  await test('the bounds of the question are checked', async () => {
    await refused({}, '/pointer', 'missing');
    await refused({ pointer: '/bridge/cash', high: 1 }, '/low', 'missing');
    await refused({ pointer: '/bridge/cash', low: 1 }, '/high', 'missing');
    await refused({ ...cash, pointer: 7 }, '/pointer', 'wrong_type');
    await refused({ ...cash, low: '0' }, '/low', 'wrong_type');
    await refused({ ...cash, high: null }, '/high', 'wrong_type');
    await refused({ ...cash, low: 500 }, '/low', 'conflict');
    await refused({ ...cash, low: 501 }, '/low', 'conflict');
    for (const price of [0, -1, 1e-10, 1.1e9]) await refused({ ...cash, price }, '/price', 'out_of_range');
    await refused({ ...cash, price: '10' }, '/price', 'wrong_type');
    await refused({ ...cash, steps: 3 }, '/steps', 'unknown_field');
  });
  await test('an end that no document may have is refused where it stands', async () => {
    await refused({ pointer: '/segments/0/growth', low: -5, high: 0.5 }, '/low', 'out_of_range');
    await refused({ pointer: '/segments/0/growth', low: 0, high: 50 }, '/high', 'out_of_range');
    await refused({ frontier: { x: { pointer: '/bridge/cash', low: -5, high: 5, steps: 3 }, y: { pointer: '/bridge/debt', low: 0, high: 5 } } }, '/frontier/x/low', 'out_of_range');
  });

  const frontier = { x: { pointer: '/terminal/growth', low: 0.02, high: 0.04, steps: 5 }, y: { pointer: '/chair/hazard', low: 0, high: 0.2 } };
  await test('a frontier has a point for each step, and each point gives the price', async () => {
    const answer = await ask('amd-base', { frontier, price: 320 });
    is([answer.frontier.length, answer.pointer, answer.solutions, answer.price], [5, undefined, undefined, 320], 'the answer');
    let drawn = 0;
    for (const [i, { x, y, reason }] of answer.frontier.entries()) {
      near(x, 0.02 + 0.005 * i, 'x', 1e-14);
      is(reason === undefined, y !== null, 'a reason where there is no y');
      if (y === null) continue;
      drawn++;
      near(await valueAt('amd-base', [{ pointer: '/terminal/growth', value: x }, { pointer: '/chair/hazard', value: y }]), 320, `at ${x}, ${y}`);
    }
    ok(drawn > 2, `${drawn} points`);
    is(answer.frontier.at(-1).x, 0.04, 'the last x is the end itself');
    const both = await ask('amd-base', { frontier, price: 320, ...{ pointer: '/terminal/growth', low: -0.02, high: 0.05 } });
    is([both.frontier, both.status], [answer.frontier, 'solved'], 'a driver and a frontier in one question');
    is((await ask('amd-base', { frontier: { ...frontier, x: { ...frontier.x, steps: 2 } }, price: 320 })).frontier, [answer.frontier[0], answer.frontier[4]], 'two steps are the ends');
    is((await ask(small(), { frontier: { x: { ...cash, steps: 201 }, y: { pointer: '/bridge/debt', low: 0, high: 800 } } })).frontier.length, 201, 'the most steps');
  });
  await test('a point of a frontier says why it is null, and all y where there are several', async () => {
    const answer = await ask(small(), { frontier: { x: { pointer: '/terminal/growth', low: 0.02, high: 0.18, steps: 3 }, y: { pointer: '/segments/0/growth', low: -0.5, high: 2 } } });
    const [two, none] = answer.frontier;
    is([two.all_y.length, two.all_y[0]], [2, two.y], 'all y');
    for (const y of two.all_y) near(await valueAt(small(), [{ pointer: '/terminal/growth', value: two.x }, { pointer: '/segments/0/growth', value: y }]), 10, `at ${y}`);
    is([none.y, none.reason], [null, 'no value'], 'growth that reaches the discount rate');
    is((await ask(small(), { price: 1e6, frontier: { x: { ...cash, steps: 2 }, y: { pointer: '/bridge/debt', low: 0, high: 1 } } })).frontier[0], { x: 0, y: null, reason: 'price not reached' }, 'a price that nothing reaches');
  });
  await test('the members of a frontier are checked', async () => {
    const debt = { pointer: '/bridge/debt', low: 0, high: 9 }, x = { ...cash, steps: 3 };
    for (const steps of [0, 1, 2.5, 202, -3, 1e300]) await refused({ frontier: { x: { ...x, steps }, y: debt } }, '/frontier/x/steps', 'out_of_range');
    await refused({ frontier: { x: cash, y: debt } }, '/frontier/x/steps', 'missing');
    await refused({ frontier: { x, y: { ...debt, low: 9 } } }, '/frontier/y/low', 'conflict');
    await refused({ frontier: { x, y: { ...debt, pointer: '/horizon', low: 1, high: 2 } } }, '/frontier/y/pointer', 'bad_pointer');
    await refused({ frontier: { x, y: cash } }, '/frontier/y/pointer', 'conflict');
    await refused({ frontier: { x } }, '/frontier/y/pointer', 'missing');
    await refused({ frontier: { x, y: { low: 0, high: 9 } } }, '/frontier/y/pointer', 'missing');
  });
  await test('two axes that move the same number are refused, the second by name', async () => {
    const axes = (x, y) => ({ frontier: { x: { pointer: x, low: 0.01, high: 0.02, steps: 3 }, y: { pointer: y, low: 0.01, high: 0.02 } } });
    for (const [x, y, said] of [['/bridge/cash', '/bridge/cash', 'names the same driver as /frontier/x'], ['/discount/wacc', '/discount/wacc/end', 'names a part of the driver of /frontier/x'], ['/discount/wacc/end', '/discount/wacc', 'names the whole of the driver of /frontier/x']]) {
      const { json } = await server.refuse('invalid-question', 'POST', '/v1/implied', { json: { scenario: 'amd-base', ...axes(x, y) } });
      is(json.errors, [{ pointer: '/frontier/y/pointer', code: 'conflict', detail: said }], `${x} and ${y}`);
    }
  });
  await test('a pair of ends that no document may have is refused', async () => {
    const market = structuredClone(base.market);
    market.inference_share.observations[0] = { year: 2023, low: 0.2, high: 0.5 };
    const at = '/market/inference_share/observations/0';
    await refused({ frontier: { x: { pointer: `${at}/low`, low: 0.1, high: 0.4, steps: 3 }, y: { pointer: `${at}/high`, low: 0.3, high: 0.6 } } }, at, 'conflict', { ...base, market });
  });
  await test('what a frontier does not know is refused', async () => {
    const debt = { pointer: '/bridge/debt', low: 0, high: 9 }, x = { ...cash, steps: 3 };
    await refused({ frontier: { x, y: debt, z: 1 } }, '/frontier/z', 'unknown_field');
    await refused({ frontier: { x: { ...x, step: 3 }, y: debt } }, '/frontier/x/step', 'unknown_field');
    await refused({ frontier: { x, y: { ...debt, steps: 3 } } }, '/frontier/y/steps', 'unknown_field');
  });
  await test('a frontier that is no object is refused as such', async () => {
    for (const wrong of [[], null, 'x', 7]) await refused({ frontier: wrong }, '/frontier', 'wrong_type');
    await refused({ frontier: { x: 1, y: { pointer: '/bridge/debt', low: 0, high: 9 } } }, '/frontier/x', 'wrong_type');
  });
  await test('the question may come in the address, and as a table', async () => {
    const question = { pointer: '/terminal/growth', low: -0.02, high: 0.05, price: 250 }, query = 'pointer=/terminal/growth&low=-0.02&high=0.05&price=250';
    const { json } = await server.expect(200, 'POST', '/v1/scenarios/amd-base/implied', { json: question });
    is((await server.get(`/v1/scenarios/amd-base/implied?${query}`)).json, json, 'in the address');
    is(await ask('amd-base', question), json, 'by id');
    const table = await server.expect(200, 'GET', `/v1/scenarios/amd-base/implied?${query}`, { headers: { Accept: 'text/csv' } });
    is(csv(table.text).map(row => number(row.solution)), json.solutions, 'the table');
    const drawn = await ask('amd-base', { frontier, price: 320 });
    const lines = await server.expect(200, 'POST', '/v1/implied', { json: { scenario: 'amd-base', frontier, price: 320 }, headers: { Accept: 'text/csv' } });
    is(csv(lines.text).map(row => [number(row.x), number(row.y)]), drawn.frontier.map(({ x, y }) => [x, y]), 'the frontier as a table');
    const both = { ...question, frontier }, answer = await ask('amd-base', both);
    const table_of_both = await server.expect(200, 'POST', '/v1/implied', { json: { scenario: 'amd-base', ...both }, headers: { Accept: 'text/csv' } });
    is(csv(table_of_both.text), [...answer.solutions.map(x => ['solution', x, '']), ...answer.frontier.map(({ x, y }) => ['frontier', x, y ?? ''])].map(([kind, x, y]) => ({ kind, x: `${x}`, y: `${y}` })), 'both in one table');
    is(csv((await server.expect(200, 'GET', '/v1/scenarios/amd-base/implied?pointer=/price&low=1&high=2', { headers: { Accept: 'text/csv' } })).text), [], 'no solution');
  });
}
