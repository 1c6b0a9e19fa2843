// Simulation over HTTP: closed forms, what may not change an answer, comparison on common random numbers, faults.
import { csv, events, is, near, ok, patch, scenario, small, test } from './harness.mjs';

const CASH = { drivers: [{ pointer: '/bridge/cash', distribution: { kind: 'normal', mean: 500, sd: 100 } }] };

export default async function simulation({ server }) {
  const ask = async (subject, question = {}) => (await server.expect(200, 'POST', '/v1/simulation', { json: { scenario: subject, paths: 4096, ...question } })).json;
  const worth = async subject => (await server.expect(200, 'POST', '/v1/valuation', { json: { scenario: subject } })).json.value_per_share;
  const within = (value, expected, reach, what) => ok(Math.abs(value - expected) <= reach, `${what} is ${value}, expected ${expected} within ${reach}`);
  const refused = async (question, ...faults) => {
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/simulation', { json: question });
    is(json.errors.map(({ pointer, code }) => `${pointer} ${code}`), faults, JSON.stringify(question).slice(0, 80));
  };
  const one = small({ bridge: { cash: 500 } }); // ten shares: value moves by a tenth of cash

  await test('a value that is linear in a normal driver is normal', async () => {
    for (const sampler of ['sobol', 'philox']) {
      const answer = await ask(one, { uncertainty: CASH, sampler, hurdles: [1] }), mean = await worth(one);
      is(answer.value_per_share, mean, 'the value of the document');
      within(answer.mean, mean, 4 * answer.standard_error, `${sampler}: the mean`);
      within(answer.sd, 10, 0.4, `${sampler}: the deviation`);
      within(answer.probability_above_price, 1, 1e-6, `${sampler}: above a price far below`);
      within(answer.quantiles.find(({ p }) => p === 0.95).value, mean + 16.448536269514722, 1, `${sampler}: the 95 % quantile`);
      within(answer.expected_shortfall, mean - 20.62712807507426, 1.2, `${sampler}: the shortfall`);
      is([answer.paths, answer.rejected, answer.stopped, answer.sampler, answer.randomisations], [4096, 0, 'paths', sampler, sampler === 'sobol' ? 16 : 1], 'what was done');
      for (const { p, value, low, high } of answer.quantiles) ok(low <= value && value <= high, `${sampler}: the interval at ${p}`);
      is(answer.histogram.reduce((sum, { count }) => sum + count, 0), 4096, 'the histogram counts every path');
      is(answer.hurdles.map(({ price }) => price), [10, 1], 'the hurdles');
      within(answer.drivers[0].variance_share, 1, 0.01, `${sampler}: the one driver explains all`);
      if (sampler === 'philox') near(answer.standard_error, answer.sd / Math.sqrt(4096), 'the error of independent paths');
      else ok(answer.variance_reduction > 100, `the variance is reduced ${answer.variance_reduction} times`);
    }
  });
  await test('without variance it is the valuation, bit for bit', async () => {
    for (const id of ['amd-base', 'nvda-base'])
      for (const drivers of [[], [{ pointer: '/terminal/growth', distribution: { kind: 'normal', mean: scenario(id).terminal.growth, sd: 0 } }]]) {
        const answer = await ask(id, { uncertainty: { drivers } }), value = await worth(id);
        is([answer.mean, answer.sd, answer.standard_error, answer.median, answer.value_per_share], [value, 0, 0, value, value], `${id}`);
      }
  });
  await test('the same question has the same bytes; another seed has other paths', async () => {
    const body = { scenario: 'amd-uncertain', paths: 2000, seed: 5 }, first = await server.post('/v1/simulation', body);
    is((await server.post('/v1/simulation', body)).text, first.text, 'asked again');
    is((await server.post('/v1/scenarios/amd-uncertain/simulation', { paths: 2000, seed: 5 })).text, first.text, 'of the stored one');
    is((await server.get('/v1/scenarios/amd-uncertain/simulation?paths=2000&seed=5')).text, first.text, 'by a link');
    ok((await ask('amd-uncertain', { paths: 2000, seed: 6 })).mean !== first.json.mean, 'another seed');
    const known = await server.ask('GET', '/v1/scenarios/amd-uncertain/simulation?paths=2000&seed=5', { headers: { 'If-None-Match': (await server.get('/v1/scenarios/amd-uncertain/simulation?paths=2000&seed=5')).headers.etag } });
    is(known.status, 304, 'known');
    for (const target of ['/v1/simulation', '/v1/scenarios/amd-uncertain/simulation']) {
      const again = { json: target === '/v1/simulation' ? body : { paths: 2000, seed: 5 } }, { headers: { etag } } = await server.ask('POST', target, again);
      is((await server.ask('POST', target, { ...again, headers: { 'If-None-Match': etag } })).status, 304, `${target}: known`);
    }
    await server.refuse('not-found', 'POST', '/v1/scenarios/absent/simulation', { json: {} });
    await server.refuse('not-found', 'POST', '/v1/simulation', { json: { scenario: 'absent' } });
    await server.refuse('not-found', 'GET', '/v1/scenarios/absent/simulation');
  });
  await test('by year of loss: probabilities add up to 1, and the mixture is their mean', async () => {
    const answer = await ask('amd-base', { uncertainty: { drivers: [] } }), chair = (await server.get('/v1/scenarios/amd-base/chair')).json;
    near(answer.by_year_of_loss.reduce((sum, { probability }) => sum + probability, 0), 1, 'the probabilities');
    is(answer.by_year_of_loss.length, 11, 'ten years and never');
    for (const [i, { year, probability_lost, probability, value_per_share }] of chair.value_if_lost.entries()) {
      is(answer.by_year_of_loss[i].year, year, 'the year');
      near(answer.by_year_of_loss[i].probability, probability ?? probability_lost, `the probability of ${year}`);
      near(answer.by_year_of_loss[i].mean_value, value_per_share, `the value if lost in ${year}`);
    }
    near(answer.by_year_of_loss.at(-1).mean_value, chair.value_if_held, 'never');
    is(answer.by_year_of_loss.at(-1).probability_above_price, 1, 'never: above the price');
  });
  await test('a loss that is drawn averages to the mixture', async () => {
    const uncertainty = { drivers: [] }, mixed = await ask('amd-base', { uncertainty }), drawn = await ask('amd-base', { uncertainty, chair: 'sampled' });
    within(drawn.mean, mixed.mean, 5 * drawn.standard_error, 'the mean');
    ok(drawn.sd > 50, `the deviation is ${drawn.sd}`);
  });
  await test('bands stand around the valuation, year by year', async () => {
    const answer = await ask('amd-uncertain'), valuation = (await server.get('/v1/scenarios/amd-base/valuation')).json;
    is(answer.bands.revenue.map(({ year }) => year), valuation.years.map(({ year }) => year), 'the years');
    is(answer.bands.inference_share.length, 11, 'the market years');
    for (const [i, band] of answer.bands.revenue.entries()) ok(band.low < valuation.years[i].revenue && valuation.years[i].revenue < band.high && band.low < band.median && band.median < band.high, `revenue of year ${i + 1}`);
    is((await ask('amd-uncertain', { bands: false })).bands, null, 'none are asked for');
    is((await ask(one, { uncertainty: CASH })).bands.inference_share, [], 'no market');
  });
  await test('rank correlations move a sum as they should', async () => {
    const drivers = ['/bridge/cash', '/bridge/investments'].map(pointer => ({ pointer, distribution: { kind: 'normal', mean: 500, sd: 100 } }));
    const subject = small({ bridge: { cash: 500, investments: 500 } });
    for (const rho of [-0.9, 0, 0.5]) {
      const answer = await ask(subject, { paths: 16384, uncertainty: { drivers, correlation: { kind: 'pearson', matrix: [[1, rho], [rho, 1]] } } });
      within(answer.sd, 10 * Math.sqrt(2 + 2 * rho), 0.05 * answer.sd, `rho ${rho}`);
      near(answer.correlation.smallest_eigenvalue, 1 - Math.abs(rho), 'the eigenvalue');
      const ranks = await ask(subject, { paths: 16384, uncertainty: { drivers, correlation: { kind: 'spearman', matrix: [[1, rho], [rho, 1]] } } });
      within(ranks.sd, 10 * Math.sqrt(2 + 4 * Math.sin(Math.PI * rho / 6)), 0.05 * ranks.sd, `rank rho ${rho}`);
    }
  });
  await test('a matrix that cannot be is refused, or repaired on request', async () => {
    const drivers = ['cash', 'investments', 'debt'].map(name => ({ pointer: `/bridge/${name}`, distribution: { kind: 'normal', mean: 50, sd: 1 } }));
    const subject = small({ bridge: { cash: 50, investments: 50, debt: 50 } }), matrix = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]];
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/simulation', { json: { scenario: subject, uncertainty: { drivers, correlation: { kind: 'pearson', matrix } } } });
    is(json.errors.map(({ pointer }) => pointer), ['/uncertainty/correlation/matrix'], 'the place');
    const { correlation } = await ask(subject, { uncertainty: { drivers, correlation: { kind: 'pearson', matrix, repair: true } } });
    is(correlation.repaired, true, 'repaired');
    ok(correlation.largest_change > 0.1 && correlation.smallest_eigenvalue < 0, JSON.stringify(correlation));
  });
  await test('paths that leave the model are counted, named and warned of', async () => {
    const drivers = [{ pointer: '/terminal/growth', distribution: { kind: 'uniform', low: 0, high: 0.12 } }]; // the rate is 0.1
    const answer = await ask(small(), { uncertainty: { drivers } });
    within(answer.rejected / answer.paths, 1 / 6, 0.01, 'the part');
    is(answer.rejected_by, { bounds: 0, growth: answer.rejected, shares: 0, domain: 0 }, 'why');
    is([answer.warnings.length, answer.tail.status, answer.tail.headline], [1, 'fired', 'median'], 'what is said of it');
    ok(answer.tail.near > 0 && answer.tail.least_spread < 0.01, 'the spread');
    const calm = await ask('amd-uncertain');
    is([calm.warnings, calm.tail.status, calm.tail.headline], [[], 'ok', 'mean'], 'where all is well');
    const { json } = await server.refuse('not-computable', 'POST', '/v1/simulation', { json: { scenario: small(), paths: 64, uncertainty: { drivers: [{ pointer: '/terminal/growth', distribution: { kind: 'uniform', low: 0.2, high: 0.3 } }] } } });
    is(json.errors[0].pointer, '/uncertainty', 'none is left');
  });
  await test('two scenarios on common random numbers', async () => {
    const dearer = patch(one, [{ op: 'replace', path: '/bridge/cash', value: 510 }]);
    const answer = await ask(one, { uncertainty: CASH, with: dearer });
    is([answer.with.mean_difference, answer.with.probability_greater, answer.with.mean_difference_standard_error], [0, 0, 0], 'the driver that differs is drawn for both');
    const richer = await ask(one, { uncertainty: CASH, with: small({ bridge: { cash: 500, investments: 10 } }) });
    near(richer.with.mean_difference, -1, 'a tenth of 10, on every path');
    ok(richer.with.mean_difference_standard_error < 1e-9 && richer.with.pairs === 4096, 'without noise');
    const pair = await ask('amd-uncertain', { with: 'amd-bull', uncertainty: scenario('amd-uncertain').overrides.find(({ pointer }) => pointer === '/uncertainty')?.value });
    ok(pair.with.mean_difference < -100 && pair.with.probability_greater === 0, 'base and bull');
    ok(pair.with.mean_difference_standard_error < pair.standard_error * 3, 'the paired error');
  });
  await test('until an error is reached, or a time has passed', async () => {
    const answer = await ask('amd-uncertain', { paths: undefined, tolerance: 0.1 });
    is(answer.stopped, 'tolerance', 'why it ended');
    ok(answer.standard_error <= 0.1 && Math.log2(answer.paths / 1024) % 1 === 0, `${answer.paths} paths, error ${answer.standard_error}`);
    const same = await ask('amd-uncertain', { paths: answer.paths });
    is([same.mean, same.standard_error, same.quantiles], [answer.mean, answer.standard_error, answer.quantiles], 'as many paths at once');
    const timed = await server.expect(200, 'POST', '/v1/simulation', { json: { scenario: 'amd-uncertain', time_budget_ms: 1, paths: 65536 } });
    ok(['time_budget', 'paths'].includes(timed.json.stopped), `it ended for ${timed.json.stopped}`);
    is([timed.headers.etag, timed.headers['cache-control']], [undefined, 'no-store'], 'what a time reaches is not kept');
    is((await ask('amd-uncertain', { tolerance: 1e-9, paths: 4096 })).stopped, 'paths', 'the most there may be');
  });
  await test('every doubling is an event, the last one is the answer', async () => {
    const body = { scenario: 'amd-uncertain', paths: 65536 }, headers = { Accept: 'text/event-stream' };
    const list = events((await server.post('/v1/simulation', body, { headers })).text), last = list.pop();
    is([last.event, last.data], ['done', (await server.post('/v1/simulation', body)).text], 'the answer');
    const partial = list.filter(({ json }) => json.partial).map(({ json }) => json.partial);
    is(partial.map(({ paths }) => paths), [1024, 2048, 4096, 8192, 16384, 32768, 65536], 'the doublings');
    for (const { paths, mean, standard_error, stopped } of partial) { ok(Math.abs(mean - last.json.mean) < 6 * standard_error + 1e-9, `at ${paths}`); is(stopped, paths === 65536 ? 'paths' : null, `why it stopped at ${paths}`); }
  });
  await test('as a table', async () => {
    const rows = csv((await server.post('/v1/simulation', { scenario: one, uncertainty: CASH, paths: 1024, quantiles: [0.1, 0.9] }, { headers: { Accept: 'text/csv' } })).text);
    is(rows.map(({ p }) => Number(p)), [0.1, 0.9], 'the quantiles');
    is(Object.keys(rows[0]), ['p', 'value', 'low', 'high'], 'the columns');
  });
  await test('what is wrong with a question is said, all of it', async () => {
    await refused({ scenario: one }, '/uncertainty missing');
    await refused({ scenario: one, uncertainty: CASH, paths: 1.5, seed: -1, sampler: 'halton', chair: 1, level: 2, bands: 0, hurdles: [], quantiles: [0.5, 2] },
      '/sampler bad_choice', '/seed out_of_range', '/chair wrong_type', '/paths out_of_range', '/bands wrong_type', '/level out_of_range', '/hurdles wrong_length', '/quantiles/1 out_of_range');
    await refused({ scenario: one, uncertainty: CASH, paths: 20 }, '/paths out_of_range');
    await refused({ scenario: one, uncertainty: CASH, paths: 1.5e6 }, '/paths out_of_range');
    await refused({ scenario: one, uncertainty: CASH, paths: 99.5 }, '/paths not_an_integer');
    await refused({ scenario: one, uncertainty: CASH, path: 1 }, '/path unknown_field');
    await refused({ scenario: one, uncertainty: { drivers: [{ pointer: '/bridge/cash', distribution: { kind: 'normal', mean: 1 } }] } }, '/uncertainty/drivers/0/distribution/sd missing');
  });
}
