// Answers as tables, and the promises about figures that are null.
import { BUILT_INS, csv, is, number, ok, scenario, small, test } from './harness.mjs';

export default async function answers({ server }) {
  const CSV = { headers: { Accept: 'text/csv' } };
  const both = async (target, options = {}) => {
    const method = options.json ? 'POST' : 'GET';
    const [json, table] = [await server.expect(200, method, target, options), await server.expect(200, method, target, { ...options, ...CSV })];
    is(table.headers['content-type'], 'text/csv; charset=utf-8; header=present', 'the type');
    ok(table.headers.etag !== json.headers.etag, 'the table has the ETag of the JSON');
    return { json: json.json, rows: csv(table.text) };
  };

  await test('a valuation as CSV has a line for each year, with the figures of the JSON', async () => {
    for (const id of BUILT_INS) {
      const { json, rows } = await both(`/v1/scenarios/${id}/valuation`);
      is(rows.length, json.years.length, 'lines');
      for (const [i, year] of json.years.entries()) {
        const row = rows[i];
        for (const name of ['year', 'calendar', 'revenue', 'margin', 'ebit', 'tax', 'nol', 'nopat', 'reinvestment', 'fcff', 'wacc', 'part_of_year', 'discount_factor', 'pv']) is(number(row[name]), year[name], `${id} ${year.fiscal} ${name}`);
        is([row.fiscal, row.period_end], [year.fiscal, year.period_end], 'labels');
        for (const segment of year.segments) is(number(row[`revenue ${segment.id}`]), segment.revenue, `revenue of ${segment.id}`);
      }
    }
  });
  await test('a projection as CSV has a line for each calendar year, with the revenue of each seat', async () => {
    for (const [id, query] of [...BUILT_INS.map(one => [one, '']), ['amd-base', '?to=2028&level=0.5']]) {
      const { json, rows } = await both(`/v1/scenarios/${id}/projection${query}`);
      is(rows.map(row => Number(row.year)), json.years, 'years');
      json.years.forEach((year, i) => {
        const row = rows[i];
        is([row.inference_share, row.low, row.high, row.total_spend, row.training_spend, row.inference_spend].map(number),
          [json.inference_share[i].value, json.inference_share[i].low, json.inference_share[i].high, json.total_spend[i], json.training_spend[i], json.inference_spend[i]], `${id} ${year}`);
        for (const seat of json.seats) is(number(row[seat.id]), seat.revenue[i], seat.id);
      });
    }
  });
  await test('a chair question as CSV has a line for each year', async () => {
    for (const id of BUILT_INS) {
      const { json, rows } = await both(`/v1/scenarios/${id}/chair`);
      json.survival.forEach((year, i) => {
        const row = rows.find(one => Number(one.year) === year.year), lost = json.value_if_lost[i];
        is([row.calendar, row.survival, row.probability_lost, row.value_if_lost].map(number), [year.calendar, year.probability, lost.probability, lost.value_per_share], `${id} ${year.year}`);
      });
    }
  });
  await test('tables answer to POST, with overrides, and to documents sent along', async () => {
    const sent = { scenario: scenario('amd-base'), overrides: [{ pointer: '/price', value: 1 }] };
    for (const name of ['valuation', 'projection', 'chair']) ok((await both(`/v1/${name}`, { json: sent })).rows.length >= 10, name);
  });
  await test('ids that a spreadsheet would run or split are quoted', async () => {
    const base = scenario('amd-base');
    for (const [id, header] of [['-cmd', 'revenue -cmd'], ['a,b', 'revenue a,b'], ['q"q', 'revenue q"q'], ['Süd 1', 'revenue Süd 1']]) {
      const document = { ...base, segments: [...base.segments, { id, base: 1, growth: 0, margin: 0.1 }] };
      ok(header in (await both('/v1/valuation', { json: { scenario: document } })).rows[0], `no column ${header}`);
    }
    const seats = { ...base, seats: [{ id: '=SUM(A1)', training: 0.01, inference: 0.01 }, { id: '-cmd', training: 0.01, inference: 0.01 }, ...base.seats] };
    const { rows } = await both('/v1/projection', { json: { scenario: seats } });
    for (const name of Object.keys(rows[0])) ok(!/^[=+\-@]/.test(name), `the column ${name}`);
  });
  await test('a figure that does not exist is null with a reason', async () => {
    const exit = { ...scenario('amd-base'), terminal: { method: 'exit_multiple', multiple: 15, metric: 'ebit' } };
    const { json } = await server.expect(200, 'POST', '/v1/chair', { json: { scenario: exit } });
    is(json.placements.forever, null, 'for ever, with an exit multiple');
    ok(/\S{3}/.test(json.placements.forever_reason ?? json.placements.reason ?? ''), `no reason in ${JSON.stringify(json.placements)}`);
    const far = await server.expect(200, 'POST', '/v1/chair', { json: { scenario: 'amd-base', overrides: [{ pointer: '/price', value: 100000 }] } });
    is(far.json.break_even_hold_probability, null, 'break-even at a price that nothing reaches');
    ok(far.json.break_even_reason?.length > 10, `the reason is ${far.json.break_even_reason}`);
    const given = await server.expect(200, 'GET', '/v1/scenarios/nvda-base/projection');
    ok((given.json.fit === null) === (typeof given.json.fit_reason === 'string'), 'fit and its reason');
    const plain = await server.expect(200, 'POST', '/v1/valuation', { json: { scenario: small() } });
    is(plain.json.value_per_share, plain.json.value_if_held, 'without a chair');
  });
  await test('each check has its status, a sentence and figures', async () => {
    const codes = new Set();
    for (const id of BUILT_INS) {
      const { json } = await server.get(`/v1/scenarios/${id}/valuation`);
      for (const check of json.checks) {
        codes.add(check.code);
        ok(check.detail.length > 10, `${check.code} says ${check.detail}`);
        if (check.status !== 'not_applicable') ok(Object.keys(check.figures).length > 0, `${check.code} has no figures`);
      }
      is(new Set(json.checks.map(check => check.code)).size, json.checks.length, 'checks, each once');
    }
    ok(codes.size >= 15, `${codes.size} checks`);
    const tight = await server.post('/v1/valuation', { scenario: small({ terminal: { method: 'gordon', growth: 0.095 } }) });
    ok(tight.json.checks.some(check => check.status === 'fired'), 'a spread of half a percent fires nothing');
  });
}
