// Many questions in one call: each has the answer that it has by itself, byte for byte, in its place, whatever becomes
// of the others; answers leave while later ones are computed, and who leaves stops the work.
import http from 'node:http';
import { contract, csv, fail, is, ok, scenario, Server, sleep, small, test } from './harness.mjs';

const NDJSON = 'application/x-ndjson';
const lines = text => { ok(text === '' || text.endsWith('\n'), 'the last line has no end'); return text.split('\n').slice(0, -1); };
const validItem = item => { const validate = contract.validator('/components/schemas/BatchAnswer'); if (!validate(item)) fail(`the line ${contract.ajv.errorsText(validate.errors)}: ${JSON.stringify(item).slice(0, 300)}`); return item; };

export default async function batch({ server, binary }) {
  const base = scenario('amd-base');
  const ask = async (body, options) => (await server.expect(200, 'POST', '/v1/batch', { json: body, ...options })).json;
  // The lines as text, each held against the description.
  const askLines = async (questions, query = '', on = server) => {
    const body = questions.map(one => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n');
    const answer = await on.expect(200, 'POST', `/v1/batch${query}`, { ndjson: body, headers: { Accept: NDJSON } });
    is(answer.headers['content-type'], NDJSON, 'the type');
    const texts = lines(answer.text), items = texts.map(text => validItem(JSON.parse(text)));
    items.forEach((item, i) => is(item.index, i, `the index of line ${i}`));
    return { texts, items };
  };
  const metrics = async (on = server) => { const { text } = await on.get('/metrics'); return name => Number(new RegExp(`^secondchair_${name} (\\d+)$`, 'm').exec(text)?.[1]); };
  // Until nothing is computed any more; the metrics then.
  const idle = async (on = server) => {
    for (const end = Date.now() + 60000; ;) {
      const value = await metrics(on);
      if (value('pool_running') + value('pool_queued') === 0) return value;
      ok(Date.now() < end, 'computations go on for ever');
      await sleep(10);
    }
  };
  // Compares a line with what the same question answers by itself: the answer's bytes, or the problem but for its instance.
  const alone = async ({ id, question = 'valuation', revision, fields, ...rest }) => server.ask('POST', `/v1/${question}${revision ? `?revision=${revision}` : ''}`, { json: rest });
  const same = (question, single, text, item) => {
    const what = JSON.stringify(question).slice(0, 200);
    is(item.status, single.status, `the status of ${what}`);
    if (item.status === 200) {
      const begin = text.indexOf('"answer":') + '"answer":'.length;
      ok(text.slice(begin, -1) === single.text, () => `${what} answers ${text.slice(begin, begin + 300)}, by itself ${single.text.slice(0, 300)}`);
    } else {
      const { instance, ...problem } = single.json;
      is(item.problem, problem, `the problem of ${what}`);
    }
  };
  const compare = async (questions, chunk = 16) => {
    const { texts, items } = await askLines(questions);
    is(items.length, questions.length, 'answers');
    for (let i = 0; i < questions.length; i += chunk)
      await Promise.all(questions.slice(i, i + chunk).map(async (question, k) => same(question, await alone(question), texts[i + k], items[i + k])));
    return items;
  };

  await test('every driver moved here and there has the answer that it has by itself, the same bytes', async () => {
    for (const [id, step] of [['amd-base', 1], ['amd-bull', 19], ['nvda-base', 13]]) {
      const { inputs } = (await server.get(`/v1/scenarios/${id}/valuation?inputs=true`)).json;
      const questions = inputs.filter((_, i) => i % step === 0).flatMap(({ pointer, value }) =>
        [value, value * 1.05, 0, -1, 1e9].map(to => ({ scenario: id, overrides: [{ pointer, value: to }] })));
      const items = await compare(questions);
      const good = items.filter(item => item.status === 200).length;
      ok(good > items.length / 4 && good < items.length, `${good} of ${items.length} answered`);
    }
  });
  await test('questions of every kind, of stored scenarios and of documents, alone and amid others, likewise', async () => {
    const geometric = small({ discount: { wacc: { start: 0.1, end: 0.08, shape: 'geometric' } } });
    const points = { ...base, market: { ...base.market, inference_share: { curve: 'pchip', points: [[2024, 0.3], [2028, 0.6], [2034, 0.8]] } } };
    const move = (pointer, value) => ({ pointer, value });
    const stored = await server.store(small({ name: 'For batches' }));
    await server.expect(200, 'PATCH', `/v1/scenarios/${stored.id}`, { merge: { price: 12 }, headers: { 'If-Match': '*' } });
    const kinds = [
      {}, { question: 'valuation' }, { question: 'chair' }, { question: 'projection', to: 2032 }, { question: 'returns', price: 200, target_return: 0.1 },
      { question: 'implied', pointer: '/chair/hazard', low: 0, high: 0.5 }, { question: 'comparison', with: 'amd-bull' }, { question: 'implied', pointer: '/no/such', low: 0, high: 1 },
      { question: 'returns', price: -1 }, { question: 'projection', to: 'x' }, { question: 'chair', inputs: true }, { inputs: true }, { inputs: 1 },
    ];
    const subjects = [
      { scenario: 'amd-base' }, { scenario: 'amd-bear' }, { scenario: base }, { scenario: points }, { scenario: geometric }, { scenario: small() }, { scenario: 'no-such' }, { scenario: 7 }, {}, { scenario: {} },
      { scenario: stored.id, revision: 1 }, { scenario: stored.id }, { scenario: stored.id, revision: 3 }, { scenario: small({ discount: { wacc: 0.01 } }) },
    ];
    const overrides = [
      undefined, [], [move('/price', 250)], [move('/price', 250.5)], [move('/fair_band', 0.5), move('/price', 1e-9)], [move('/price', 250), move('/price', 251)], [move('/horizon', 7)], [move('/horizon', 3)],
      [move('/discount/wacc', 0.09)], [move('/discount/wacc', 0.2)], [move('/discount/wacc/end', 0.07)], [move('/discount/wacc/start', -0.05)], [move('/discount/wacc', { start: 0.1, end: 0.09 })], [move('/discount/wacc', 'x')], 7, [7], [{ pointer: '/price' }],
      [move('/market/inference_share/ceiling', 0.85)], [move('/market/inference_share/points/0/1', 0.7)], [move('/market/inference_share/observations/0/sigma', 0.3)], [move('/market/base_year', 2024)], [move('/operations/reinvestment/lag', 1)],
      [move('/terminal/growth', 0.2)], [move('/terminal/growth', 0.01), move('/chair/hazard', 0.02)], [move('/terminal/growth', 0.02), move('/chair/hazard', 0.03)], [{ pointer: '/price', value: 250, note: '' }], [move('/segments/0/margin', [0.1])],
    ];
    const questions = [];
    for (const kind of kinds) for (const subject of subjects) questions.push({ ...kind, ...subject });
    for (const subject of subjects.slice(0, 6)) for (const some of overrides) questions.push({ ...subject, overrides: some }, { ...subject, question: 'chair', overrides: some, inputs: true });
    // In an order that mixes them all.
    const mixed = questions.map((question, i) => [(i * 7919) % questions.length, question]).sort(([a], [b]) => a - b).map(([, question]) => question);
    await compare(mixed);
  });
  await test('light answers are members of the whole ones, with the same bytes, and faults are those of the whole', async () => {
    const values = Array.from({ length: 300 }, (_, i) => -0.02 + 0.0004 * i); // the last ones reach the discount rate
    const names = [['value_per_share', 'upside', 'verdict'], ['price'], ['fair_band', 'verdict'], ['value_per_share', 'value_if_held'], ['scenario', 'value_per_share'], ['bridge', 'value_per_share', 'engine'], ['upside', 'upside']];
    const questions = values.map((value, i) => ({ scenario: 'amd-base', overrides: [{ pointer: '/terminal/growth', value }, ...(i % 5 ? [] : [{ pointer: i % 2 ? '/price' : '/fair_band', value: 0.4 }])], fields: names[i % names.length] }));
    const [whole, light] = [await askLines(questions.map(({ fields, ...question }) => question)), await askLines(questions)];
    ok(whole.items.some(item => item.status === 422) && whole.items.some(item => item.status === 200), 'some have no value');
    questions.forEach(({ fields }, i) => {
      if (whole.items[i].status !== 200) { is(light.items[i], whole.items[i], `line ${i}`); return; }
      const { answer } = light.items[i];
      is(Object.keys(answer).sort(), [...new Set(fields)].sort(), 'members');
      for (const [name, value] of Object.entries(answer)) ok(whole.texts[i].includes(`${JSON.stringify(name)}:${JSON.stringify(value)}`), () => `${name} is ${JSON.stringify(value)} in ${light.texts[i]}`);
      const order = Object.keys(whole.items[i].answer);
      is(Object.keys(answer), order.filter(name => fields.includes(name)), 'the order');
    });
  });
  await test('ten thousand questions are answered in their order', async () => {
    const value = i => 0.02 + i * 1e-6;
    const questions = Array.from({ length: 10000 }, (_, i) => ({ id: `q${i}`, overrides: [{ pointer: '/terminal/growth', value: value(i) }] }));
    const answer = await ask({ scenario: 'amd-base', fields: ['value_per_share'], questions });
    is([answer.answers.length, answer.answered, answer.failed, answer.engine], [10000, 10000, 0, (await server.get('/version')).json.engine], 'the count');
    answer.answers.forEach(({ index, id, status }, i) => ok(index === i && id === `q${i}` && status === 200, () => `answer ${i} is ${JSON.stringify(answer.answers[i])}`));
    for (const i of [0, 1, 63, 64, 4999, 9999]) {
      const single = await alone({ scenario: 'amd-base', overrides: questions[i].overrides });
      is(answer.answers[i].answer.value_per_share, single.json.value_per_share, `the value of ${i}`);
    }
    for (let i = 1; i < 10000; i++) ok(answer.answers[i].answer.value_per_share !== answer.answers[i - 1].answer.value_per_share, `the values of ${i - 1} and ${i} are the same`);
  });
  await test('ten thousand and one are refused, in either form', async () => {
    const questions = Array.from({ length: 10001 }, () => ({}));
    const body = await server.refuse('invalid-question', 'POST', '/v1/batch', { json: { scenario: 'amd-base', questions } });
    is([body.status, body.json.errors.map(({ pointer, code }) => [pointer, code])], [422, [['/questions', 'wrong_length']]], 'the fault');
    const text = await server.refuse('invalid-question', 'POST', '/v1/batch?scenario=amd-base', { ndjson: '{}\n'.repeat(10001) });
    is(text.json.errors.map(({ pointer, code }) => [pointer, code]), [['', 'wrong_length']], 'the fault of lines');
  });
  await test('one at fault does not spoil the others: its place is named as by itself, and its id said back', async () => {
    const { answers, answered, failed } = await ask({
      scenario: 'amd-base', fields: ['verdict'],
      questions: [{ id: 'good' }, { id: 7, overrides: [{ pointer: '/segments/0/marign', value: 1 }] }, { id: 'x', question: 'valuatoin' }, { id: {} }, { id: 'a'.repeat(257) }, { fields: [] }, { fields: ['verdikt', 'verdict', 7] }, { fields: ['verdikt', 'verdict'] }, { revision: 0 }, { revision: 1.5 }, { revision: 99 },
        { scenario: small(), revision: 1 }, { question: 'batch' }, { quest: 1 }, [], 7, null, { id: 1.5 }],
    });
    const told = answers.map(({ status, id, problem }) => [status, id, ...(problem?.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`)]);
    is(told, [[200, 'good'], [422, 7, '/overrides/0/pointer bad_pointer'], [422, 'x', '/question bad_choice'], [422, undefined, '/id wrong_type'], [422, undefined, '/id wrong_length'], [422, undefined, '/fields wrong_length'], [422, undefined, '/fields/2 wrong_type'], [422, undefined, '/fields/0 unknown_field'],
      [422, undefined, '/revision out_of_range'], [422, undefined, '/revision wrong_type'], [404, undefined], [400, undefined], [422, undefined, '/question bad_choice'], [422, undefined, '/quest unknown_field'], [422, undefined, ' wrong_type'], [422, undefined, ' wrong_type'], [422, undefined, ' wrong_type'], [200, 1.5]], 'what is said');
    is([answered, failed], [2, 16], 'the counts');
    const named = [...answers[2].problem.errors[0].detail.split(';')[0].matchAll(/`(\w+)`/g)].map(([, name]) => name);
    is(named, contract.api.components.schemas.BatchQuestionName.enum, 'the questions that there are');
    ok(answers[2].problem.detail.includes('did you mean `valuation`?') && answers[7].problem.detail.includes('did you mean `verdict`?'), 'suggestions');
  });
  await test('a question that is not JSON is its own fault, in either form', async () => {
    const good = '{"scenario":"amd-base","fields":["verdict"]}';
    const bad = ['nope', '{"scenario":', '{"a":1,"a":2}', '{"scenario":{"price":1e999}}', '"\u0001"', '{"a":'.repeat(40) + '1' + '}'.repeat(40), `{"a":[${'0,'.repeat(20001)}0]}`, '{} {}', '﻿{}'];
    const { items } = await askLines([good, ...bad, good]);
    is(items.map(item => [item.status, item.problem?.type]), [[200, undefined], [400, '/problems/not-json'], [400, '/problems/not-json'], [422, '/problems/invalid-question'], [422, '/problems/invalid-scenario'], [400, '/problems/not-json'], [413, '/problems/body-too-large'], [413, '/problems/body-too-large'], [400, '/problems/not-json'], [400, '/problems/not-json'], [200, undefined]], 'lines');
    const inside = ['nope', 'no,pe', '{"a":1,"a":2}', '{} {}', '"a" "b"', '1 2'];
    const { json } = await server.expect(200, 'POST', '/v1/batch', { body: `{"questions": [${good}, ${inside.join(' , ')}\n,${good} ] }`, headers: { 'Content-Type': 'application/json' } });
    is(json.answers.map(item => item.status), [200, 400, 400, 400, 422, 400, 400, 400, 200], 'elements');
  });
  await test('lines end as they like, and blank ones are none', async () => {
    const { items } = await askLines(['', '{"fields":["price"]}\r', '  ', '\t{"fields":["price"]} \r', ''], '?scenario=amd-base');
    is(items.map(item => item.answer), [{ price: 300 }, { price: 300 }], 'answers');
    is((await askLines(['\n\n'])).items, [], 'nothing');
    is(await ask({ questions: [] }).then(({ answers, answered, failed }) => [answers, answered, failed]), [[], 0, 0], 'no questions');
  });
  await test('what the batch says of all, a question may say otherwise; the query says it too', async () => {
    const stored = await server.store(small({ name: 'Two prices', price: 20 }));
    await server.expect(200, 'PATCH', `/v1/scenarios/${stored.id}`, { merge: { price: 30 }, headers: { 'If-Match': '*' } });
    const { answers } = await ask({ scenario: stored.id, revision: 1, question: 'valuation', fields: ['price'], questions: [{}, { revision: 2 }, { scenario: 'amd-base' }, { scenario: small({ price: 5 }) }, { question: 'returns' }, { fields: ['name', 'price'] }] });
    is(answers.map(item => item.answer), [{ price: 20 }, { price: 30 }, { price: 300 }, { price: 5 }, { price: 20 }, { name: 'Two prices', price: 20 }], 'answers');
    const { items } = await askLines(['{}', '{"question":"valuation"}'], `?scenario=${stored.id}&revision=1&question=returns&fields=price,annual_return`);
    is(items.map(item => item.answer ? Object.keys(item.answer) : item.problem.errors.map(error => error.pointer)), [['price', 'annual_return'], ['/fields/1']], 'by the query');
    const whole = await ask({ scenario: small({ price: 5 }), questions: [{ fields: ['price'] }, { overrides: [{ pointer: '/price', value: 6 }], fields: ['price'] }, { overrides: [{ pointer: '/price', value: 7 }], fields: ['price', 'scenario'] }, { revision: 1 }] });
    is(whole.answers.map(item => item.answer?.price ?? item.status), [5, 6, 7, 400], 'of a document for all');
    is(whole.answers[2].answer.scenario, (await alone({ scenario: small({ price: 7 }) })).json.scenario, 'its digest');
  });
  await test('a batch that cannot be read is refused as a whole, with all that is wrong', async () => {
    const blame = async (options, pairs, target = '/v1/batch') => {
      const { json } = await server.refuse('invalid-question', 'POST', target, options);
      is(json.errors.map(({ pointer, code }) => [pointer, code]), pairs, 'the faults');
    };
    await blame({ json: {} }, [['/questions', 'missing']]);
    await blame({ json: { questions: 7, extra: 1, question: 'x', scenario: 7, revision: 'a', fields: 'b' } }, [['/extra', 'unknown_field'], ['/questions', 'wrong_type'], ['/scenario', 'wrong_type'], ['/question', 'bad_choice'], ['/revision', 'wrong_type'], ['/fields', 'wrong_type']]);
    await blame({ json: [] }, [['', 'wrong_type']]);
    await blame({ json: [{}, {}] }, [['', 'wrong_type']]);
    await blame({ json: { questions: [], fields: [] } }, [['/fields', 'wrong_length']]);
    await blame({ json: { questions: [], scenario: 'a' } }, [['/scenario', 'bad_parameter']], '/v1/batch?scenario=b');
    await blame({ ndjson: '{}' }, [['/revision', 'wrong_type'], ['/fields/1', 'unknown_field']].slice(0, 1), '/v1/batch?revision=x');
    await blame({ json: { questions: [] }, headers: { Accept: 'text/csv' } }, [['/fields', 'missing']]);
    for (const count of [3, 60000]) await blame({ body: ` \n${JSON.stringify(Array.from({ length: count }, () => ({})))}`, headers: { 'Content-Type': 'application/json' } }, [['', 'wrong_type']]);
    await blame({ body: '{"questions": [], "questions": []}', headers: { 'Content-Type': 'application/json' } }, [['/questions', 'duplicate_key']]);
    await server.refuse('bad-request', 'POST', '/v1/batch?set=/price:1', { json: { questions: [] } });
    for (const [body, place] of [['{"questions": [{}, ]}', 'Line 1, column 20'], ['{"questions": [{}', 'Line 1'], ['{"questions":\n [{]}', 'Line 2'], ['{"questions": [],\n\n "fields" 7}', 'Line 3'], ['{"questions": [{}\n,{}\n], "fields": nope}', 'Line 3, column'], ['{"questions": []} x', 'Line 1'], ['{"questions"', 'Line 1'], ['', 'empty'], ['nope', 'Line 1']]) {
      const { json } = await server.refuse('not-json', 'POST', '/v1/batch', { body, headers: { 'Content-Type': 'application/json' } });
      ok(json.detail.includes(place), `${JSON.stringify(body)}: ${json.detail}`);
    }
    await server.refuse('body-too-large', 'POST', '/v1/batch', { body: `{"questions": [${'['.repeat(70)}${']'.repeat(70)}]}`, headers: { 'Content-Type': 'application/json' } });
    await server.refuse('not-json', 'POST', '/v1/batch', { headers: { 'Content-Type': NDJSON } });
    await server.refuse('unsupported-media-type', 'POST', '/v1/batch', { body: '{}', headers: { 'Content-Type': 'text/csv' } });
    await server.refuse('not-acceptable', 'POST', '/v1/batch', { json: { questions: [] }, headers: { Accept: 'text/html' } });
    await server.refuse('method-not-allowed', 'GET', '/v1/batch');
    await server.expect(405, 'HEAD', '/v1/batch');
    is((await server.expect(204, 'OPTIONS', '/v1/batch')).headers.allow, 'POST, OPTIONS', 'the methods');
    const escaped = await server.expect(200, 'POST', '/v1/batch', { body: '{"quest\\u0069ons": [{"scenario": "amd-base", "fields": ["price"]}]}', headers: { 'Content-Type': 'application/json' } });
    is(escaped.json.answered, 1, 'a name with an escape');
  });
  await test('a table has a row for each question and a column for each member', async () => {
    const questions = [{ id: 'a' }, { id: '=1+1', overrides: [{ pointer: '/price', value: 250 }] }, { id: 2, scenario: 'no-such' }, { overrides: [{ pointer: '/price', value: -1 }] }, { fields: ['price'] }, { question: 'chair', scenario: 'amd-base' }];
    const { text } = await server.expect(200, 'POST', '/v1/batch', { json: { scenario: 'amd-base', fields: ['price', 'verdict', 'name', 'scenario'], questions }, headers: { Accept: 'text/csv' } });
    const rows = csv(text), { json } = await server.get('/v1/scenarios/amd-base/valuation');
    is(Object.keys(rows[0]), ['index', 'id', 'status', 'price', 'verdict', 'name', 'scenario', 'detail'], 'columns');
    is(rows.map(row => [row.index, row.id, row.status, row.price, row.verdict]), [['0', 'a', '200', '300', 'fair'], ['1', '\'=1+1', '200', '250', 'cheap'], ['2', '2', '404', '', ''], ['3', '', '422', '', ''], ['4', '', '422', '', ''], ['5', '', '422', '', '']], 'rows');
    is([rows[0].name, JSON.parse(rows[0].scenario)], [json.name, json.scenario], 'a text, and an object as JSON');
    ok(rows[2].detail.includes('no-such') && rows[3].detail.includes('/price') && rows[4].detail.includes('columns'), 'details');
  });

  // ---- the stream
  const open = (body, { on = server, headers = {}, target = '/v1/batch', agent = false } = {}) => new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: on.port, method: 'POST', path: target, agent, headers: { 'Content-Type': 'application/json', Accept: NDJSON, ...headers } }, response => resolve({ request, response }));
    request.on('error', reject);
    request.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  // Lines as they come, until the predicate on their count; then the rest is the caller's.
  const readUntil = ({ response }, enough) => new Promise((resolve, reject) => {
    let text = '';
    const take = data => {
      text += data;
      if (!enough(text.split('\n').length - 1)) return;
      response.off('data', take);
      response.pause();
      resolve(text);
    };
    response.on('data', take);
    response.on('end', () => reject(new Error('the answer ended before')));
    response.on('error', reject);
  });
  const heavy = { question: 'comparison', scenario: 'amd-base', with: 'amd-bull' };

  await test('the first line comes while the last question is still to be asked; who leaves then stops the work', async () => {
    const before = await metrics();
    const stream = await open({ questions: Array.from({ length: 10000 }, () => heavy) });
    await readUntil(stream, count => count >= 1);
    const amid = await metrics();
    ok(amid('pool_running') + amid('pool_queued') > 0, 'nothing is computed any more');
    stream.request.destroy();
    const after = await idle();
    const [done, left] = ['answered', 'abandoned'].map(name => after(`batch_questions_${name}_total`) - before(`batch_questions_${name}_total`));
    ok(done >= 1 && left > 5000 && done + left === 10000, `${done} answered, ${left} abandoned`);
    is(after('requests_in_flight'), 1, 'requests in flight');
  });
  await test('a single question does not wait for a batch of the same client', async () => {
    const stream = await open({ questions: Array.from({ length: 10000 }, () => heavy) });
    await readUntil(stream, count => count >= 1);
    for (let i = 0; i < 5; i++) is((await alone({ scenario: 'amd-base', overrides: [{ pointer: '/price', value: 250 + i }] })).status, 200, 'the single question');
    const amid = await metrics();
    ok(amid('pool_running') + amid('pool_queued') > 0, 'the batch was over before');
    stream.request.destroy();
    await idle();
  });
  await test('a reader that stands still holds up its batch, not the memory, and gets all of it in the end', async () => {
    const one = await new Server(binary).start();
    try {
      const questions = Array.from({ length: 3000 }, (_, i) => ({ scenario: 'amd-base', overrides: [{ pointer: '/terminal/growth', value: 0.02 + i * 1e-6 }] }));
      const before = await metrics(one);
      const stream = await open({ questions }, { on: one });
      stream.response.pause();
      const held = await idle(one); // nothing is computed: the window is full
      const computed = held('batch_questions_answered_total') - before('batch_questions_answered_total');
      ok(computed > 64 && computed < 2700, `${computed} were computed`);
      let next = 0, rest = '';
      await new Promise((resolve, reject) => {
        stream.response.on('data', data => {
          rest += data;
          const all = rest.split('\n');
          rest = all.pop();
          for (const line of all) if (!line.startsWith(`{"index":${next++},"status":200,"answer":{"engine"`)) reject(new Error(`line ${next - 1} is ${line.slice(0, 100)}`));
        });
        stream.response.on('end', resolve);
        stream.response.on('error', reject);
        stream.response.resume();
      });
      is([next, rest], [3000, ''], 'lines');
      is((await idle(one))('batch_questions_answered_total'), 3000, 'answered');
    } finally { await one.stop(); }
  });
  await test('many batches at once, of many questions each, are each whole; a ninth must wait', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async (_, k) => {
      const { answers } = await ask({ scenario: 'amd-base', fields: ['value_per_share', 'enterprise_value'], questions: Array.from({ length: 400 }, (__, i) => ({ id: k * 1000 + i, overrides: [{ pointer: k % 2 ? '/discount/wacc/end' : '/terminal/growth', value: 0.07 + i * 1e-5 - (k % 2 ? 0 : 0.05) }] })) });
      return answers.every(({ id, status }, i) => status === 200 && id === k * 1000 + i);
    }));
    is(all, Array(8).fill(true), 'whole');
    // Told to go on with its body, a batch is held. Those before this are let go soon after their answer.
    const waiting = [], hold = () => new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: server.port, method: 'POST', path: '/v1/batch', agent: false, headers: { 'Content-Type': NDJSON, 'Content-Length': 100, Expect: '100-continue' } });
      request.on('continue', () => { waiting.push(request); resolve(100); });
      request.on('response', response => resolve(response.statusCode));
      request.on('error', reject);
      request.flushHeaders();
    });
    try {
      for (const end = Date.now() + 20000; waiting.length < 8;) if (await hold() !== 100) { ok(Date.now() < end, `${waiting.length} are held`); await sleep(10); }
      await server.refuse('overloaded', 'POST', '/v1/batch', { json: { questions: [] } });
    } finally { for (const request of waiting) { request.on('error', () => {}); request.destroy(); } }
    for (const end = Date.now() + 20000; (await server.ask('POST', '/v1/batch', { json: { questions: [] } })).status !== 200;) { ok(Date.now() < end, 'batches are refused for ever'); await sleep(10); }
  });
  await test('a body over batch_limit is too large; a batch that computes too long answers the rest with a problem', async () => {
    const one = await new Server(binary, { flags: ['--batch-limit', '300k', '--batch-work-ms', '1'] }).start();
    try {
      const questions = Array.from({ length: 3000 }, (_, i) => ({ ...heavy, id: i }));
      await one.refuse('body-too-large', 'POST', '/v1/batch', { json: { questions: [...questions, ...questions] } });
      const { json } = await one.expect(200, 'POST', '/v1/batch', { json: { questions } });
      const late = json.answers.filter(item => item.status === 503);
      ok(late.length > 2900 && late.every(({ problem, id, index }) => problem.type === '/problems/too-much-work' && id === index && problem.detail.includes(String(index))), () => `${late.length} were late: ${JSON.stringify(late[0])}`);
      is([json.failed, json.answered], [late.length, 3000 - late.length], 'the counts');
      contract.seen.problems.add('/problems/too-much-work');
    } finally { await one.stop(); }
  });
  await test('a drain lets a batch end, and breaks it off when its reader stands still', async () => {
    const one = await new Server(binary, { flags: ['--drain-timeout-ms', '2000'] }).start();
    const questions = Array.from({ length: 10000 }, () => ({ scenario: 'amd-base' }));
    const stream = await open({ questions }, { on: one });
    await readUntil(stream, count => count >= 1);
    stream.response.on('error', () => {});
    await one.stop();
    stream.request.destroy();
  });
}
