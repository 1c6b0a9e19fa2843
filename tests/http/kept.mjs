// Answers that are given again: the same bytes, its own request, and never one that a write has made old.
import { fail, is, ok, scenario, small, test } from './harness.mjs';
import { ended } from './jobs.mjs';
import http from 'node:http';

export default async function kept({ server }) {
  const recalled = async () => Number(/^secondchair_requests_recalled_total (\d+)$/m.exec((await server.get('/metrics')).text)[1]);
  // What body() asks is answered from what is kept so many times.
  const recalls = async (times, body) => { const before = await recalled(); const value = await body(); is(await recalled() - before, times, 'answers that were kept'); return value; };
  const agents = [new http.Agent({ keepAlive: true, maxSockets: 1 }), new http.Agent({ keepAlive: true, maxSockets: 1 })];

  await test('the second answer has the bytes and the ETag of the first, and a request id of its own', async () => {
    for (const target of ['valuation', 'chair', 'projection', 'returns', 'sensitivity', 'comparison?with=amd-bull', 'valuation?inputs=true', 'valuation?set=/discount/wacc:0.0937'].map(name => `/v1/scenarios/amd-base/${name}`)) {
      const first = await server.expect(200, 'GET', target);
      const again = await recalls(1, () => server.expect(200, 'GET', target, { headers: { 'X-Request-Id': 'mine-1' } }));
      is([again.text, again.headers.etag, again.headers['cache-control'], again.headers.vary], [first.text, first.headers.etag, first.headers['cache-control'], first.headers.vary], target);
      is(again.headers['x-request-id'], 'mine-1', 'the id of the request');
      is(again.headers['server-timing'], 'parse;dur=0.000, db;dur=0.000, model;dur=0.000, encode;dur=0.000', 'where the time went');
    }
  });
  await test('who has the answer is told so, and HEAD has its fields', () => recalls(3, async () => {
    const target = '/v1/scenarios/amd-base/valuation', { headers } = await server.expect(200, 'GET', target);
    const known = await server.expect(304, 'GET', target, { headers: { 'If-None-Match': headers.etag } });
    is([known.text, known.headers.etag], ['', headers.etag], 'not modified');
    const head = await server.expect(200, 'HEAD', target);
    is([head.text, head.headers.etag, head.headers['content-length']], ['', headers.etag, headers['content-length']], 'HEAD');
  }));
  await test('another type, address or body is another answer', async () => {
    const target = '/v1/scenarios/amd-base/projection', json = await server.expect(200, 'GET', target);
    const csv = await server.expect(200, 'GET', target, { headers: { Accept: 'text/csv' } });
    ok(csv.headers['content-type'].startsWith('text/csv') && csv.headers.etag !== json.headers.etag, 'a table');
    const ask = overrides => server.expect(200, 'POST', '/v1/scenarios/amd-base/valuation', { json: { overrides } });
    const moved = await Promise.all([200, 250].map(price => ask([{ pointer: '/price', value: price }])));
    is(moved.map(answer => answer.json.price), [200, 250], 'prices');
    await recalls(1, async () => is((await ask([{ pointer: '/price', value: 250 }])).text, moved[1].text, 'the question sent again'));
  });
  await test('a write is seen by whoever asks after its answer, on any connection, and through variants of variants', async () => {
    const { id } = await server.store(scenario('amd-base'));
    const { json: child } = await server.expect(201, 'POST', `/v1/scenarios/${id}/variants`, { json: { name: 'Child', overrides: [{ pointer: '/discount', value: { wacc: 0.09 } }] } });
    const { json: grandchild } = await server.expect(201, 'POST', `/v1/scenarios/${child.id}/variants`, { json: { name: 'Grandchild', overrides: [{ pointer: '/chair/hazard', value: 0.07 }] } });
    const ids = [id, child.id, grandchild.id];
    const ask = (target, agent) => server.expect(200, 'GET', target, { agent });
    for (let price = 200; price < 220; price++) {
      await server.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { price }, headers: { 'If-Match': '*' }, agent: agents[price % 2] });
      for (const agent of agents)
        for (const each of ids) {
          is((await ask(`/v1/scenarios/${each}/valuation`, agent)).json.price, price, 'the price');
          is((await ask(`/v1/scenarios/${each}`, agent)).json.document.price, price, 'the document\'s price');
        }
    }
    const values = await Promise.all(ids.map(async each => (await ask(`/v1/scenarios/${each}/valuation`)).json.value_per_share));
    is(new Set(values).size, 3, 'values of the three');
    await server.expect(204, 'DELETE', `/v1/scenarios/${grandchild.id}`, { headers: { 'If-Match': '*' } });
    for (const agent of agents) await server.expect(404, 'GET', `/v1/scenarios/${grandchild.id}/valuation`, { agent });
    await server.expect(200, 'POST', `/v1/scenarios/${grandchild.id}/restore`);
    for (const agent of agents) is((await ask(`/v1/scenarios/${grandchild.id}/valuation`, agent)).json.value_per_share, values[2], 'the value after it was restored');
  });
  await test('a list has what was created before it was asked for', async () => {
    for (let i = 0; i < 10; i++) {
      const before = await server.get('/v1/scenarios?q=keptlist');
      is(before.json.items.length, i, 'the list');
      await server.store(small({ name: `keptlist ${i}` }));
    }
  });
  await test('who prefers a job has a new one each time, and its result is the answer', () => recalls(1, async () => {
    const target = '/v1/scenarios/amd-base/valuation', question = { json: { overrides: [{ pointer: '/price', value: 260 }] } };
    const { text } = await server.expect(200, 'POST', target, question);
    const jobs = [];
    for (let i = 0; i < 2; i++) jobs.push((await server.expect(202, 'POST', target, { ...question, headers: { Prefer: 'respond-async' } })).json.id);
    ok(jobs[0] !== jobs[1], 'two jobs');
    for (const id of jobs) {
      is((await ended(server, id)).state, 'done', 'the job');
      is((await server.expect(200, 'GET', `/v1/jobs/${id}/result`)).text, text, 'the result');
    }
    await server.expect(200, 'POST', target, question);
    await server.expect(200, 'POST', target, question);
  }));
  await test('problems are not kept', () => recalls(0, async () => {
    for (let i = 0; i < 3; i++) await server.refuse('not-found', 'GET', '/v1/scenarios/nobody-at-all/valuation');
  }));
  for (const agent of agents) agent.destroy();
  const elsewhere = async (flags, body) => {
    const other = await new server.constructor(server.binary, { flags }).start();
    try { await body(other); } finally { await other.stop(); }
  };
  await test('the service may be told to keep nothing', () => elsewhere(['--answer-cache', '0', '--plan-cache', '0'], async other => {
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push((await other.expect(200, 'GET', '/v1/scenarios/amd-base/valuation?set=/price:250')).text);
    is(new Set(answers).size, 1, 'different answers');
    is(answers[0], (await server.expect(200, 'GET', '/v1/scenarios/amd-base/valuation?set=/price:250')).text, 'the answer of one that keeps');
    if (!/^secondchair_requests_recalled_total 0$/m.test((await other.get('/metrics')).text)) fail('something was kept');
  }));
  await test('where scenarios alone are kept, a write is seen by whoever asks after its answer', () => elsewhere(['--answer-cache', '0'], async other => {
    const { id } = await other.store(scenario('amd-base'));
    const { json: child } = await other.expect(201, 'POST', `/v1/scenarios/${id}/variants`, { json: { name: 'Child', overrides: [{ pointer: '/chair/hazard', value: 0.07 }] } });
    const whole = async (each, wacc) => (await other.expect(200, 'POST', '/v1/valuation', { json: { scenario: (await other.expect(200, 'GET', `/v1/scenarios/${each}`)).json.document, overrides: [{ pointer: '/discount/wacc', value: wacc }] } })).json;
    for (let price = 200; price < 210; price++) {
      await other.expect(200, 'PATCH', `/v1/scenarios/${id}`, { merge: { price }, headers: { 'If-Match': '*' } });
      for (const each of [id, child.id]) {
        const wacc = 0.08 + price / 1e5, { json } = await other.expect(200, 'GET', `/v1/scenarios/${each}/valuation?set=/discount/wacc:${wacc}`);
        const { scenario: { sha256 }, value_per_share } = await whole(each, wacc);
        is([json.price, json.scenario.sha256, json.value_per_share], [price, sha256, value_per_share], each);
        is((await other.expect(200, 'GET', `/v1/scenarios/${each}/valuation`)).json.price, price, 'the price');
      }
    }
  }));
}
