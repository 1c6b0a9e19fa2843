// What moves the value: every figure is the value of a valuation with the same overrides, to the last bit.
import { csv, is, near, number, ok, scenario, small, test } from './harness.mjs';

export default async function sensitivity({ server }) {
  const base = scenario('amd-base');
  const ask = async (subject, question, name = 'sensitivity') => (await server.expect(200, 'POST', `/v1/${name}`, { json: { scenario: subject, ...question } })).json;
  const tornado = (subject, question) => ask(subject, { method: 'tornado', ...question });
  const grid = (subject, question) => ask(subject, { method: 'grid', ...question });
  const valueAt = async (subject, overrides) => {
    const { status, json } = await server.post('/v1/valuation', { scenario: subject, overrides });
    return status === 200 ? [json.value_per_share, undefined] : [null, json.errors[0].code];
  };
  const refused = async (question, pointer, code, subject = small()) => {
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/sensitivity', { json: { scenario: subject, ...question } });
    ok(json.errors.some(error => error.pointer === pointer && error.code === code), () => `${JSON.stringify(question)} names ${JSON.stringify(json.errors)}, expected ${code} at ${pointer}`);
  };
  const table = async (question, subject = 'amd-base') => (await server.expect(200, 'POST', '/v1/sensitivity', { json: { scenario: subject, ...question }, headers: { Accept: 'text/csv' } })).text;
  const cash = { pointer: '/bridge/cash', low: 0, high: 500 }, debt = { pointer: '/bridge/debt', low: 0, high: 50 };
  const heavy = () => ({ ...base, horizon: 30, segments: Array.from({ length: 32 }, (_, i) => ({ id: `s${i}`, base: 100, growth: 0.05, margin: 0.2, chair: true })),
    operations: { base_revenue: 3200, tax: { rate: 0.2 }, reinvestment: { sales_to_capital: 2 } }, discount: { wacc: 0.1 }, terminal: { method: 'gordon', growth: 0.02 }, chair: { hazard: 0.05, retention: 0.5 },
    market: { ...base.market, growth: 0.1, silicon_content: 0.6 }, seats: Array.from({ length: 32 }, (_, i) => ({ id: `c${i}`, training: 0.01, inference: 0.02 })), uncertainty: undefined });

  await test('the question says its method, and gives no member of another one', async () => {
    is((await ask(small(), {})).method, 'gradient', 'unless it names one');
    await refused({ method: 'torndo' }, '/method', 'bad_choice');
    await refused({ method: 7 }, '/method', 'wrong_type');
    await refused({ method: 'tornado', x: { ...cash, steps: 3 } }, '/x', 'conflict');
    await refused({ method: 'grid', x: { ...cash, steps: 3 }, relative: 0.1 }, '/relative', 'conflict');
    await refused({ method: 'grid', x: { ...cash, steps: 3 }, drivers: [] }, '/drivers', 'conflict');
    await refused({ method: 'grid', z: 1 }, '/z', 'unknown_field');
    is((await server.get('/v1/scenarios/amd-base/sensitivity')).json.method, 'gradient', 'in the address');
    await refused({ relative: 0.1 }, '/relative', 'conflict');
  });
  await test('whoever has the answer gets 304, and of what is not there 404, in every form of the question', async () => {
    const question = { method: 'grid', x: { pointer: '/terminal/growth', low: 0, high: 0.1, steps: 3 } };
    const forms = [['GET', '/v1/scenarios/amd-base/sensitivity?method=tornado', {}], ['POST', '/v1/scenarios/amd-base/sensitivity', { json: question }], ['POST', '/v1/sensitivity', { json: { scenario: 'amd-base', ...question } }]];
    for (const [method, target, options] of forms) {
      const { headers, text } = await server.expect(200, method, target, options);
      is((await server.expect(200, method, target, options)).text, text, 'the same bytes');
      await server.expect(304, method, target, { ...options, headers: { 'If-None-Match': headers.etag } });
      const other = await server.ask(method, target.replace('amd-base', 'nobody'), { json: options.json && { ...options.json, ...(options.json.scenario && { scenario: 'nobody' }) } });
      is(other.status, 404, `${method} ${target}`);
    }
    const { json } = await server.expect(200, ...forms[1]);
    is(await grid('amd-base', question), json, 'by id');
    is((await server.expect(200, 'POST', '/v1/scenarios/amd-base/sensitivity?method=tornado&relative=0.05')).json, (await server.get('/v1/scenarios/amd-base/sensitivity?method=tornado&relative=0.05')).json, 'by POST without a body');
    const { result_sha256: digest, inputs } = await ask('amd-base', { ...question, inputs: true });
    ok(/^[0-9a-f]{64}$/.test(digest) && inputs.length > 100, 'inputs and the digest');
  });

  // ---------------------------------------------------------------- grid
  await test('each point of a grid is what a valuation says with these two numbers', async () => {
    for (const [subject, x, y] of [['amd-base', { pointer: '/terminal/growth', low: 0.02, high: 0.12, steps: 6 }, { pointer: '/chair/hazard', values: [0.2, 0, 0.05] }],
      ['nvda-base', { pointer: '/discount/wacc', values: [0.09, 0.12] }, { pointer: '/segments/0/margin/end', low: 0.3, high: 0.6, steps: 2 }],
      ['amd-base', { pointer: '/seats/1/inference/end', low: 0.1, high: 1, steps: 4 }, { pointer: '/terminal/wacc', low: 0.03, high: 0.09, steps: 3 }],
      [small(), cash && { ...cash, steps: 3 }, { pointer: '/operations/tax/nol', values: [0, 1e3] }]]) {
      const answer = await grid(subject, { x, y });
      is([answer.method, answer.x_pointer, answer.y_pointer], ['grid', x.pointer, y.pointer], 'the axes');
      for (const [axis, points] of [[x, answer.x], [y, answer.y]])
        if (axis.values) is(points, axis.values, 'the points as they were listed');
        else {
          is([points.length, points[0], points.at(-1)], [axis.steps, axis.low, axis.high], 'the ends themselves');
          points.forEach((point, i) => near(point - axis.low + 1, 1 + (axis.high - axis.low) * i / (axis.steps - 1), 'evenly', 1e-14));
        }
      const valuation = await ask(subject, {}, 'valuation');
      is([answer.value_per_share, answer.value_per_share_reason, answer.price], [valuation.value_per_share, null, valuation.price], 'as the scenario is');
      is(answer.values.map(row => row.length), answer.y.map(() => answer.x.length), 'the shape');
      const reason = (i, j) => answer.reasons.find(run => run.y === j && run.x_from <= i && i <= run.x_to)?.reason;
      for (const [j, at_y] of answer.y.entries())
        for (const [i, at_x] of answer.x.entries())
          is([answer.values[j][i], reason(i, j)], await valueAt(subject, [{ pointer: x.pointer, value: at_x }, { pointer: y.pointer, value: at_y }]), `${x.pointer} ${at_x}, ${y.pointer} ${at_y}`);
    }
  });
  await test('points without a value are null, neighbours together say why', async () => {
    const { values, reasons } = await grid(small(), { x: { pointer: '/terminal/growth', low: 0, high: 0.2, steps: 21 }, y: { pointer: '/discount/wacc', values: [0.1, 0.15, 0.3] } });
    is(reasons, [{ y: 0, x_from: 10, x_to: 20, reason: 'growth_not_below_discount_rate' }, { y: 1, x_from: 15, x_to: 20, reason: 'growth_not_below_discount_rate' }], 'reasons');
    is(values.map(row => row.filter(value => value === null).length), [11, 6, 0], 'nulls');
    const crowded = await grid('amd-base', { x: { pointer: '/seats/1/inference/end', values: [0.1, 1, 0.2, 1] }, y: { pointer: '/terminal/growth', values: [0.03, 0.2] } });
    is(crowded.reasons.map(run => [run.y, run.x_from, run.x_to, run.reason].join(' ')), ['0 1 1 shares_exceed_one', '0 3 3 shares_exceed_one', '1 0 0 growth_not_below_discount_rate', '1 1 1 shares_exceed_one', '1 2 2 growth_not_below_discount_rate', '1 3 3 shares_exceed_one'], 'two reasons');
  });
  await test('a scenario that has no value itself may have them elsewhere', async () => {
    const lost = small({ terminal: { method: 'gordon', growth: 0.2 } });
    const answer = await grid(lost, { x: { pointer: '/terminal/growth', values: [0.02, 0.2] } });
    is([answer.value_per_share, answer.value_per_share_reason], [null, 'growth_not_below_discount_rate'], 'as it is');
    is([answer.values[0][0], answer.values[0][1]], [(await ask(small(), {}, 'valuation')).value_per_share, null], 'elsewhere');
    const moved = await tornado(lost, { drivers: [{ pointer: '/terminal/growth', low: 0.02, high: 0.3 }] });
    is([moved.value_per_share, moved.drivers[0].value_at_low, moved.drivers[0].reason_at_high], [null, answer.values[0][0], 'growth_not_below_discount_rate'], 'a tornado');
  });
  await test('one driver makes one row, and a number that shapes a path is a driver', async () => {
    const answer = await grid('amd-base', { x: { pointer: '/segments/0/margin/end', low: 0.2, high: 0.4, steps: 3 } });
    is([answer.y, answer.y_pointer, answer.values.length], [[], null, 1], 'one row');
    for (const [i, value] of answer.x.entries()) is(answer.values[0][i], (await valueAt('amd-base', [{ pointer: '/segments/0/margin/end', value }]))[0], `at ${value}`);
    const whole = await grid('amd-base', { x: { pointer: '/segments/0/margin', values: [0.3] } });
    is(whole.values, [[(await valueAt('amd-base', [{ pointer: '/segments/0/margin', value: 0.3 }]))[0]]], 'a whole path, at one point');
  });
  await test('201 points by 201 are answered', async () => {
    const { values, x, y } = await grid(small(), { x: { ...cash, steps: 201 }, y: { ...debt, steps: 201 } });
    is([values.length, values.every(row => row.length === 201)], [201, true], 'the shape');
    for (const [i, j] of [[0, 0], [200, 0], [0, 200], [200, 200], [77, 133]]) is(values[j][i], (await valueAt(small(), [{ pointer: cash.pointer, value: x[i] }, { pointer: debt.pointer, value: y[j] }]))[0], `${i}, ${j}`);
  });
  await test('what is more work than one answer takes is refused with how much it takes', async () => {
    const one = heavy();
    await ask(one, { method: 'grid', x: { ...cash, steps: 9 } });
    await refused({ method: 'grid', x: { ...cash, steps: 201 }, y: { ...debt, steps: 201 } }, '/x', 'out_of_range', one);
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/sensitivity', { json: { scenario: one, method: 'grid', x: { ...cash, steps: 201 }, y: { ...debt, steps: 201 } } });
    ok(/at most [1-9]\d* points/.test(json.errors[0].detail), json.errors[0].detail);
  });
  await test('the axes of a grid are checked', async () => {
    const x = { ...cash, steps: 3 };
    await refused({ method: 'grid' }, '/x/pointer', 'missing');
    await refused({ method: 'grid', y: x }, '/x/pointer', 'missing');
    await refused({ method: 'grid', x: 7 }, '/x', 'wrong_type');
    await refused({ method: 'grid', x, y: null }, '/y', 'wrong_type');
    await refused({ method: 'grid', x: cash }, '/x/steps', 'missing');
    for (const steps of [0, 1, 1.5, 202]) await refused({ method: 'grid', x: { ...cash, steps } }, '/x/steps', 'out_of_range');
    await refused({ method: 'grid', x: { ...x, values: [1] } }, '/x/values', 'conflict');
    await refused({ method: 'grid', x: { pointer: cash.pointer, values: [] } }, '/x/values', 'wrong_length');
    await refused({ method: 'grid', x: { pointer: cash.pointer, values: Array(202).fill(1) } }, '/x/values', 'wrong_length');
    await refused({ method: 'grid', x: { pointer: cash.pointer, values: 'all' } }, '/x/values', 'wrong_type');
    await refused({ method: 'grid', x: { pointer: cash.pointer, values: [1, '2'] } }, '/x/values/1', 'wrong_type');
    await refused({ method: 'grid', x: { pointer: cash.pointer, values: [1, -2, 3] } }, '/x/values/1', 'out_of_range');
    await refused({ method: 'grid', x, y: { pointer: '/segments/0/growth', values: [0, 11] } }, '/y/values/1', 'out_of_range');
    await refused({ method: 'grid', x, y: x }, '/y/pointer', 'conflict');
    await refused({ method: 'grid', x, y: { ...x, step: 1 } }, '/y/step', 'unknown_field');
    await refused({ method: 'grid', x: { pointer: '/horizon', values: [3] } }, '/x/pointer', 'bad_pointer');
    await refused({ method: 'grid', x: { pointer: '/nonsense', values: [3] } }, '/x/pointer', 'bad_pointer');
  });
  await test('a grid is a table: over one driver a line for each point, over two x across and y down', async () => {
    const x = { pointer: '/terminal/growth', values: [0.02, 0.03, 0.2] }, y = { pointer: '/chair/hazard', values: [0.01, 0.1] };
    const one = await grid('amd-base', { x }), two = await grid('amd-base', { x, y });
    is(csv(await table({ method: 'grid', x })), one.x.map((at, i) => ({ x: `${at}`, value_per_share: `${one.values[0][i] ?? ''}`, reason: i === 2 ? 'growth_not_below_discount_rate' : '' })), 'one driver');
    const lines = (await table({ method: 'grid', x, y })).trimEnd().split('\r\n').map(line => line.split(','));
    is(lines, [['y \\ x', ...two.x], ...two.y.map((at, j) => [at, ...two.values[j].map(value => value ?? '')])].map(line => line.map(String)), 'two');
  });

  // ---------------------------------------------------------------- tornado
  const checkSwing = async (subject, swing) => {
    for (const end of ['low', 'high']) is([swing[`value_at_${end}`], swing[`reason_at_${end}`]], await valueAt(subject, [{ pointer: swing.pointer, value: swing[end] }]), `${swing.pointer} at ${swing[end]}`);
    is(swing.swing_width, swing.value_at_low === null || swing.value_at_high === null ? null : swing.value_at_high - swing.value_at_low, `the width of ${swing.pointer}`);
  };
  const checkOrder = ({ drivers }) => {
    const widths = drivers.map(swing => (swing.swing_width === null ? -1 : Math.abs(swing.swing_width)));
    ok(widths.every((width, i) => !i || width <= widths[i - 1]), `the widths are ${widths}`);
  };
  await test('each swing of a tornado is what a valuation says with that number alone, the widest first', async () => {
    const asked = [{ pointer: '/fair_band', low: 0, high: 1 }, { pointer: '/terminal/growth', low: 0.02, high: 0.04 }, { pointer: '/seats/1/inference/end', low: 0.1, high: 1 }, { pointer: '/segments/0/margin/end', relative: 0.1 },
      { pointer: '/discount/wacc', low: 0.08, high: 0.11 }, { pointer: '/terminal/half_life', low: 1, high: 4 }, { pointer: '/market/growth/3', relative: 0.5 }, { pointer: '/dilution/warrants/0/probability', relative: 2 }];
    const answer = await tornado('amd-base', { drivers: asked });
    is([answer.method, answer.value_per_share], ['tornado', (await ask('amd-base', {}, 'valuation')).value_per_share], 'as it is');
    is(answer.drivers.map(swing => swing.pointer).sort(), asked.map(driver => driver.pointer).sort(), 'the drivers');
    checkOrder(answer);
    const { inputs } = await ask('amd-base', { inputs: true }, 'valuation');
    for (const driver of asked) {
      const swing = answer.drivers.find(one => one.pointer === driver.pointer), input = inputs.find(one => one.pointer === driver.pointer);
      await checkSwing('amd-base', swing);
      is([swing.swing, swing.value, swing.value_reason === undefined], [driver.relative ? 'relative' : 'given', input?.value ?? null, input !== undefined], driver.pointer);
      if (!driver.relative) is([swing.low, swing.high], [driver.low, driver.high], `${driver.pointer}: as given`);
      if (input) is(swing.unit, input.unit, `${driver.pointer}: its unit`);
    }
    is(answer.drivers.at(-1).reason_at_high, 'shares_exceed_one', 'without a width: the last');
    const fixed = await tornado('amd-base', { drivers: [{ pointer: '/fair_band', low: 0, high: 1 }], overrides: [{ pointer: '/bridge/debt', value: 0 }] });
    is([fixed.drivers[0].swing_width, fixed.drivers[0].value_at_low], [0, fixed.value_per_share], 'what moves nothing, with an override beside it');
  });
  await test('a part of a value stays within the bounds of its field', async () => {
    const ends = async (pointer, relative, subject = 'amd-base') => { const [{ value, low, high }] = (await tornado(subject, { drivers: [{ pointer, relative }] })).drivers; return [value, low, high]; };
    is(await ends('/discount/wacc', 0.25, small()), [0.1, 0.1 - 0.1 * 0.25, 0.1 + 0.1 * 0.25], 'within');
    is(await ends('/dilution/warrants/0/probability', 0.5), [0.9, 0.45, 1], 'a closed bound is reached');
    is(await ends('/segments/0/growth', 1.5, small({ segments: [{ id: 'all', base: 100, growth: -0.8, margin: 0.2 }] })), [-0.8, -0.9, -0.8 + 0.8 * 1.5], 'an open bound is approached by half');
    is(await ends('/bridge/cash', 10, small({ bridge: { cash: 5 } })), [5, 0, 55], 'many times');
  });
  await test('without drivers every number of the document is moved that can be by a part of itself', async () => {
    for (const subject of ['amd-base', 'nvda-base', small()]) {
      const answer = await tornado(subject, {}), { inputs } = await ask(subject, { inputs: true }, 'valuation');
      const left = ({ pointer, unit, value, group, origin }) => value === 0 || unit === 'calendar year' || group === '' || /^\/(schema|horizon)$|\/lag$/.test(pointer) || origin === 'default';
      const listed = new Set(answer.drivers.map(swing => swing.pointer));
      is(inputs.filter(input => !left(input) && !listed.has(input.pointer)), [], 'not listed');
      for (const swing of answer.drivers) {
        const input = inputs.find(one => one.pointer === swing.pointer);
        is([swing.value, swing.unit, swing.swing], [input.value, input.unit, 'relative'], swing.pointer);
        ok(!left({ ...input, origin: 'document' }), `${swing.pointer} should not be there`);
        ok(input.origin !== 'default' || swing.swing_width !== 0, `${swing.pointer} is a default that moves nothing`);
        ok(swing.low >= swing.value - 0.1 * Math.abs(swing.value) && swing.low < swing.value + 1e-300 && swing.high <= swing.value + 0.1 * Math.abs(swing.value) && swing.high >= swing.value, `${swing.pointer} from ${swing.low} to ${swing.high}`);
      }
      checkOrder(answer);
      for (const swing of answer.drivers.filter((_, i) => i % 7 === 0)) if (inputs.find(one => one.pointer === swing.pointer).origin !== 'default') await checkSwing(subject, swing);
    }
  });
  await test('the part may be said for all drivers at once, and by each for itself', async () => {
    const [small5, all5] = [await tornado(small(), { relative: 0.05 }), await tornado(small(), { relative: 0.05, drivers: [{ pointer: '/discount/wacc' }, { pointer: '/terminal/growth', low: 0, high: 0.01 }, { pointer: '/segments/0/margin', relative: 0.5 }] })];
    is(small5.drivers.find(swing => swing.pointer === '/discount/wacc'), all5.drivers.find(swing => swing.pointer === '/discount/wacc'), 'the question\'s');
    is(all5.drivers.map(swing => [swing.pointer, swing.swing, swing.low, swing.high]).sort(), [['/discount/wacc', 'relative', 0.1 - 0.1 * 0.05, 0.1 + 0.1 * 0.05], ['/segments/0/margin', 'relative', 0.1, 0.2 + 0.2 * 0.5], ['/terminal/growth', 'given', 0, 0.01]], 'their own');
    ok(!small5.drivers.some(swing => swing.low === 0.09), 'not a tenth');
  });
  await test('a swing that no document may make has no value, and says so, where nobody asked for it', async () => {
    const market = structuredClone(base.market);
    market.inference_share.observations[0] = { year: 2023, low: 0.4, high: 0.41 };
    const { drivers } = await tornado({ ...base, market }, {}), at = name => drivers.find(swing => swing.pointer === `/market/inference_share/observations/0/${name}`);
    is([at('low').value_at_high, at('low').reason_at_high, at('low').swing_width], [null, 'conflict', null], 'low above high');
    is([at('high').value_at_low, at('high').reason_at_low, typeof at('high').value_at_high], [null, 'conflict', 'number'], 'high below low');
    await refused({ method: 'tornado', drivers: [{ pointer: '/market/inference_share/observations/0/low', low: 0.3, high: 0.5 }] }, '/market/inference_share/observations/0', 'conflict', { ...base, market });
  });
  await test('uncertain drivers swing between the quantiles of their distributions', async () => {
    const one = small({ bridge: { cash: 50 }, terminal: { method: 'gordon', growth: 0.02 } }), sqrt = Math.sqrt;
    const drivers = [['/bridge/cash', { kind: 'uniform', low: 0, high: 100 }, 10, 90], ['/discount/wacc', { kind: 'triangular', low: 0.08, mode: 0.1, high: 0.13 }, 0.08 + sqrt(0.1 * 0.05 * 0.02), 0.13 - sqrt(0.1 * 0.05 * 0.03)], ['/segments/0/margin', { kind: 'normal', mean: 0.2, sd: 0.01 }, 0.2 - 0.012815515655446004, 0.2 + 0.012815515655446004], ['/price', { kind: 'discrete', values: [8, 10, 12], weights: [0.2, 0.6, 0.2] }, 8, 12], ['/segments/0/growth', { kind: 'normal', mean: 0.1, sd: 2 }, 0.1 - 2 * 1.2815515655446004, 0.1 + 2 * 1.2815515655446004]];
    const uncertainty = { drivers: drivers.map(([pointer, distribution]) => ({ pointer, distribution })) };
    const own = await tornado({ ...one, uncertainty }, {}), asked = await tornado(one, { uncertainty });
    is(own.drivers, asked.drivers, 'the document\'s, or the question\'s');
    is(own.drivers.map(swing => swing.pointer).sort(), drivers.map(([pointer]) => pointer).sort(), 'the drivers');
    checkOrder(own);
    for (const [pointer, , low, high] of drivers) {
      const swing = own.drivers.find(each => each.pointer === pointer);
      is([swing.swing, typeof swing.value], ['quantiles', 'number'], pointer);
      near(swing.low, low, `${pointer}: its 0.1 quantile`);
      near(swing.high, high, `${pointer}: its 0.9 quantile`);
      await checkSwing(one, swing);
    }
    is(own.drivers.find(swing => swing.pointer === '/segments/0/growth').reason_at_low, 'out_of_range', 'an end that no document may have');
    const named = await tornado({ ...one, uncertainty }, { drivers: [{ pointer: '/bridge/cash' }, { pointer: '/discount/wacc', relative: 0.1 }] });
    is(named.drivers.map(swing => [swing.pointer, swing.swing]).sort(), [['/bridge/cash', 'quantiles'], ['/discount/wacc', 'relative']], 'named');
    is(named.drivers.find(swing => swing.pointer === '/bridge/cash'), own.drivers.find(swing => swing.pointer === '/bridge/cash'), 'the same swing');
    ok((await tornado({ ...one, uncertainty }, { relative: 0.1 })).drivers.every(swing => swing.swing === 'relative'), 'by a part, where that is asked for');
    const { json } = await server.get('/v1/scenarios/amd-uncertain/sensitivity?method=tornado'), built = scenario('amd-uncertain').overrides[0].value.drivers;
    is([json.drivers.length, json.left_out.map(({ pointer }) => pointer)], [built.length - 1, ['/market/inference_share']], 'a curve has no ends');
    await refused({ method: 'tornado', uncertainty: { drivers: [{ pointer: '/nonsense', distribution: { kind: 'uniform', low: 0, high: 1 } }] } }, '/uncertainty/drivers/0/pointer', 'bad_pointer');
    await refused({ method: 'grid', x: { ...cash, steps: 2 }, uncertainty }, '/uncertainty', 'conflict');
  });
  await test('the drivers of a tornado are checked, all of them', async () => {
    const t = (drivers, rest) => ({ method: 'tornado', drivers, ...rest });
    for (const wrong of [7, {}, 'all', null]) await refused(t(wrong), '/drivers', 'wrong_type');
    for (const wrong of [[], Array(257).fill(cash)]) await refused(t(wrong), '/drivers', 'wrong_length');
    await refused(t([cash, 7]), '/drivers/1', 'wrong_type');
    await refused(t([{ low: 1, high: 2 }]), '/drivers/0/pointer', 'missing');
    await refused(t([{ pointer: 1, low: 1, high: 2 }]), '/drivers/0/pointer', 'wrong_type');
    await refused(t([cash, { pointer: '/bridge/debt' }]), '/drivers/1', 'missing');
    await refused(t([{ ...cash, relative: 0.1 }]), '/drivers/0', 'conflict');
    await refused(t([{ pointer: '/bridge/cash', low: 1 }]), '/drivers/0/high', 'missing');
    await refused(t([{ ...cash, low: 500 }]), '/drivers/0/low', 'conflict');
    await refused(t([cash, { ...debt, low: -1 }]), '/drivers/1/low', 'out_of_range');
    await refused(t([{ ...cash, wide: 1 }]), '/drivers/0/wide', 'unknown_field');
    for (const relative of [0, -0.1, 11]) await refused(t([{ pointer: '/discount/wacc', relative }]), '/drivers/0/relative', 'out_of_range');
    await refused(t([{ pointer: '/discount/wacc', relative: '0.1' }]), '/drivers/0/relative', 'wrong_type');
    await refused(t([cash], { relative: 11 }), '/relative', 'out_of_range');
    await refused(t([{ pointer: '/bridge/debt', relative: 0.1 }]), '/drivers/0/relative', 'conflict'); // 0
    await refused(t([{ pointer: '/bridge/debt' }], { relative: 0.1 }), '/relative', 'conflict');
    await refused(t([{ pointer: '/terminal/half_life', relative: 0.1 }]), '/drivers/0/relative', 'conflict'); // absent
    await refused(t([{ pointer: '/market/growth', relative: 0.1 }]), '/drivers/0/relative', 'conflict', base); // many numbers
    for (const pointer of ['/horizon', '/nonsense', '/name', '', '/segments/9/margin'])
      for (const swing of [{ low: 1, high: 2 }, { relative: 0.1 }, {}]) await refused(t([{ pointer, ...swing }]), '/drivers/0/pointer', 'bad_pointer');
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/sensitivity', { json: { scenario: small(), ...t([{ pointer: '/nonsense', low: 1, high: 2 }, cash, { ...debt, low: -1 }, { pointer: '/segments/0/growth', low: -2, high: 20 }]) } });
    is(json.errors.map(error => error.pointer), ['/drivers/0/pointer', '/drivers/2/low', '/drivers/3/high'], 'faults of several');
  });
  await test('a tornado of more work than one answer takes is refused', async () => {
    const observations = Array.from({ length: 256 }, (_, i) => ({ year: 2015 + i * 0.05, value: 0.2 + 0.002 * i }));
    const one = heavy();
    one.market.inference_share = { curve: 'logistic', observations };
    await refused({ method: 'tornado' }, '/drivers', 'out_of_range', one);
    await refused({ method: 'tornado', drivers: observations.map((_, i) => ({ pointer: `/market/inference_share/observations/${i}/value`, relative: 0.01 })) }, '/drivers', 'out_of_range', one);
    is((await tornado(one, { drivers: [{ pointer: '/discount/wacc', relative: 0.1 }] })).drivers.length, 1, 'one of them');
  });
  await test('a tornado is a table with a line for each driver', async () => {
    const question = { method: 'tornado', drivers: [{ pointer: '/terminal/growth', low: 0.02, high: 0.2 }, { pointer: '/discount/wacc', low: 0.08, high: 0.11 }] }, { drivers } = await ask('amd-base', question);
    is(csv(await table(question)), drivers.map(swing => Object.fromEntries(['pointer', 'unit', 'swing', 'value', 'low', 'high', 'value_at_low', 'value_at_high', 'reason_at_low', 'reason_at_high', 'swing_width'].map(name => [name, `${swing[name] ?? ''}`]))), 'the table');
    is(csv(await table({ method: 'tornado' })).map(row => number(row.swing_width)), (await tornado('amd-base', {})).drivers.map(swing => swing.swing_width), 'of all');
  });

  // ---------------------------------------------------------------- sobol
  const sobol = (subject, question) => ask(subject, { method: 'sobol', ...question });
  const between = (pointer, low, high) => ({ pointer, low, high });
  const close = (index, name, expected, tolerance) => ok(Math.abs(index[name] - expected) <= tolerance && Math.abs(index[name] - expected) <= 6 * index[`${name}_standard_error`] + tolerance, () => `${index.pointer}: ${name} is ${index[name]} +- ${index[`${name}_standard_error`]}, expected ${expected}`);
  await test('what adds up has indices as the squares of its ranges, and what moves nothing has exactly 0', async () => {
    const drivers = [between('/bridge/debt', 0, 20), between('/bridge/cash', 100, 140), between('/price', 5, 15), between('/bridge/investments', 30, 40)], one = small({ bridge: { cash: 120, debt: 10, investments: 35 } });
    const answer = await sobol(one, { drivers, paths: 512 }), all = 40 ** 2 + 20 ** 2 + 10 ** 2;
    is(answer.drivers.map(driver => driver.pointer), ['/bridge/cash', '/bridge/debt', '/bridge/investments', '/price'], 'the greatest first');
    for (const [i, range] of [40, 20, 10].entries()) for (const name of ['first_order', 'total']) close(answer.drivers[i], name, range ** 2 / all, 5e-3);
    for (const name of ['first_order', 'total']) for (const part of ['', '_standard_error', '_low', '_high']) is(answer.drivers[3][name + part], 0, `the price, ${name}${part}`);
    is([answer.paths, answer.randomisations, answer.seed, answer.points, answer.rejected, answer.correlation_ignored, answer.level, answer.warnings, answer.mean_reason], [512, 16, 1, 16 * 512 * 6, 0, false, 0.95, [], null], 'the rest');
    near(answer.mean, answer.value_per_share, 'the mean is the value at the middle', 1e-4);
    near(answer.sd, Math.sqrt(all / 12) / 10, 'the standard deviation', 1e-2);
  });
  await test('indices are those that the values over a fine grid have', async () => {
    for (const [subject, x, y] of [['amd-base', between('/terminal/growth', 0.02, 0.05), between('/discount/wacc/end', 0.07, 0.1)], ['amd-base', between('/chair/hazard', 0, 0.2), between('/chair/retention', 0.2, 1)], ['nvda-base', between('/segments/0/margin/end', 0.3, 0.7), between('/dilution/basic', 20000, 30000)]]) {
      const steps = 41, middle = ({ low, high }, i) => low + (high - low) * (i + 0.5) / steps, points = driver => Array.from({ length: steps }, (_, i) => middle(driver, i));
      const { values } = await grid(subject, { x: { pointer: x.pointer, values: points(x) }, y: { pointer: y.pointer, values: points(y) } });
      const mean = list => list.reduce((sum, value) => sum + value, 0) / list.length, spread = list => mean(list.map(value => (value - mean(list)) ** 2));
      const columns = values[0].map((_, i) => values.map(row => row[i])), all = spread(values.flat()), of_x = spread(columns.map(mean)) / all, of_y = spread(values.map(mean)) / all;
      const answer = await sobol(subject, { drivers: [x, y], paths: 128 }), found = pointer => answer.drivers.find(driver => driver.pointer === pointer);
      for (const [pointer, first, total] of [[x.pointer, of_x, 1 - of_y], [y.pointer, of_y, 1 - of_x]]) { close(found(pointer), 'first_order', first, 1e-2); close(found(pointer), 'total', total, 1e-2); }
      near(answer.mean, mean(values.flat()), 'the mean', 1e-3);
      near(answer.sd, Math.sqrt(all), 'the standard deviation', 1e-2);
    }
  });
  await test('uncertain drivers are drawn from their distributions, a curve from its fit', async () => {
    const uncertainty = structuredClone(scenario('amd-uncertain').overrides[0].value);
    const { json } = await server.get('/v1/scenarios/amd-uncertain/sensitivity?method=sobol&paths=64');
    is([json.correlation_ignored, json.drivers.length, json.drivers.some(driver => driver.pointer === '/market/inference_share')], [true, uncertainty.drivers.length, true], 'of the document');
    delete uncertainty.correlation;
    const alone = await sobol('amd-base', { uncertainty, paths: 64 });
    is([alone.correlation_ignored, alone.drivers], [false, json.drivers], 'of the question, without a correlation');
    const simulated = await ask('amd-base', { uncertainty }, 'simulation');
    near(alone.mean, simulated.mean, 'the mean of a simulation', 2e-3);
    near(alone.sd, simulated.sd, 'its standard deviation', 5e-2);
    for (const driver of alone.drivers) {
      const { variance_share: share } = simulated.drivers.find(each => each.pointer === driver.pointer);
      ok(Math.abs(share - driver.first_order) < 0.02 + 5 * driver.first_order_standard_error, `${driver.pointer}: ${driver.first_order}, but the simulation says ${share}`);
    }
    const far = await sobol(small(), { uncertainty: { drivers: [{ pointer: '/segments/0/margin', distribution: { kind: 'normal', mean: 0.9, sd: 0.1 } }] }, paths: 256 });
    near(far.rejected / far.points, 0.15866, 'margins above 1 are rejected', 0.05);
    await refused({ method: 'sobol', uncertainty, drivers: [cash] }, '/drivers', 'conflict', base);
    await refused({ method: 'sobol', uncertainty: { drivers: [{ pointer: '/bridge/cash', distribution: { kind: 'uniform', low: 2, high: 1 } }] } }, '/uncertainty/drivers/0/distribution/low', 'conflict');
  });
  await test('the same seed gives the same bytes, another seed other figures within the errors', async () => {
    const drivers = [between('/terminal/growth', 0.02, 0.04), between('/chair/hazard', 0, 0.1)], target = '/v1/scenarios/amd-base/sensitivity';
    const texts = await Promise.all([1, 1, 2].map(async seed => (await server.expect(200, 'POST', `${target}?method=sobol&seed=${seed}&paths=256&randomisations=8`, { json: { drivers } })).json));
    is(texts[0], texts[1], 'the same seed');
    is([texts[2].seed, texts[2].paths, texts[2].randomisations], [2, 256, 8], 'as asked');
    for (const [i, driver] of texts[0].drivers.entries()) {
      const other = texts[2].drivers[i];
      is(other.pointer, driver.pointer, 'the order');
      ok(other.total !== driver.total && Math.abs(other.total - driver.total) < 8 * (driver.total_standard_error + other.total_standard_error), `${driver.pointer}: ${driver.total} and ${other.total}`);
      ok(driver.total_low < driver.total && driver.total < driver.total_high && driver.first_order_low < driver.first_order && driver.first_order < driver.first_order_high, 'inside its interval');
    }
  });
  await test('points without a value are counted, and told of where they are many', async () => {
    const part = await sobol(small(), { drivers: [between('/terminal/growth', 0.02, 0.12), between('/bridge/cash', 0, 10)], paths: 256 });
    near(part.rejected / part.points, 0.2, 'a fifth of the growth is not below the rate', 0.05);
    ok(part.warnings.length === 1 && part.warnings[0].includes(`${part.rejected} of ${part.points}`), `${part.warnings}`);
    const none = await sobol(small(), { drivers: [between('/terminal/growth', 0.2, 0.3)], paths: 16 });
    is([none.rejected, none.mean, none.sd, none.drivers[0].total, typeof none.mean_reason, typeof none.drivers[0].reason], [none.points, null, null, null, 'string', 'string'], 'all of them');
    const still = await sobol(small(), { drivers: [between('/price', 5, 6)], paths: 16 });
    is([still.mean, still.sd, still.drivers[0].first_order, typeof still.drivers[0].reason], [still.value_per_share, 0, null, 'string'], 'nothing varies');
  });
  await test('the members of the question for indices are checked', async () => {
    const s = (drivers, rest) => ({ method: 'sobol', drivers, ...rest }), fine = [between('/bridge/cash', 0, 10)];
    await refused({ method: 'sobol' }, '/drivers', 'missing');
    for (const wrong of [7, {}, 'all', null]) await refused(s(wrong), '/drivers', 'wrong_type');
    for (const wrong of [[], Array(65).fill(fine[0])]) await refused(s(wrong), '/drivers', 'wrong_length');
    await refused(s([7]), '/drivers/0', 'wrong_type');
    await refused(s([{ low: 0, high: 1 }]), '/drivers/0/pointer', 'missing');
    await refused(s([{ pointer: '/bridge/cash' }]), '/drivers/0/low', 'missing');
    await refused(s([between('/bridge/cash', 10, 0)]), '/drivers/0/low', 'conflict');
    await refused(s([between('/bridge/cash', -1, 10)]), '/drivers/0/low', 'out_of_range');
    await refused(s([between('/segments/0/growth', -1, 10)]), '/drivers/0/low', 'out_of_range'); // open
    await refused(s([...fine, between('/segments/0/growth', 0, 10.5)]), '/drivers/1/high', 'out_of_range');
    await refused(s([...fine, ...fine]), '/drivers/1/pointer', 'conflict');
    await refused(s([{ ...fine[0], relative: 0.1 }]), '/drivers/0/relative', 'unknown_field');
    for (const pointer of ['/horizon', '/nonsense', '/terminal/half_life', '/name']) await refused(s([between(pointer, 1, 2)]), '/drivers/0/pointer', 'bad_pointer');
    await refused(s([between('/market/growth', 0, 1)]), '/drivers/0/pointer', 'bad_pointer', base);
    for (const paths of [0, 8, 131072, 48, 1000]) await refused(s(fine, { paths }), '/paths', 'out_of_range');
    await refused(s(fine, { paths: 64.5 }), '/paths', 'not_an_integer');
    await refused(s(fine, { paths: '64' }), '/paths', 'wrong_type');
    for (const randomisations of [1, 65]) await refused(s(fine, { randomisations }), '/randomisations', 'out_of_range');
    for (const seed of [-1, 2 ** 53]) await refused(s(fine, { seed }), '/seed', 'out_of_range');
    await refused(s(fine, { paths: 65536, randomisations: 64 }), '/paths', 'out_of_range', heavy());
  });
  await test('indices are a table with a line for each driver', async () => {
    const question = { method: 'sobol', drivers: [between('/terminal/growth', 0.02, 0.04), between('/chair/hazard', 0, 0.1)], paths: 32 }, { drivers } = await ask('amd-base', question);
    is(csv(await table(question)), drivers.map(driver => Object.fromEntries(Object.entries(driver).map(([name, value]) => [name, `${value}`]))), 'the table');
  });
}
