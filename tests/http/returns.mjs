// What one earns to the horizon: the property of the model, the inverse, and what follows from the definitions.
import { BUILT_INS, csv, is, near, number, ok, patch, scenario, small, test } from './harness.mjs';

export default async function returns({ server }) {
  const ask = async (subject, question = {}, name = 'returns') => (await server.expect(200, 'POST', `/v1/${name}`, { json: { scenario: subject, ...question } })).json;
  const near0 = (a, e, what) => ok(Math.abs(a - e) < 1e-9, `${what} is ${a}, expected ${e}`);

  await test('who pays the intrinsic value earns the discount rate, where cash earns it too', async () => {
    const methods = [{ method: 'gordon', growth: 0.02 }, { method: 'value_driver', growth: 0.03, ronic: 0.2 }, { method: 'h_model', growth: 0.02, growth_start: 0.08, half_life: 3 }, { method: 'exit_multiple', multiple: 9, metric: 'ebit' }];
    for (const rate of [0.04, 0.1, 0.25])
      for (const terminal of methods)
        for (const timing of ['mid', 'end'])
          for (const [horizon, valuation_date] of [[1, '2026-03-31'], [1, '2026-12-30'], [3, '2025-12-31'], [10, '2026-07-04'], [30, '2026-12-30']]) {
            const one = small({ discount: { wacc: rate }, terminal, timing, horizon, valuation_date, bridge: { cash: 30, debt: 12, leases: 3 }, dilution: { basic: 10, rsu: 1 } });
            const price = (await ask(one, {}, 'valuation')).value_per_share;
            const answer = await ask(one, { price, reinvestment_rate: rate });
            const what = `${terminal.method}, ${timing}, ${horizon} years from ${valuation_date} at ${rate}`;
            near0((1 + answer.annual_return) ** answer.years / (1 + rate) ** answer.years, 1, `${what}: the return compounded`);
            if (answer.years > 0.1) near0(answer.annual_return, rate, `${what}: the return`);
            for (const [year, point] of answer.path.entries()) near(point.value_per_share, price * (1 + rate) ** (year ? answer.years - (horizon - year) : 0), `${what}: year ${year}`);
          }
  });
  await test('it follows from its parts: multiple, return, years, the path', async () => {
    for (const id of BUILT_INS) {
      const answer = await ask(id), valuation = await ask(id, {}, 'valuation'), last = answer.path.at(-1), first = answer.path[0];
      is([answer.price, answer.target_return, answer.price_for_target, answer.held.price_for_target], [valuation.price, null, null, null], `${id}: the question`);
      is(answer.path.length, valuation.years.length + 1, `${id}: the years`);
      is(answer.path.slice(1).map(point => point.date), valuation.years.map(year => year.period_end), `${id}: the dates`);
      is(first.date, valuation.valuation_date, `${id}: today`);
      near(answer.years, valuation.years[0].part_of_year + valuation.years.length - 1, `${id}: years`);
      for (const [what, one, value] of [['expected', answer, last.value_per_share], ['held', answer.held, last.value_if_held]]) {
        is(one.horizon_value_per_share, value, `${id} ${what}: the end of the path`);
        near(one.multiple_of_money, value / answer.price, `${id} ${what}: multiple`);
        near((1 + one.annual_return) ** answer.years, one.multiple_of_money, `${id} ${what}: return`);
      }
      near(first.value_per_share, valuation.value_per_share, `${id}: today's value`);
      near(first.value_if_held, valuation.value_if_held, `${id}: today's value if held`);
      const cash = valuation.bridge.slice(1).reduce((sum, step) => sum + step.amount, 0);
      near(first.net_cash, cash, `${id}: today's net cash`);
      near(first.net_cash_if_held, cash, `${id}: today's net cash if held`);
      if (valuation.hold_probability < 1) ok(answer.annual_return < answer.held.annual_return, `${id}: holding the chair earns more`);
    }
  });
  await test('at a rate of 0, net cash is what was there and what came since', async () => {
    for (const id of BUILT_INS) {
      const answer = await ask(id, { reinvestment_rate: 0 }), { years } = await ask(id, {}, 'valuation');
      let cash = answer.path[0].net_cash_if_held;
      years.forEach((year, i) => { cash += year.fcff * year.part_of_year; near(answer.path[i + 1].net_cash_if_held, cash, `${id}: ${year.fiscal}`); });
    }
  });
  await test('the price for a return gives the return', async () => {
    for (const id of BUILT_INS)
      for (const target of [-0.5, 0, 0.07, 0.15, 1]) {
        const answer = await ask(id, { target_return: target, reinvestment_rate: 0.03 });
        near0((await ask(id, { price: answer.price_for_target, reinvestment_rate: 0.03 })).annual_return, target, `${id} at ${target}`);
        near0((await ask(id, { price: answer.held.price_for_target, reinvestment_rate: 0.03 })).held.annual_return, target, `${id} at ${target}, held`);
        near(answer.held.price_for_target * (1 + target) ** answer.years, answer.held.horizon_value_per_share, 'the inverse');
      }
  });
  await test('without a chair the expectation is the branch that is held', async () => {
    for (const one of [small(), patch(scenario('amd-base'), [{ op: 'remove', path: '/chair' }])]) {
      const answer = await ask(one, { target_return: 0.1 });
      for (const name of Object.keys(answer.held)) is(answer.held[name], answer[name], name);
      for (const point of answer.path) is([point.value_per_share, point.net_cash], [point.value_if_held, point.net_cash_if_held], `year ${point.year}`);
    }
  });
  await test('the document\'s reinvestment rate holds unless the question has one, and lies in between', async () => {
    const one = small({ bridge: { cash: 40 } }), given = { ...one, returns: { reinvestment_rate: 0.05 } };
    const [none, own, asked] = [await ask(one), await ask(given), await ask(one, { reinvestment_rate: 0.05 })];
    is([none.reinvestment_rate, own.reinvestment_rate, asked.reinvestment_rate], [0, 0.05, 0.05], 'the rates');
    is(own.path, asked.path, 'the path');
    ok(none.annual_return < own.annual_return, 'cash that earns');
    is((await ask(given, { reinvestment_rate: 0 })).path, none.path, 'the question\'s goes first');
    is((await ask(one, { overrides: [{ pointer: '/returns/reinvestment_rate', value: 0.05 }] })).path, own.path, 'as an override');
  });
  await test('the basic share count grows by net_share_growth, from the valuation date to the horizon', async () => {
    for (const growth of [-0.03, 0.02]) {
      const one = small({ bridge: { cash: 40 }, horizon: 5 }), grown = await ask({ ...one, returns: { net_share_growth: growth } }), still = await ask(one);
      still.path.forEach(({ value_per_share: value, year }) => near(grown.path[year].value_per_share, value / (1 + growth) ** (year ? still.years - (5 - year) : 0), `year ${year}`));
      const kept = { ...one, dilution: { basic: 10, rsu: 5 } }, with_units = (await ask({ ...kept, returns: { net_share_growth: growth } })).horizon_value_per_share;
      near(with_units, still.horizon_value_per_share * 10 / (10 * (1 + growth) ** still.years + 5), 'share units stay');
    }
    is((await ask(small({ returns: { net_share_growth: 0.1 } }), {}, 'valuation')).value_per_share, (await ask(small(), {}, 'valuation')).value_per_share, 'a valuation knows nothing of it');
  });
  await test('failure lessens the flows and the terminal value, net cash of today stays', async () => {
    const one = small({ bridge: { cash: 40 } }), whole = await ask(one, { reinvestment_rate: 0.05 }), failed = await ask({ ...one, failure: { probability: 0.4, recovery: 0.5 } }, { reinvestment_rate: 0.05 });
    const grown = 40 * 1.05 ** whole.years;
    near(failed.path[3].net_cash - grown, 0.8 * (whole.path[3].net_cash - grown), 'flows');
    near(failed.horizon_value_per_share * 10 - grown, 0.8 * (whole.horizon_value_per_share * 10 - grown), 'all but the cash');
  });
  await test('claims on the share are settled at the horizon by the same rule', async () => {
    const plain = await ask(small({ bridge: { cash: 400 } })), equity = plain.horizon_value_per_share * 10;
    const optioned = await ask(small({ bridge: { cash: 400 }, dilution: { basic: 10, options: [{ count: 2, strike: 20 }] } }));
    near(optioned.horizon_value_per_share, (equity + 40) / 12, 'options by treasury stock');
    const pinned = await ask(small({ bridge: { cash: 400 }, dilution: { basic: 10, warrants: [{ count: 4, strike: 1, threshold: plain.horizon_value_per_share - 1 }] } }));
    is(pinned.horizon_value_per_share, plain.horizon_value_per_share - 1, 'pinned at a threshold');
  });
  await test('a share that is worth nothing has lost all', async () => {
    const answer = await ask(small({ bridge: { debt: 100000 } }), { target_return: 0.1 });
    is([answer.annual_return, answer.multiple_of_money, answer.horizon_value_per_share, answer.price_for_target], [-1, 0, 0, 0], 'the figures');
    ok(answer.path.every(point => point.value_per_share === 0 && point.net_cash < 0), 'the path');
  });
  await test('a figure beyond any number is null with its reason, or the whole is refused', async () => {
    const day = small({ horizon: 1, valuation_date: '2026-12-30' });
    const answer = await ask(day, { price: 1e-9, target_return: -0.99 });
    for (const one of [answer, answer.held]) {
      is([one.annual_return, one.annual_return_reason], [null, 'It is beyond any number.'], `(${one.multiple_of_money})^365 - 1`);
      is([one.price_for_target_reason, typeof one.price_for_target], [null, 'number'], 'the price');
    }
    is((await ask(day)).annual_return_reason, null, 'at a usual price');
    is((await ask(day)).price_for_target_reason, 'No target_return is asked for.', 'no price');
    const dear = small({ dilution: { basic: 1e-305 } });
    is((await ask(dear, { target_return: -0.99 })).price_for_target_reason, 'It is beyond any number.', 'the price');
    const { json } = await server.refuse('not-computable', 'POST', '/v1/returns', { json: { scenario: dear, price: 1e-9 } });
    is(json.errors[0].pointer, '/price', 'no finite multiple');
  });
  await test('the bounds of the question are checked', async () => {
    for (const [name, wrong] of [['price', [0, -1, 1.1e9]], ['reinvestment_rate', [-1, 10.1]], ['target_return', [-1, 10.1]]]) {
      for (const value of wrong) is((await server.refuse('invalid-question', 'POST', '/v1/returns', { json: { scenario: small(), [name]: value } })).json.errors.map(({ pointer, code }) => [pointer, code]), [[`/${name}`, 'out_of_range']], `${name} ${value}`);
      is((await server.refuse('invalid-question', 'GET', `/v1/scenarios/amd-base/returns?${name}=much`)).json.errors[0].code, 'wrong_type', name);
    }
    await server.refuse('invalid-question', 'POST', '/v1/returns', { json: { scenario: small(), target: 0.1 } });
    await server.refuse('not-computable', 'POST', '/v1/returns', { json: { scenario: small({ terminal: { method: 'gordon', growth: 0.2 } }) } });
  });
  await test('the question may come in the address, and as a table', async () => {
    const { json } = await server.expect(200, 'POST', '/v1/scenarios/amd-base/returns', { json: { price: 250, reinvestment_rate: 0.05, target_return: 0.12 } });
    is((await server.get('/v1/scenarios/amd-base/returns?price=250&reinvestment_rate=0.05&target_return=0.12')).json, json, 'in the address');
    const rows = csv((await server.expect(200, 'GET', '/v1/scenarios/amd-base/returns?price=250&reinvestment_rate=0.05', { headers: { Accept: 'text/csv' } })).text);
    is(rows.map(({ date, ...row }) => ({ ...Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, number(cell)])), date })), json.path, 'the table');
  });
}
