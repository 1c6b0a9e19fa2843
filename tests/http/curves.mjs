// Curves by themselves: published observations, candidates by AIC, the profile over the ceiling, each observation left out.
import { is, ok, test } from './harness.mjs';

const near = (actual, expected, tolerance, what) => ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${what} is ${actual}, expected ${expected}`);
const logistic = (k, mid, ceiling) => year => ceiling / (1 + Math.exp(-k * (year - mid)));

export default async function curves({ server }) {
  const fit = async body => (await server.expect(200, 'POST', '/v1/curves/fit', { json: body })).json.fits;
  const sets = (await server.expect(200, 'GET', '/v1/curves/observations')).json.items;
  await test('the observations of each publisher are kept apart, and can be fitted by name or by value', async () => {
    const { headers } = await server.get('/v1/curves/observations');
    await server.expect(304, 'GET', '/v1/curves/observations', { headers: { 'If-None-Match': headers.etag } });
    ok(sets.length >= 6 && new Set(sets.map(({ id }) => id)).size === sets.length, 'the sets');
    for (const { id, observations } of sets) is(await fit({ set: id }), await fit({ observations }), id);
  });
  await test('points of an exact logistic curve give it back, and it ranks first', async () => {
    const curve = logistic(0.4, 2026.5, 0.85), years = [2020, 2023, 2025, 2027, 2030, 2034];
    const [best, other] = await fit({ observations: years.map(year => ({ year, value: curve(year) })) });
    is([best.curve, best.delta_aic, best.identified, best.ceiling_fitted], ['logistic', 0, true, true], 'the best');
    near(best.k, 0.4, 1e-8, 'k'), near(best.mid, 2026.5, 1e-10, 'mid'), near(best.ceiling, 0.85, 1e-8, 'ceiling');
    ok(other.aic > best.aic && other.delta_aic === other.aic - best.aic, 'the other comes behind');
    for (const { year, predicted } of best.leave_one_out) near(predicted, curve(year), 1e-6, `${year} left out`);
  });
  await test('with floor 0, ceiling 1 and points alone it is least squares of the logit on the year', async () => {
    const points = [[2020, 0.1], [2022, 0.3], [2023, 0.35], [2026, 0.7]], n = points.length;
    const [x, y] = [points.map(([year]) => year - 2023), points.map(([, v]) => Math.log(v / (1 - v)))];
    const sum = (a, b = a.map(() => 1)) => a.reduce((all, v, i) => all + v * b[i], 0);
    const k = (n * sum(x, y) - sum(x) * sum(y)) / (n * sum(x, x) - sum(x) ** 2), level = (sum(y) - k * sum(x)) / n;
    const found = (await fit({ ceiling: 1, observations: points.map(([year, value]) => ({ year, value })) })).find(({ curve }) => curve === 'logistic');
    near(found.k, k, 1e-11, 'k'), near(found.mid, 2023 - level / k, 1e-11, 'mid');
  });
  await test('the profile is flat where the observations do not know the ceiling, and peaks where they do', async () => {
    const flat = (await fit({ observations: [{ year: 2023, value: 0.2 }, { year: 2024, value: 0.5 }] }))[0];
    ok(!flat.identified && flat.reason, 'two points leave three parameters open');
    const heights = flat.profile.map(({ log_likelihood }) => log_likelihood);
    near(Math.max(...heights), Math.min(...heights), 1e-9, 'the profile of two points');
    const curve = logistic(0.5, 2025, 0.7), known = (await fit({ observations: [2019, 2022, 2025, 2028, 2031, 2035].map(year => ({ year, value: curve(year) })) }))[0];
    const top = known.profile.reduce((a, b) => (b.log_likelihood > a.log_likelihood ? b : a));
    near(top.ceiling, 0.7, 0.03, 'the top of the profile');
  });
  await test('what cannot be fitted is refused where it stands', async () => {
    for (const [body, code, pointer] of [
      [{}, 'missing', '/observations'], [{ set: 'nobody' }, 'bad_choice', '/set'], [{ set: 'seed', observations: [] }, 'bad_choice', '/set'],
      [{ observations: [{ year: 2020, vlue: 0.5 }] }, 'unknown_field', '/observations/0/vlue'], [{ observations: [{ year: 2020, value: 1.5 }] }, 'out_of_range', '/observations/0/value'],
      [{ observations: [{ year: 2020, value: 0.9 }, { year: 2021, value: 0.8 }], ceiling: 0.5 }, 'fit_failed', '/observations/1'], [{ set: 'seed', ceilng: 1 }, 'unknown_field', '/ceilng'],
      [[], 'wrong_type', ''],
    ]) {
      const { json } = await server.expect(422, 'POST', '/v1/curves/fit', { json: body });
      ok(json.errors.some(error => error.code === code && error.pointer === pointer), `${JSON.stringify(body)} gives ${JSON.stringify(json.errors)}`);
    }
    await server.refuse('not-json', 'POST', '/v1/curves/fit', { body: '{', headers: { 'Content-Type': 'application/json' } });
  });
}
