// Questions: of stored scenarios, by id and of documents sent along, with overrides; the same answer each time.
import { at, BUILT_INS, canonical, digest, is, near, ok, patch, scenario, sha256, Server, small, test } from './harness.mjs';
import http from 'node:http';

const NAMES = ['valuation', 'projection', 'chair'];

export default async function questions({ server, binary }) {
  const base = scenario('amd-base');
  const ask = async (name, body, options) => (await server.expect(200, 'POST', `/v1/${name}`, { json: body, ...options })).json;
  const figures = ({ scenario: subject, ...rest }) => rest;
  const value = { valuation: 'value_per_share', projection: 'total_spend', chair: 'expected_value' };

  for (const name of NAMES) {
    await test(`${name}: a stored scenario, its id and its document sent along have the same answer`, async () => {
      const stored = await server.get(`/v1/scenarios/amd-base/${name}`);
      const posted = await server.expect(200, 'POST', `/v1/scenarios/amd-base/${name}`, {});
      const empty = await server.post(`/v1/scenarios/amd-base/${name}`, {});
      const byId = await ask(name, { scenario: 'amd-base' }), sent = await ask(name, { scenario: base });
      is(posted.json, stored.json, 'POST without a body');
      is(empty.json, stored.json, 'POST of {}');
      is(byId, stored.json, 'by id');
      is(figures(sent), figures(stored.json), 'sent along');
      is(stored.json.scenario, { id: 'amd-base', revision: 1, sha256: digest(base) }, 'the subject of the stored one');
      is(sent.scenario, { id: null, revision: null, sha256: digest(base) }, 'the subject of the one sent along');
    });
    await test(`${name}: the same question has the same bytes and ETag, from one client and from eight at once`, async () => {
      for (const [method, target, options] of [['GET', `/v1/scenarios/amd-base/${name}?set=/price:250&inputs=true`, {}], ['POST', `/v1/${name}`, { json: { scenario: scenario('nvda-base'), inputs: true } }]]) {
        const first = await server.expect(200, method, target, options);
        const agents = Array.from({ length: 8 }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));
        const all = (await Promise.all(agents.map(async agent => { const seen = []; for (let i = 0; i < 6; i++) seen.push(await server.expect(200, method, target, { ...options, agent })); return seen; }))).flat();
        for (const agent of agents) agent.destroy();
        for (const answer of all) ok(answer.text === first.text && answer.headers.etag === first.headers.etag, 'an answer differs');
      }
    });
    await test(`${name}: another process gives the same bytes`, async () => {
      const other = await new Server(binary).start();
      try {
        for (const id of ['amd-base', 'amd-bull', 'amd-bear', 'nvda-base']) {
          const [here, there] = await Promise.all([server.get(`/v1/scenarios/${id}/${name}`), other.get(`/v1/scenarios/${id}/${name}`)]);
          is([there.text, there.headers.etag], [here.text, here.headers.etag], id);
        }
      } finally { await other.stop(); }
    });
    await test(`${name}: whoever has the answer gets 304, in every form of the question, each with an ETag of its own`, async () => {
      const forms = [['GET', `/v1/scenarios/amd-base/${name}`, {}], ['GET', `/v1/scenarios/amd-base/${name}?inputs=true`, {}], ['GET', `/v1/scenarios/amd-base/${name}?set=/price:250`, {}], ['GET', `/v1/scenarios/amd-base/${name}?set=/price:251`, {}],
        ['GET', `/v1/scenarios/amd-base/${name}`, { headers: { Accept: 'text/csv' } }], ['POST', `/v1/scenarios/amd-bull/${name}`, { json: {} }], ['POST', `/v1/${name}`, { json: { scenario: base } }],
        ['POST', `/v1/${name}`, { json: { scenario: base, overrides: [{ pointer: '/price', value: 9 }] } }], ...(name === 'projection' ? [['GET', '/v1/scenarios/amd-base/projection?to=2030', {}], ['GET', '/v1/scenarios/amd-base/projection?level=0.5', {}]] : [])];
      const tags = new Set();
      for (const [method, target, options] of forms) {
        const { headers } = await server.expect(200, method, target, options);
        tags.add(headers.etag);
        const again = await server.expect(304, method, target, { ...options, headers: { ...options.headers, 'If-None-Match': headers.etag } });
        is(again.headers['cache-control'], headers['cache-control'], 'Cache-Control');
        await server.expect(200, method, target, { ...options, headers: { ...options.headers, 'If-None-Match': '"0"' } });
      }
      is(tags.size, forms.length, 'ETags that differ');
    });
    await test(`${name}: overrides in the body and in the address are one question`, async () => {
      const body = await ask(name, { scenario: 'amd-base', overrides: [{ pointer: '/price', value: 250 }, { pointer: '/seats/1/inference/end', value: 0.2 }, { pointer: '/terminal/growth', value: 0.03 }] });
      const address = '?set=/price:250&set=/seats/1/inference/end:0.2&set=/terminal/growth:0.03';
      const link = await server.expect(200, 'GET', `/v1/scenarios/amd-base/${name}${address}`);
      const mixed = await server.expect(200, 'POST', `/v1/scenarios/amd-base/${name}?set=/terminal/growth:0.03`, { json: { overrides: [{ pointer: '/price', value: 250 }, { pointer: '/seats/1/inference/end', value: 0.2 }] } });
      const escaped = await server.expect(200, 'GET', `/v1/scenarios/amd-base/${name}?set=${encodeURIComponent('/price:2.5e2')}&set=%2Fseats%2F1%2Finference%2Fend%3A0.2&set=/terminal/growth:.03`.replace(':.03', ':0.030'));
      is(link.json, body, 'in the address');
      is(mixed.json, body, 'in both');
      is(escaped.json, body, 'percent-encoded');
      const moved = patch(base, [{ op: 'replace', path: '/price', value: 250 }, { op: 'replace', path: '/seats/1/inference/end', value: 0.2 }, { op: 'replace', path: '/terminal/growth', value: 0.03 }]);
      is(body.scenario.sha256, digest(moved), 'sha256 is of the document with its overrides');
      is(body[value[name]], (await ask(name, { scenario: moved }))[value[name]], 'the figure of the changed document');
    });
  }

  await test('an override can move every driver that inputs names, to the value that it has', async () => {
    const plain = await ask('valuation', { scenario: base, inputs: true });
    const drivers = plain.inputs.filter(input => at(base, input.pointer) !== undefined);
    ok(drivers.length > 60, `${drivers.length} drivers`);
    for (let i = 0; i < drivers.length; i += 200) {
      const overrides = drivers.slice(i, i + 200).map(({ pointer, value: v }) => ({ pointer, value: v }));
      const moved = await ask('valuation', { scenario: base, overrides });
      is(moved.value_per_share, plain.value_per_share, 'the value');
      is(moved.scenario.sha256, digest(base), 'the digest');
    }
    for (const { pointer, value: v } of drivers.filter((_, i) => i % 7 === 0)) is((await server.expect(200, 'GET', `/v1/scenarios/amd-base/valuation?set=${encodeURIComponent(`${pointer}:${v}`)}`)).json.value_per_share, plain.value_per_share, pointer);
  });
  await test('an override may put a driver in that the document leaves to its default, or give a path another form', async () => {
    const one = small();
    const moved = await ask('valuation', { scenario: one, overrides: [{ pointer: '/operations/tax/nol', value: 50 }, { pointer: '/bridge/cash', value: 30 }, { pointer: '/segments/0/growth', value: [0.1, 0.2, 0.3] }, { pointer: '/discount/wacc', value: { start: 0.1, end: 0.08 } }] });
    const whole = { ...one, bridge: { cash: 30 }, operations: { ...one.operations, tax: { rate: 0.2, nol: 50 } }, segments: [{ ...one.segments[0], growth: [0.1, 0.2, 0.3] }], discount: { wacc: { start: 0.1, end: 0.08 } } };
    is(moved.value_per_share, (await ask('valuation', { scenario: whole })).value_per_share, 'the value');
    is(moved.scenario.sha256, digest(whole), 'the digest');
  });
  await test('inputs says each driver with its unit and where it came from', async () => {
    const { json: variant } = await server.expect(201, 'POST', '/v1/scenarios/amd-base/variants', { json: { name: 'Inputs', overrides: [{ pointer: '/price', value: 280 }, { pointer: '/terminal/ronic', value: 0.2 }] } });
    const { inputs } = (await server.get(`/v1/scenarios/${variant.id}/valuation?inputs=true&set=/discount/wacc/end:0.09`)).json;
    const of = Object.fromEntries(inputs.map(input => [input.pointer, input]));
    const say = pointer => [of[pointer]?.value, of[pointer]?.unit, of[pointer]?.group, of[pointer]?.origin];
    is(say('/discount/wacc/end'), [0.09, 'decimal per year', 'discount', 'override'], 'an override');
    is(say('/terminal/ronic'), [0.2, 'decimal per year', 'terminal', 'document'], 'the variant\'s own');
    is(say('/operations/base_revenue'), [34639, 'USD million', 'operations', 'parent'], 'its parent\'s');
    is(say('/dilution/warrants/2/threshold'), [600, 'USD per share', 'bridge', 'parent'], 'in a list');
    is(say('/market/growth/3'), [0.2, 'decimal per year', 'market', 'parent'], 'in a path');
    is(say('/operations/tax/nol_limit'), [0.8, 'decimal share', 'operations', 'default'], 'a default');
    is(new Set(inputs.map(input => input.pointer)).size, inputs.length, 'pointers, each once');
    is((await server.get('/v1/scenarios/amd-base/valuation')).json.inputs, undefined, 'not asked for');
    const plain = (await server.get('/v1/scenarios/amd-base/valuation?inputs=true')).json.inputs;
    ok(plain.every(input => ['document', 'default'].includes(input.origin)), 'a document has no parent');
  });
  await test('result_sha256 is the digest of the canonical answer without it, and the figures are the same as without', async () => {
    for (const name of NAMES) {
      for (const id of ['amd-base', 'nvda-base', 'amd-bear']) {
        const { json } = await server.get(`/v1/scenarios/${id}/${name}?inputs=true`);
        const { result_sha256: claimed, ...rest } = json;
        is(claimed, sha256(canonical(rest)), `${id} ${name}`);
        const { inputs, ...figuresOnly } = rest;
        is((await server.get(`/v1/scenarios/${id}/${name}`)).json, figuresOnly, 'without inputs');
      }
    }
    is((await server.post('/v1/valuation', { scenario: 'amd-base', inputs: true })).json, (await server.get('/v1/scenarios/amd-base/valuation?inputs=true')).json, 'asked for in the body');
  });
  await test('with ranges around its drivers a scenario is worth what it is without', async () => {
    for (const name of ['valuation', 'chair', 'projection', 'returns']) {
      const [base, uncertain] = await Promise.all(['amd-base', 'amd-uncertain'].map(async id => (await server.get(`/v1/scenarios/${id}/${name}?inputs=true`)).json));
      const own = ({ scenario, name: called, inputs, result_sha256, ...figures }) => figures;
      is(own(uncertain), own(base), name);
      is(uncertain.inputs.map(({ pointer, value }) => [pointer, value]), base.inputs.map(({ pointer, value }) => [pointer, value]), 'the drivers');
    }
    const { contributions } = (await server.get('/v1/scenarios/amd-base/comparison?with=amd-uncertain')).json;
    ok(contributions.every(one => one.value_per_share === 0), 'a range contributes to the difference');
  });
  await test('how uncertain a driver is can be moved by a link, and an uncertain driver be moved away', async () => {
    const { value_per_share: value } = (await server.get('/v1/scenarios/amd-uncertain/valuation')).json;
    is((await server.get('/v1/scenarios/amd-uncertain/valuation?set=/uncertainty/drivers/7/distribution/sd:0.01')).json.value_per_share, value, 'the value');
    is((await server.get('/v1/scenarios/amd-uncertain/valuation?set=/discount/wacc:0.095')).json.value_per_share,
      (await server.get('/v1/scenarios/amd-base/valuation?set=/discount/wacc:0.095')).json.value_per_share, 'the value at another rate');
  });
  await test('a valuation adds up: bridge, years, segments, branches', async () => {
    for (const id of BUILT_INS) {
      const { json } = await server.get(`/v1/scenarios/${id}/valuation`);
      let balance = 0;
      for (const step of json.bridge) { balance += step.amount; near(step.balance, balance, `${id}: balance after ${step.step}`); }
      near(balance, json.equity_value, `${id}: equity`);
      near(json.pv_forecast + json.pv_terminal, json.enterprise_value, `${id}: enterprise value`);
      near(json.years.reduce((sum, year) => sum + year.pv, 0), json.pv_forecast, `${id}: the years' present values`);
      near(json.segments.reduce((sum, segment) => sum + (segment.enterprise_value ?? 0), 0), json.enterprise_value, `${id}: the segments' parts`, 1e-6);
      near(json.value_per_share / json.price - 1, json.upside, `${id}: upside`);
      is(json.verdict, Math.abs(json.upside) <= json.fair_band ? 'fair' : json.upside > 0 ? 'cheap' : 'expensive', `${id}: verdict`);
      for (const year of json.years) {
        near(year.segments.reduce((sum, segment) => sum + segment.revenue, 0), year.revenue, `${id}: revenue of ${year.fiscal}`);
        near(year.nopat - year.reinvestment, year.fcff, `${id}: fcff of ${year.fiscal}`, 1e-6);
        near(year.fcff * year.part_of_year * year.discount_factor, year.pv, `${id}: pv of ${year.fiscal}`);
      }
      const chair = (await server.get(`/v1/scenarios/${id}/chair`)).json;
      near(chair.expected_value, json.value_per_share, `${id}: the headline`);
      near(chair.value_if_lost.reduce((sum, branch) => sum + branch.probability * branch.value_per_share, chair.hold_probability * chair.value_if_held), chair.expected_value, `${id}: the branches`);
      near(chair.value_if_held - chair.value_if_lost[0].value_per_share, chair.chair_value_per_share, `${id}: the chair`);
      is(chair.placements.on_flows, chair.expected_value, `${id}: on flows`);
    }
  });
  await test('a projection adds up: training and inference are the spend, the seats are the silicon', async () => {
    for (const [id, query] of [['amd-base', ''], ['amd-base', '?to=2045&level=0.5'], ['nvda-base', ''], ['amd-base', '?to=2025']]) {
      const { json } = await server.get(`/v1/scenarios/${id}/projection${query}`);
      const last = /to=(\d+)/.exec(query)?.[1];
      if (last) is(json.years.at(-1), Number(last), 'the last year');
      json.years.forEach((year, i) => {
        is(json.inference_share[i].year, year, 'the year');
        const { value: share, low, high } = json.inference_share[i];
        near(json.training_spend[i] + json.inference_spend[i], json.total_spend[i], `${id} ${year}: spend`);
        near(json.inference_spend[i] / json.total_spend[i], share, `${id} ${year}: the share`);
        if (low !== null) ok(low <= share && share <= high, `${id} ${year}: ${share} lies outside ${low} to ${high}`);
        near(json.seats.reduce((sum, seat) => sum + seat.revenue[i], 0), json.silicon_content[i] * json.total_spend[i], `${id} ${year}: the seats' revenue`);
      });
    }
    const narrow = (await server.get('/v1/scenarios/amd-base/projection?level=0.5')).json, wide = (await server.get('/v1/scenarios/amd-base/projection?level=0.99')).json;
    if (wide.bands.reason === null) ok(wide.inference_share[3].high - wide.inference_share[3].low > narrow.inference_share[3].high - narrow.inference_share[3].low, 'the wider band is not wider');
    is(narrow.bands.level, 0.5, 'the level');
  });
  await test('members of the question may come in the body or in the address, not in both', async () => {
    const body = await server.post('/v1/scenarios/amd-base/projection', { to: 2030, level: 0.8 });
    is((await server.get('/v1/scenarios/amd-base/projection?to=2030&level=0.8')).json, body.json, 'in the address');
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/scenarios/amd-base/projection?to=2030', { json: { to: 2031 } });
    is([json.errors[0].pointer, json.errors[0].code], ['/to', 'bad_parameter'], 'the fault');
  });
  await test('the whole range of what is legal is computable or says why not', async () => {
    for (const [what, changes] of [['one year', { horizon: 1 }], ['thirty years', { horizon: 30 }], ['no growth', { segments: [{ id: 'a', base: 0, growth: 0, margin: 0 }] }], ['losses', { segments: [{ id: 'a', base: 100, growth: 0.5, margin: -5 }] }], ['huge', { segments: [{ id: 'a', base: 1e9, growth: 10, margin: 1 }] }],
      ['a tiny price', { price: 1e-9 }], ['all shares', { dilution: { basic: 1e9, rsu: 1e9 } }], ['day one', { valuation_date: '2025-12-31' }], ['the last day', { valuation_date: '2026-12-30' }], ['a leap day', { base_year_end: '2024-02-29', valuation_date: '2025-02-27' }]]) {
      const answer = await server.post('/v1/valuation', { scenario: small(changes) });
      ok([200, 422].includes(answer.status), `${what}: ${answer.status}`);
      if (what !== 'huge') is(answer.status, 200, what);
    }
  });
  await test('a document of 32 seats, 32 segments and 256 observations is valued, and refused with one more', async () => {
    const observations = Array.from({ length: 256 }, (_, i) => ({ year: 2015 + i / 16, value: 1 / (1 + Math.exp(-0.5 * (2015 + i / 16 - 2024))) * 0.98 + 0.005 }));
    const big = { ...base, market: { ...base.market, inference_share: { curve: 'logistic', observations } }, seats: Array.from({ length: 32 }, (_, i) => ({ id: `s${i}`, training: 0.03, inference: 0.03 })), segments: Array.from({ length: 32 }, (_, i) => ({ id: `g${i}`, seat: `s${i}`, margin: 0.3, chair: i === 0 })) };
    for (const name of NAMES) await server.expect(200, 'POST', `/v1/${name}`, { json: { scenario: big } });
    for (const [pointer, more] of [['/seats', { ...big, seats: [...big.seats, { id: 'x', training: 0, inference: 0 }] }], ['/segments', { ...big, segments: [...big.segments, { id: 'x', base: 1, growth: 0, margin: 0 }] }],
      ['/market/inference_share/observations', { ...big, market: { ...big.market, inference_share: { curve: 'logistic', observations: [...observations, observations[0]] } } }]]) {
      const { json } = await server.refuse('invalid-scenario', 'POST', '/v1/valuation', { json: { scenario: more } });
      is([json.errors[0].pointer, json.errors[0].code], [pointer, 'wrong_length'], pointer);
    }
  });
  await test('a projection needs a market and a chair question a chair', async () => {
    for (const [name, pointer] of [['projection', '/market'], ['chair', '/chair']]) {
      const { json } = await server.refuse('not-computable', 'POST', `/v1/${name}`, { json: { scenario: small() } }).catch(() => server.refuse('invalid-question', 'POST', `/v1/${name}`, { json: { scenario: small() } }));
      is([json.errors[0].pointer, json.errors[0].code], [pointer, 'missing'], name);
    }
  });
  await test('questions about what is not there are 404, whatever is overridden', async () => {
    for (const name of NAMES) {
      await server.refuse('not-found', 'GET', `/v1/scenarios/nobody/${name}?set=/price:1`);
      await server.refuse('not-found', 'POST', `/v1/${name}`, { json: { scenario: 'nobody' } });
      await server.refuse('not-found', 'POST', `/v1/scenarios/nobody/${name}`, { json: {} });
      await server.refuse('not-found', 'GET', `/v1/scenarios/amd-base/${name}?revision=2`);
    }
  });
  await test('all members at fault are named, not the first one', async () => {
    for (const [name, json, ...places] of [['returns', { price: 'high', reinvestment_rate: 11, target_return: -1 }, '/price wrong_type', '/reinvestment_rate out_of_range', '/target_return out_of_range'],
      ['projection', { to: 2027.5, level: 1 }, '/to not_an_integer', '/level out_of_range'], ['implied', { price: 0, pointer: '/discount/wacc', low: 'x', high: 0.2 }, '/price out_of_range', '/low wrong_type'],
      ['sensitivity', { method: 'inference', level: 2, year: 2027.5 }, '/level out_of_range', '/year not_an_integer'],
      ['sensitivity', { method: 'sobol', drivers: [{ pointer: '/terminal/wacc', low: 0.08, high: 0.1 }], randomisations: 1, seed: 0.5, paths: 1000 }, '/randomisations out_of_range', '/seed not_an_integer', '/paths out_of_range'],
      ['simulation', { paths: 'many', seed: 0.5, level: 7 }, '/seed not_an_integer', '/paths wrong_type', '/level out_of_range']]) {
      const { json: problem } = await server.refuse('invalid-question', 'POST', `/v1/scenarios/amd-uncertain/${name}`, { json });
      is(problem.errors.map(({ pointer, code }) => `${pointer} ${code}`), places, name);
    }
  });
}
