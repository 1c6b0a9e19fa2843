// Derivatives: by every driver, and by the inference share. The figures themselves are held against the oracle's
// (tests/oracle/compare_gradient.py); here is what is asked, told and refused, beside exact properties.
import { csv, is, near, number, ok, scenario, small, test } from './harness.mjs';

export default async function sensitivityGradient({ server }) {
  const base = scenario('amd-base');
  const ask = async (subject, question = {}) => (await server.expect(200, 'POST', '/v1/sensitivity', { json: { scenario: subject, ...question } })).json;
  const inference = (subject, question) => ask(subject, { method: 'inference', ...question });
  const table = async (subject, question) => csv((await server.expect(200, 'POST', '/v1/sensitivity', { json: { scenario: subject, ...question }, headers: { Accept: 'text/csv' } })).text);
  const refused = async (question, pointer, code, subject = small()) => {
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/sensitivity', { json: { scenario: subject, ...question } });
    const found = json.errors.find(error => error.pointer === pointer && error.code === code);
    ok(found, () => `${JSON.stringify(question)} names ${JSON.stringify(json.errors)}, expected ${code} at ${pointer}`);
    return found.detail;
  };
  const by = (answer, pointer) => answer.drivers.find(driver => driver.pointer === pointer);
  const value = async (subject, overrides = []) => (await server.post('/v1/valuation', { scenario: subject, overrides })).json.value_per_share;
  const withShare = (share, changes = {}) => ({ ...base, ...changes, market: { ...base.market, inference_share: share } });

  // ---------------------------------------------------------------- by every driver
  await test('a derivative is the slope of the value', async () => {
    for (const [subject, pointers] of [['amd-base', ['/discount/wacc/end', '/chair/hazard', '/market/growth/3', '/market/inference_share/observations/1/value']], ['nvda-base', ['/terminal/growth', '/seats/0/training/end']]]) {
      const answer = await ask(subject);
      for (const pointer of pointers) {
        const { value: x, derivative } = by(answer, pointer), h = 0.002 * x;
        const slope = async step => (await value(subject, [{ pointer, value: x + step }]) - await value(subject, [{ pointer, value: x - step }])) / (2 * step);
        near((4 * await slope(h) - await slope(2 * h)) / 3, derivative, `${subject} ${pointer}`, 1e-7);
      }
    }
  });
  await test('every number of the document is there once, with what the inputs say of it, or is named as left out', async () => {
    for (const subject of ['amd-base', 'amd-bull', 'nvda-base', small()]) {
      const { drivers, left_out: leftOut, inputs } = await ask(subject, { inputs: true });
      const known = new Map(inputs.map(input => [input.pointer, input]));
      for (const { pointer, value: x, unit, origin } of drivers) is({ pointer, value: x, unit, origin }, Object.fromEntries(['pointer', 'value', 'unit', 'origin'].map(name => [name, known.get(pointer)?.[name]])), pointer);
      const names = drivers.map(driver => driver.pointer), out = leftOut.map(entry => entry.pointer);
      is(names, inputs.map(input => input.pointer).filter(pointer => names.includes(pointer)), 'in the order of the inputs');
      is([...known.keys()].filter(pointer => !names.includes(pointer) && !out.includes(pointer)), [], 'inputs that are neither');
      const document = typeof subject === 'string' ? (await server.get(`/v1/scenarios/${subject}`)).json.document : subject;
      for (const pointer of out) ok(known.has(pointer) || /\/(from|to)$/.test(pointer), () => `${pointer} is left out`);
      const turns = [];
      (function walk(node, pointer) {
        if (node && typeof node === 'object') for (const [name, inner] of Object.entries(node)) walk(inner, `${pointer}/${name}`);
        else if (typeof node === 'number' && /\/(from|to)$/.test(pointer) && !/^\/(sources|uncertainty)/.test(pointer)) turns.push(pointer);
      })(document, '');
      is(out.filter(pointer => /\/(from|to)$/.test(pointer)).sort(), turns.sort(), 'the years in which ramps turn');
      ok(leftOut.every(entry => entry.reason.length > 10), 'each with its reason');
    }
  });
  await test('elasticity is the derivative in parts of the value and the driver; all money together has 1', async () => {
    for (const subject of ['amd-base', 'nvda-base']) {
      const answer = await ask(subject);
      let money = 0;
      for (const { value: x, unit, derivative, elasticity } of answer.drivers) {
        near(elasticity, derivative * x / answer.value_per_share, 'elasticity', 1e-15);
        if (unit.startsWith('USD')) money += elasticity;
      }
      near(money, 1, 'all money', 1e-12);
      is(by(answer, '/price').derivative, 0, 'the price moves no value');
    }
  });
  await test('the three figures are those of the valuation and of the chair', async () => {
    const answer = await ask('amd-base'), chair = (await server.get('/v1/scenarios/amd-base/chair')).json;
    is([answer.value_per_share, answer.chair_value_per_share, answer.hold_probability], [chair.expected_value, chair.chair_value_per_share, chair.hold_probability], 'the figures');
    const hazard = by(answer, '/chair/hazard');
    near(hazard.hold_probability_derivative, -10 * (1 - base.chair.hazard) ** 9, 'of a constant hazard over ten years', 1e-13);
    is(hazard.chair_value_derivative, 0, 'the hazard moves no branch');
  });
  await test('the answer is the same by every form of the question, and known by its ETag', async () => {
    const { json, headers } = await server.expect(200, 'GET', '/v1/scenarios/amd-base/sensitivity?method=gradient&drivers=/chair');
    is(await ask('amd-base', { method: 'gradient', drivers: '/chair' }), json, 'sent');
    is((await server.expect(200, 'POST', '/v1/scenarios/amd-base/sensitivity', { json: { drivers: ['/chair'] } })).json.drivers, json.drivers, 'stored');
    await server.expect(304, 'GET', '/v1/scenarios/amd-base/sensitivity?method=gradient&drivers=/chair', { headers: { 'If-None-Match': headers.etag } });
    is(json.drivers.map(driver => driver.pointer), ['/chair/hazard', '/chair/retention', '/chair/floor', '/chair/margin_loss'], 'all that the chair holds');
    is(json.left_out, [], 'none is left out of those named');
  });
  await test('named drivers alone are told, whole paths in all their numbers', async () => {
    const { drivers } = await ask('amd-base', { drivers: ['/terminal/wacc', '/discount/wacc', '/terminal/wacc', '/bridge/leases'] });
    is(drivers.map(driver => [driver.pointer, driver.origin]), [['/discount/wacc/start', 'document'], ['/discount/wacc/end', 'document'], ['/terminal/wacc', 'document'], ['/bridge/leases', 'default']], 'each once, as in the document');
    const moved = await ask('amd-base', { drivers: ['/discount/wacc'], overrides: [{ pointer: '/discount/wacc', value: 0.1 }] });
    is(moved.drivers.map(driver => [driver.pointer, driver.origin, driver.value]), [['/discount/wacc', 'override', 0.1]], 'as overridden');
  });
  await test('a pointer that names no number is refused with what it may mean', async () => {
    ok((await refused({ drivers: ['/discount/wac'] }, '/drivers/0', 'bad_pointer')).includes('did you mean `wacc`?'), 'a suggestion');
    for (const pointer of ['/horizon', '/operations/reinvestment/lag', '/name', '/segments/0/id', '/segments/1/base', '/terminal/ronic', 'x', '/valuation_date', '/segments/0/margin/end'])
      await refused({ drivers: ['/price', pointer] }, '/drivers/1', 'bad_pointer');
    await refused({ drivers: 7 }, '/drivers', 'wrong_type');
    await refused({ drivers: [] }, '/drivers', 'wrong_length');
    await refused({ drivers: [{ pointer: '/price' }] }, '/drivers/0', 'wrong_type');
    await refused({ drivers: '/nowhere' }, '/drivers', 'bad_pointer');
    for (const sort of ['value', 7]) await refused({ sort }, '/sort', 'bad_choice');
  });
  await test('sorted, the largest elasticity comes first, calendar years last', async () => {
    const { drivers } = await ask('amd-base', { sort: 'elasticity' });
    const plain = drivers.filter(driver => driver.unit !== 'calendar year'), years = drivers.filter(driver => driver.unit === 'calendar year');
    is(drivers, [...plain, ...years], 'years last');
    is(plain.map(driver => Math.abs(driver.elasticity)), plain.map(driver => Math.abs(driver.elasticity)).sort((a, b) => b - a), 'descending');
    is([...drivers].map(driver => driver.pointer).sort(), (await ask('amd-base', { sort: 'document' })).drivers.map(driver => driver.pointer).sort(), 'the same drivers');
  });
  await test('where there is no chair, no value or no fit, a derivative is null with its reason', async () => {
    const plain = await ask(small());
    ok(plain.chair_value_per_share === null && plain.hold_probability === null && plain.chair_reason.includes('no chair'), 'no chair');
    ok(plain.drivers.every(driver => driver.chair_value_derivative === null && driver.hold_probability_derivative === null && driver.chair_reason && driver.reason === null), 'no chair of any driver');
    const nothing = await ask(small({ bridge: { debt: 1e6 } }));
    ok(nothing.drivers.every(driver => driver.derivative === 0 && driver.elasticity === null && driver.reason.includes('value per share is 0')), 'a share worth nothing');
    const free = await ask(withShare({ curve: 'logistic', ceiling: 0.9, observations: [{ year: 2024, value: 0.5 }] }));
    for (const name of ['value', 'year', 'sigma']) {
      const driver = by(free, `/market/inference_share/observations/0/${name}`);
      ok(driver.derivative === null && driver.elasticity === null && driver.chair_value_derivative === null && /fewer observations/.test(driver.reason) && driver.chair_reason, () => `${name}: ${JSON.stringify(driver)}`);
    }
    ok(by(free, '/discount/wacc/end').derivative < 0, 'the others have theirs');
  });
  await test('a scenario without a value has no derivatives', async () => {
    const { json } = await server.refuse('not-computable', 'POST', '/v1/sensitivity', { json: { scenario: small({ terminal: { method: 'gordon', growth: 0.2 } }) } });
    is(json.errors.map(error => error.code), ['growth_not_below_discount_rate'], 'the fault');
  });
  await test('a scenario that stands on a kink says so', async () => {
    const codes = async changes => (await ask(small(changes))).kinks.map(kink => kink.code);
    const still = { segments: [{ id: 'all', base: 100, growth: 0, margin: 0.2 }] }, nothing = { segments: [{ id: 'all', base: 100, growth: 0.1, margin: 0 }], bridge: { cash: 500 }, operations: { base_revenue: 100, tax: { rate: 0.2 }, reinvestment: { capex: 0.02, depreciation: 0.02 } } };
    is(await codes({}), [], 'none');
    is(await codes(still), ['revenue_stands_still'], 'no growth');
    is(await codes(nothing), ['ebit_is_zero'], 'no profit');
    is(await codes({ ...nothing, bridge: {} }), ['equity_is_zero', 'ebit_is_zero'], 'no equity');
    is(await codes({ ...nothing, dilution: { basic: 100, options: [{ count: 5, strike: 5 }] } }), ['share_at_exercise', 'ebit_is_zero'], 'at the strike');
    is(await codes({ ...nothing, bridge: { cash: 1000 }, dilution: { basic: 100, warrants: [{ count: 50, strike: 0.01, threshold: 9 }, { count: 20, strike: 0.01, threshold: 9 }] } }), ['thresholds_coincide', 'ebit_is_zero'], 'two thresholds');
    is(await codes({ segments: [{ id: 'all', values: [100, 120, 130], margin: 0.5 }], operations: { base_revenue: 90, tax: { rate: 0.2, nol: 25, nol_limit: 0.5 }, reinvestment: { capex: 0.02 } } }), ['losses_at_limit'], 'losses at the limit');
    is((await ask(withShare({ curve: 'pchip', points: [[2025, 0.4], [2028.5, 0.6], [2036, 0.8]] }))).kinks.map(kink => kink.code), ['share_at_corner'], 'where a flat end begins');
  });
  await test('as a table: a line for each driver', async () => {
    for (const [subject, question] of [['amd-base', {}], ['amd-base', { sort: 'elasticity' }], [small({ bridge: { debt: 1e6 } }), {}]]) {
      const { drivers } = await ask(subject, question), rows = await table(subject, question);
      is(rows.map(row => row.pointer), drivers.map(driver => driver.pointer), 'the drivers');
      rows.forEach((row, i) => {
        for (const name of ['value', 'derivative', 'elasticity', 'chair_value_derivative', 'hold_probability_derivative']) is(number(row[name]), drivers[i][name], `${row.pointer} ${name}`);
        is([row.unit, row.origin], [drivers[i].unit, drivers[i].origin], row.pointer);
      });
    }
  });

  // ---------------------------------------------------------------- what rests on the inference share
  await test('the shares of the years and the ceiling add up to what the curve moves', async () => {
    const answer = await inference('amd-base'), { profile } = answer;
    is(answer.years.map(row => row.year), Array.from({ length: 11 }, (_, i) => 2025 + i), 'the years');
    const projected = (await server.get('/v1/scenarios/amd-base/projection?to=2035')).json.inference_share;
    is(answer.years.map(row => row.inference_share), projected.map(row => row.value), 'the shares');
    const curve = Object.fromEntries(answer.curve.map(row => [row.parameter, row]));
    near(curve.ceiling.derivative, answer.years.reduce((sum, row) => sum + row.derivative * row.inference_share / curve.ceiling.value, 0), 'a logistic without a floor is the ceiling times its level', 1e-12);
    is(curve.ceiling.refitted_derivative, by(await ask('amd-base'), '/market/inference_share/ceiling').derivative, 'the ceiling with the curve fitted to it');
    near(curve.ceiling.refitted_elasticity, curve.ceiling.refitted_derivative * 0.9 / answer.value_per_share, 'its elasticity', 1e-14);
    ok(curve.slope.refitted_derivative === null && curve.slope.refitted_reason, 'the slope is what is fitted');
    is([profile.level, profile.year], [0.95, 2030], 'the defaults');
  });
  await test('at each ceiling of the profile the value is that of the scenario with that ceiling', async () => {
    for (const subject of ['amd-base', withShare({ ...base.market.inference_share, ceiling: undefined })]) {
      const { profile } = await inference(subject, { level: 0.9, year: 2033 });
      for (const row of profile.ceilings.filter((_, i) => i % 6 === 0)) {
        const overrides = [{ pointer: '/market/inference_share/ceiling', value: row.ceiling }];
        near(row.value_per_share, await value(subject, overrides), `at ${row.ceiling}`);
        const { json } = await server.expect(200, 'POST', '/v1/projection', { json: { scenario: subject, to: 2033, overrides } });
        near(row.share, json.inference_share.find(year => year.year === 2033).value, `share at ${row.ceiling}`);
        near(row.log_likelihood, json.fit.log_likelihood, `likelihood at ${row.ceiling}`);
      }
    }
  });
  await test('inside is what a likelihood-ratio test at the level does not refuse', async () => {
    for (const [level, quantile] of [[0.5, 0.454936423119573], [0.9, 2.70554345409541], [0.95, 3.84145882069412], [0.99, 6.63489660102121]]) {
      const { profile } = await inference('amd-base', { level });
      near(profile.max_deviance, quantile, 'the published quantile of chi-square', 1e-11);
      const best = Math.max(...profile.ceilings.map(row => row.log_likelihood)), inside = profile.ceilings.filter(row => row.inside);
      is(profile.max_log_likelihood, best, 'the best');
      for (const row of profile.ceilings) is(row.inside, 2 * (best - row.log_likelihood) <= profile.max_deviance, `at ${row.ceiling}`);
      for (const name of ['ceiling', 'share', 'value_per_share']) is(profile.range[name], { low: Math.min(...inside.map(row => row[name])), high: Math.max(...inside.map(row => row[name])) }, name);
      near(inside.at(-1).deviance, quantile, 'the end is where the deviance is the quantile', 1e-6);
    }
  });
  await test('without forecasts the seed observations cannot tell a share of 55 % in 2030 from 88 %, and say so', async () => {
    const observations = base.market.inference_share.observations.filter(seen => seen.year < 2030);
    const { profile } = await inference(withShare({ ...base.market.inference_share, observations }));
    ok(profile.range.share.low <= 0.5501 && profile.range.share.high >= 0.88, () => JSON.stringify(profile.range));
    is([profile.tells, profile.range.ceiling.high, profile.own_ceiling_inside], [false, 1, true], 'all ceilings up to 1 fit');
    const { share, value_per_share: worth } = profile.range;
    ok(profile.statement.includes(`cannot tell an inference share of ${share.low.toPrecision(2)} from`) && profile.statement.includes('in 2030') && profile.statement.includes(`from ${worth.low.toFixed(2)} to ${worth.high.toFixed(2)}`), profile.statement);
    ok(profile.ceilings.filter(row => row.ceiling > 0.56).every(row => row.deviance < 1e-6), 'they fit equally well');
  });
  await test('what was observed to date, by itself, is told beside what is expected', async () => {
    const { market } = base, { observations, ceiling, ...curve } = market.inference_share;
    const answer = await inference('amd-base'), past = observations.filter(({ year }) => year <= 2026);
    const alone = await inference(withShare({ ...curve, ceiling, observations: past }));
    is([answer.profile.observations, answer.profile_to_date.observations, past.length], [4, 3, 3], 'how many');
    for (const name of ['ceiling', 'share', 'value_per_share']) for (const end of ['low', 'high']) near(answer.profile_to_date.range[name][end], alone.profile.range[name][end], `${name} ${end}`);
    is([answer.profile_to_date.tells, alone.profile_to_date], [false, null], 'up to 1 all fit; where nothing lies ahead there is no second one');
    ok(answer.profile_to_date.range.share.low <= 0.5501 && answer.profile_to_date.range.share.high >= 0.88, 'they cannot tell 55 % from 88 %');
    ok(/the 3 observations of years up to 2026 alone.*cannot tell an inference share of 0\.55 from 1 in 2030/.test(answer.profile_to_date.statement), answer.profile_to_date.statement);
    ok(alone.profile_to_date_reason.length > 0, 'the reason');
  });
  await test('with them they tell it, and a ceiling that they refuse is named', async () => {
    const { profile } = await inference('amd-base');
    is([profile.tells, profile.own_ceiling_inside], [true, false], 'between 0.7 and 0.8 in 2030');
    ok(profile.statement.includes("The scenario's own ceiling of 0.9 is not among them."), profile.statement);
  });
  await test('what the scenario does not have is null with its reason', async () => {
    const of = async subject => { const { years, curve, profile, ...rest } = await inference(subject); return [years?.length ?? rest.years_reason, curve?.length ?? rest.curve_reason, profile ? 'profile' : rest.profile_reason]; };
    is(await of(small()), Array(3).fill('The scenario has no market.'), 'no market');
    const workloads = { ...base, market: { base_year: 2025, training: { base: 2e5, growth: 0.1 }, inference: { base: 2e5, growth: 0.2 } } };
    is(await of(workloads), [11, ...Array(2).fill("The inference share follows from the two workloads' spend.")], 'workloads');
    is(await of(withShare({ path: 0.6 })), [11, ...Array(2).fill('The inference share is a path.')], 'a path');
    is(await of(withShare({ curve: 'pchip', points: [[2024, 0.4], [2030, 0.6]] })), [11, ...Array(2).fill('The inference share is drawn through points.')], 'points');
    is(await of(withShare({ curve: 'gompertz', k: 0.3, mid: 2026 })), [11, 4, 'The curve is given, not fitted to observations.'], 'a given curve');
    const given = (await inference(withShare({ curve: 'gompertz', k: 0.3, mid: 2026 }))).curve;
    ok(given.every(row => row.derivative !== null && row.refitted_derivative === null && row.refitted_reason === 'The curve is given, not fitted.'), 'not refitted');
    const free = (await inference(withShare({ curve: 'logistic', ceiling: 0.9, observations: [{ year: 2024, value: 0.5 }] }))).curve[0];
    ok(free.derivative !== null && free.refitted_derivative === null && /fewer observations/.test(free.refitted_reason), 'a ridge');
  });
  await test('the year is one of the market, the level a probability', async () => {
    is((await inference('amd-base', { year: 2027 })).profile.year, 2027, 'the year asked');
    is((await inference({ ...base, horizon: 3, market: { ...base.market, growth: 0.2 } })).profile.year, 2028, 'the last one where 2030 is beyond');
    for (const [question, pointer, code] of [[{ year: 2024 }, '/year', 'out_of_range'], [{ year: 2036 }, '/year', 'out_of_range'], [{ year: 2030.5 }, '/year', 'not_an_integer'], [{ year: 'x' }, '/year', 'wrong_type'], [{ level: 1 }, '/level', 'out_of_range'], [{ level: 0.4 }, '/level', 'out_of_range'], [{ drivers: ['/price'] }, '/drivers', 'conflict'], [{ sort: 'elasticity' }, '/sort', 'conflict']])
      await refused({ method: 'inference', ...question }, pointer, code, 'amd-base');
    await refused({ method: 'gradient', level: 0.9 }, '/level', 'conflict');
    is((await server.expect(200, 'GET', '/v1/scenarios/amd-base/sensitivity?method=inference&level=0.9&year=2031')).json, await inference('amd-base', { level: 0.9, year: 2031 }), 'in the address');
  });
  await test('as a table: years, parameters, ceilings', async () => {
    const answer = await inference('amd-base'), rows = await table('amd-base', { method: 'inference' });
    is(rows.map(row => row.kind), [...answer.years.map(() => 'year'), ...answer.curve.map(() => 'curve'), ...answer.profile.ceilings.map(() => 'profile')], 'the kinds');
    is(rows.filter(row => row.kind === 'year').map(row => [Number(row.name), number(row.value), number(row.derivative), number(row.elasticity)]), answer.years.map(row => [row.year, row.inference_share, row.derivative, row.elasticity]), 'years');
    is(rows.filter(row => row.kind === 'curve').map(row => [row.name, number(row.value), number(row.derivative), number(row.refitted_derivative)]), answer.curve.map(row => [row.parameter, row.value, row.derivative, row.refitted_derivative]), 'parameters');
    is(rows.filter(row => row.kind === 'profile').map(row => [number(row.value), number(row.log_likelihood), row.inside === 'true', number(row.share), number(row.value_per_share)]), answer.profile.ceilings.map(row => [row.ceiling, row.log_likelihood, row.inside, row.share, row.value_per_share]), 'ceilings');
    is(await table(small(), { method: 'inference' }), [], 'none without a market');
  });
}
