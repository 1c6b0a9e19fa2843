// Questions as jobs: accepted, computed, told, cancelled, kept, and taken up again after a restart; each answer is the
// very one that the question has at once.
import { csv, eventually, events, is, ok, scenario, Server, small, test } from './harness.mjs';
import http from 'node:http';

const ASYNC = { Prefer: 'respond-async' };
const ENDED = ['done', 'failed', 'cancelled'];
const base = scenario('amd-base');
const frontier = steps => ({ frontier: { x: { pointer: '/terminal/growth', low: 0, high: 0.05, steps }, y: { pointer: '/chair/hazard', low: 0, high: 0.5 } } });
const [LONG, SHORT] = [frontier(201), frontier(31)]; // with 30 years half a second on a machine that does nothing else; a fiftieth of that
const long = { ...base, horizon: 30, market: { ...base.market, growth: { start: 0.3, end: 0.03 } } };
const RANGES = { uncertainty: { drivers: [{ pointer: '/chair/hazard', distribution: { kind: 'uniform', low: 0, high: 0.1 } }] } };
const SET = { name: 'Ranges', members: [{ scenario: 'amd-uncertain', weight: 0.5 }, { scenario: 'amd-bear', weight: 0.5 }] };
const text = ({ status, headers, text: body }) => ({ status, type: headers['content-type'], etag: headers.etag, body });
// Of a problem all but its instance, which is of each request.
const plain = answer => (answer.json?.instance ? { ...text(answer), body: { ...answer.json, instance: '' } } : text(answer));

export const submit = async (server, target, question, headers = {}) => (await server.expect(202, 'POST', target, { json: question, headers: { ...ASYNC, ...headers } })).json;
// Occupies the jobs with work that takes as long as the test needs; free() cancels what is left of it.
export async function occupy(server, count = 8) {
  const ids = [];
  for (let i = 0; i < count; i++) ids.push((await submit(server, '/v1/implied', { scenario: long, ...LONG })).id);
  return { ids, free: async () => { for (const id of [...ids].reverse()) await server.ask('DELETE', `/v1/jobs/${id}`); } };
}
export const state = async (server, id) => (await server.expect(200, 'GET', `/v1/jobs/${id}`)).json;
export const ended = (server, id) => eventually(`job ${id} has ended`, async () => { const job = await state(server, id); return ENDED.includes(job.state) && job; });
const result = (server, id, options) => server.get(`/v1/jobs/${id}/result`, options);

// A stream that is being read: its events so far, whether it has ended, and how to go away.
export function follow(server, target, headers = {}) {
  const agent = new http.Agent(), stream = { text: '', over: false, close: () => agent.destroy() };
  const request = http.get({ host: '127.0.0.1', port: server.port, path: target, headers, agent }, response => {
    Object.assign(stream, { status: response.statusCode, headers: response.headers });
    response.on('data', data => { stream.text += data; });
    response.on('close', () => { stream.over = true; stream.whole = response.complete; });
  });
  request.on('error', () => { stream.over = true; });
  stream.events = () => events(stream.text.slice(0, stream.text.lastIndexOf('\n\n') + 2));
  stream.end = () => eventually(`${target} has ended`, () => stream.over);
  return stream;
}

export default async function jobs({ server, binary }) {
  const withServer = async (flags, body) => {
    const own = await new Server(binary, { flags }).start();
    try { await body(own); } finally { await own.stop(); }
  };

  await test('every question that is posted may be a job, whose answer is the very one that it has at once', async () => {
    const variant = (await server.expect(201, 'POST', '/v1/scenarios/amd-base/variants', { json: { name: 'Variant', overrides: [{ pointer: '/chair/hazard', value: 0.02 }] } })).json.id;
    const CASES = [['/v1/valuation', { scenario: base }], ['/v1/valuation', { scenario: 'amd-bull', overrides: [{ pointer: '/terminal/growth', value: 0.02 }], inputs: true }], [`/v1/scenarios/${variant}/chair?set=/discount/wacc:0.1`, {}], ['/v1/scenarios/amd-base/projection?to=2033', { level: 0.8 }],
      [`/v1/scenarios/${variant}/returns`, { price: 250 }], ['/v1/comparison', { scenario: 'amd-base', with: 'amd-bear' }], ['/v1/implied', { scenario: 'nvda-base', pointer: '/discount/wacc', low: 0.05, high: 0.2 }], ['/v1/scenarios/amd-base/implied', SHORT],
      ['/v1/curves/fit', { set: 'gartner' }], ['/v1/sensitivity', { scenario: 'amd-base', method: 'tornado' }], ['/v1/simulation', { scenario: 'amd-uncertain', paths: 1024 }], ['/v1/sets/amd-view/valuation', {}], ['/v1/sets/amd-view/simulation', { paths: 1024, ...RANGES }], ['/v1/sets/simulation', { set: SET, paths: 1024 }], ['/v1/sets/valuation', { set: SET }],
      ['/v1/batch', { questions: Array.from({ length: 50 }, (_, i) => ({ scenario: 'amd-base', overrides: [{ pointer: '/price', value: i }] })), question: 'returns', fields: ['annual_return'] }]];
    const asked = [];
    for (const [target, question] of CASES)
      for (const Accept of ['application/json', ...(target.includes('curves') ? [] : target.includes('batch') ? ['application/x-ndjson', 'text/csv'] : ['text/csv'])]) {
        const job = await submit(server, target, question, { Accept });
        asked.push({ job, target, question, Accept });
        await ended(server, job.id);
      }
    for (const { job, target, question, Accept } of asked) {
      is((await state(server, job.id)).state, 'done', `the state of ${target} as ${Accept}`);
      const atOnce = await server.post(target, question, { headers: { Accept } });
      is(atOnce.status, 200, `${target} at once`);
      const later = text(await result(server, job.id));
      ok(later.etag, 'it has no ETag');
      is({ ...later, etag: atOnce.headers.etag && later.etag }, text(atOnce), `the answer of ${target} as ${Accept}`);
    }
  });
  await test('what is accepted is described, with where to ask again', async () => {
    const { json: job, headers } = await server.expect(202, 'POST', '/v1/scenarios/amd-base/valuation?set=/price:250', { json: {}, headers: { Prefer: 'wait=10, Respond-Async; why="a, b"' } });
    is([headers.location, headers['preference-applied'], headers['cache-control']], [`/v1/jobs/${job.id}`, 'respond-async', 'no-store'], 'the fields');
    is([job.state, job.question, job.target, job.started_at, job.finished_at, job.progress, job.result, job.events], ['queued', 'valuation', '/v1/scenarios/amd-base/valuation?set=/price:250', null, null, 0, `/v1/jobs/${job.id}/result`, `/v1/jobs/${job.id}/events`], 'the job');
    const done = await ended(server, job.id);
    is([done.state, done.progress, done.created_at], ['done', 1, job.created_at], 'the job when it is done');
    ok(done.created_at < done.started_at && done.started_at < done.finished_at, JSON.stringify(done));
  });
  await test('a preference that is none of ours, or of a GET, changes nothing', async () => {
    for (const Prefer of ['respond-asynchronously', 'wait="1, respond-async"', 'x=respond-async', ''])
      await server.expect(200, 'POST', '/v1/scenarios/amd-base/returns', { json: {}, headers: { Prefer } });
    await server.expect(200, 'GET', '/v1/scenarios/amd-base/returns', { headers: ASYNC });
  });
  await test('a job is no stream: where one is preferred, it is the job', async () => {
    const job = await submit(server, '/v1/comparison', { scenario: 'amd-base', with: 'amd-bull' }, { Accept: 'text/event-stream' });
    await ended(server, job.id);
    is((await result(server, job.id)).headers['content-type'], 'application/json', 'the type of its answer');
  });
  await test('what can be refused at once is, as without the preference, and makes no job', async () => {
    const count = async () => (await server.get('/v1/jobs?limit=200')).json.items.length;
    const before = await count();
    const options = { headers: ASYNC };
    for (const [name, target, request] of [['not-json', '/v1/valuation', { body: '{', headers: { ...ASYNC, 'Content-Type': 'application/json' } }], ['invalid-question', '/v1/implied', { json: { scenario: base, pointer: '/price/x', low: 0, high: 1 } }], ['invalid-question', '/v1/comparison', { json: { scenario: base, wiht: 'amd-bull' } }],
      ['invalid-scenario', '/v1/valuation', { json: { scenario: { ...base, horizon: 0 } } }], ['not-found', '/v1/comparison', { json: { scenario: base, with: 'absent' } }], ['not-found', '/v1/scenarios/absent/implied', { json: LONG }], ['bad-request', '/v1/valuation?x=1', { json: { scenario: base } }],
      ['unsupported-media-type', '/v1/valuation', { body: '{}', headers: { ...ASYNC, 'Content-Type': 'text/plain' } }], ['not-acceptable', '/v1/valuation', { json: { scenario: base }, headers: { ...ASYNC, Accept: 'image/png' } }]]) {
      const refused = await server.refuse(name, 'POST', target, { ...options, ...request });
      const { Prefer, ...headers } = request.headers ?? {};
      is(plain(refused), plain(await server.ask('POST', target, { ...request, headers })), `${name} at ${target}`);
    }
    is(await count(), before, 'jobs');
    const { headers } = await server.post('/v1/valuation', { scenario: base });
    await server.expect(304, 'POST', '/v1/valuation', { json: { scenario: base }, headers: { ...ASYNC, 'If-None-Match': headers.etag } });
  });
  await test('what fails amid the work is a failed job, whose result is the problem', async () => {
    const question = { scenario: small({ horizon: 10 }), with: base };
    const job = await submit(server, '/v1/comparison', question), done = await ended(server, job.id);
    is(done.state, 'failed', 'the state');
    const atOnce = await server.post('/v1/comparison', question), got = await result(server, job.id);
    is(plain(got), plain(atOnce), 'the result');
    is(got.json.instance, got.headers['x-request-id'], 'its instance');
    is({ ...done.problem, instance: '' }, { ...atOnce.json, instance: '' }, 'the problem of the job');
  });
  await test('an answer that is larger than a job keeps is a problem', async () => {
    const job = await submit(server, '/v1/batch', { questions: Array.from({ length: 700 }, () => ({ scenario: 'amd-base', inputs: true })) });
    is((await ended(server, job.id)).state, 'failed', 'the state');
    await server.refuse('body-too-large', 'GET', `/v1/jobs/${job.id}/result`);
  });
  await test('the answer is of the scenarios as they were when the job was accepted', async () => {
    const parent = await server.store({ ...small(), name: 'Parent' });
    const child = (await server.expect(201, 'POST', `/v1/scenarios/${parent.id}/variants`, { json: { name: 'Child', overrides: [{ pointer: '/price', value: 12 }] } })).json;
    const other = await server.store({ ...small({ price: 11 }), name: 'Other' });
    const [target, question] = [`/v1/scenarios/${child.id}/comparison`, { with: other.id }];
    const busy = await occupy(server), before = await server.post(target, question);
    const job = await submit(server, target, question);
    await server.expect(200, 'PATCH', `/v1/scenarios/${parent.id}`, { merge: { terminal: { growth: 0.03 } }, headers: { 'If-Match': '*' } });
    await server.expect(200, 'PUT', `/v1/scenarios/${other.id}`, { json: small({ price: 99 }), headers: { 'If-Match': '*' } });
    await server.expect(204, 'DELETE', `/v1/scenarios/${child.id}`);
    await server.expect(404, 'POST', target, { json: question });
    await busy.free();
    is((await ended(server, job.id)).state, 'done', 'the state');
    is(text(await result(server, job.id)), text(before), 'the answer');
  });
  await test('a simulation of a set is of the set and of its members as they were, is listed, and can be refused at once', async () => {
    const member = await server.store({ ...small({ uncertainty: { drivers: [{ pointer: '/bridge/cash', distribution: { kind: 'normal', mean: 50, sd: 10 } }] } }), name: 'Member' });
    const { id } = (await server.expect(201, 'POST', '/v1/sets', { json: { name: 'A set', members: [{ scenario: member.id, weight: 0.5 }, { scenario: 'amd-base', weight: 0.5 }] } })).json;
    const target = `/v1/sets/${id}/simulation`, question = { paths: 1024, price: 50 }, busy = await occupy(server), before = await server.post(target, question);
    is(before.status, 200, 'at once');
    const job = await submit(server, target, question);
    const listed = (await server.get('/v1/jobs?state=queued')).json.items.find(one => one.id === job.id);
    is([listed.question, listed.target], ['simulation', target], 'the job in the list');
    await server.expect(200, 'PATCH', `/v1/scenarios/${member.id}`, { merge: { terminal: { growth: 0.03 } }, headers: { 'If-Match': '*' } });
    await server.expect(200, 'PUT', `/v1/sets/${id}`, { json: { name: 'Another', members: [{ scenario: 'amd-bear', weight: 1 }] }, headers: { 'If-Match': '*' } });
    ok((await server.post(target, { ...question, ...RANGES })).text !== before.text, 'the answer is the same now');
    await busy.free();
    is((await ended(server, job.id)).state, 'done', 'the state');
    is(text(await result(server, job.id)), text(before), 'the answer');
    for (const [name, at, refused] of [['not-found', '/v1/sets/absent/simulation', {}], ['invalid-question', target, { paths: 1 }], ['invalid-question', '/v1/sets/simulation', { set: SET, wiht: 1 }], ['not-found', '/v1/sets/simulation', { set: { ...SET, members: [{ scenario: 'absent', weight: 1 }] } }]]) {
      const options = { json: refused }, atOnce = await server.ask('POST', at, options);
      is(plain(await server.ask('POST', at, { ...options, headers: ASYNC })), plain(atOnce), `${name} at ${at}`);
      ok(atOnce.status >= 400, `${at} was answered`);
    }
  });
  await test('an answer that is not there yet is 409, of a cancelled job 404; of one at hand 304', async () => {
    const busy = await occupy(server), last = busy.ids.at(-1), refused = await server.refuse('job-not-done', 'GET', `/v1/jobs/${last}/result`);
    is([refused.status, refused.headers['retry-after']], [409, '1'], 'the answer');
    await server.expect(204, 'DELETE', `/v1/jobs/${last}`);
    is([(await state(server, last)).state, (await state(server, last)).started_at], ['cancelled', null], 'one that waited');
    const running = await eventually('one that runs is cancelled', async () => {
      const found = (await server.get('/v1/jobs?state=running')).json.items[0];
      if (!found || (await server.ask('DELETE', `/v1/jobs/${found.id}`)).status !== 204) return false;
      const { status, json } = await server.get(`/v1/jobs/${found.id}`); // it may have ended before: then it is gone
      return status === 200 && json;
    });
    ok(running.state === 'cancelled' && running.started_at && running.finished_at, JSON.stringify(running));
    for (const id of [last, running.id]) await server.refuse('not-found', 'GET', `/v1/jobs/${id}/result`);
    await busy.free();
    const third = await submit(server, '/v1/returns', { scenario: 'amd-base' });
    is((await ended(server, third.id)).state, 'done', 'the job after those that were cancelled');
    const { headers } = await result(server, third.id);
    await server.expect(304, 'GET', `/v1/jobs/${third.id}/result`, { headers: { 'If-None-Match': headers.etag } });
    const { headers: { etag } } = await server.get(`/v1/jobs/${third.id}`);
    await server.expect(304, 'GET', `/v1/jobs/${third.id}`, { headers: { 'If-None-Match': etag } });
  });
  await test('DELETE removes a job that has ended, and what is not there is 404 everywhere', async () => {
    const { id } = await submit(server, '/v1/chair', { scenario: 'amd-base' });
    await ended(server, id);
    await server.expect(204, 'DELETE', `/v1/jobs/${id}`);
    for (const [method, target] of [['GET', `/v1/jobs/${id}`], ['DELETE', `/v1/jobs/${id}`], ['GET', `/v1/jobs/${id}/result`], ['GET', `/v1/jobs/${id}/events`], ['GET', `/v1/events?job=${id}`]]) await server.refuse('not-found', method, target);
    await server.refuse('bad-request', 'GET', '/v1/jobs/x?y=1');
  });
  await test('a list is newest first, in pages, of one state, and as a table', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift((await submit(server, '/v1/returns', { scenario: 'amd-base', price: 100 + i })).id);
    for (const id of ids) await ended(server, id);
    const all = (await server.get('/v1/jobs?limit=200')).json.items;
    is(all.slice(0, 5).map(job => job.id), ids, 'the newest');
    const paged = [];
    for (let next = '/v1/jobs?limit=2'; next;) {
      const { json, headers } = await server.get(next);
      paged.push(...json.items);
      is(Boolean(json.next), Boolean(headers.link), 'the link');
      next = json.next && /<(.+)>; rel="next"/.exec(headers.link)[1];
    }
    is(paged, all, 'the pages');
    for (const wanted of ['queued', 'running', ...ENDED]) is((await server.get(`/v1/jobs?state=${wanted}&limit=200`)).json.items, all.filter(job => job.state === wanted), wanted);
    ok(ENDED.every(one => all.some(job => job.state === one)), 'a state is not among them');
    const rows = csv((await server.get('/v1/jobs?limit=5', { headers: { Accept: 'text/csv' } })).text);
    is(rows.map(row => [row.id, row.state, row.question, row.target, row.created_at, row.progress]), all.slice(0, 5).map(job => [job.id, job.state, job.question, job.target, job.created_at, String(job.progress)]), 'the table');
    await server.refuse('bad-request', 'GET', '/v1/jobs?state=doing');
  });

  await test('the events of a job tell its progress and its end; who has had them all and asks again is told nothing', async () => {
    const { id } = await submit(server, '/v1/implied', { scenario: base, ...frontier(61) });
    const stream = follow(server, `/v1/jobs/${id}/events`);
    await stream.end();
    is([stream.status, stream.headers['content-type'], stream.headers['cache-control'], stream.headers['x-accel-buffering'], stream.whole], [200, 'text/event-stream', 'no-store', 'no', true], 'the stream');
    const list = stream.events(), last = list.pop();
    is([last.event, last.id, last.json], ['done', 'end', await state(server, id)], 'the last event');
    let before = 0;
    for (const { event, json } of list) {
      is([event, json.id], ['progress', id], 'the event');
      ok(json.progress >= before && json.progress <= 1 && ['queued', 'running'].includes(json.state), JSON.stringify(json));
      before = json.progress;
    }
    is(events((await server.get(`/v1/jobs/${id}/events`)).text), [last], 'when it is asked again');
    await server.expect(204, 'GET', `/v1/jobs/${id}/events`, { headers: { 'Last-Event-ID': 'end' } });
    is(events((await server.get(`/v1/jobs/${id}/events`, { headers: { 'Last-Event-ID': `${id}:running` } })).text), [last], 'when an earlier event was the last');
  });
  await test('one stream tells of several jobs, of which some have ended, and ends with the last', async () => {
    const question = { scenario: small({ horizon: 10 }), with: base };
    const made = [(await submit(server, '/v1/comparison', question)).id];
    await ended(server, made[0]);
    const busy = await occupy(server);
    for (let i = 0; i < 3; i++) made.push((await submit(server, '/v1/implied', { scenario: base, ...SHORT })).id);
    const target = `/v1/events?${made.map(id => `job=${id}`).join('&')}`, stream = follow(server, target);
    await eventually('all of them are told', () => stream.events().length >= 4);
    await server.expect(204, 'DELETE', `/v1/jobs/${made[2]}`);
    await busy.free();
    await stream.end();
    const last = new Map(stream.events().map(event => [event.json.id, event]));
    is(made.map(id => last.get(id).event), ['failed', 'done', 'cancelled', 'done'], 'how each of them ended');
    ok(last.get(made[0]).json.problem.status === 422, 'the problem of the failed one');
    is(stream.events().filter(event => event.id === 'end').map(event => event.json.id), [made[3]], 'the last event');
    await server.expect(204, 'GET', target, { headers: { 'Last-Event-ID': 'end' } });
    await server.refuse('not-found', 'GET', `${target}&job=absent`);
    await server.refuse('bad-request', 'GET', '/v1/events?jobs=x');
  });
  await test('a stream of all jobs tells of each that is accepted, shows that it lives, and ends with the service', () => withServer(['--heartbeat-ms', '100', '--drain-timeout-ms', '60000'], async own => {
    const stream = follow(own, '/v1/events');
    await eventually('a heartbeat', () => /^:/m.test(stream.text));
    const made = [(await submit(own, '/v1/returns', { scenario: 'amd-base' })).id, (await submit(own, '/v1/returns', { scenario: 'amd-bull' })).id];
    await eventually('both are done', () => made.every(id => stream.events().some(event => event.event === 'done' && event.json.id === id)));
    ok(!stream.over, 'it has ended');
    const one = follow(own, `/v1/jobs/${(await occupy(own)).ids.at(-1)}/events`);
    await eventually('it is told', () => one.events().length > 0);
    await own.stop();
    is([stream.whole, one.whole], [true, true], 'whether the streams ended well');
    own.stop = async () => {};
  }));
  await test('HEAD of a stream opens none', async () => {
    const { id } = await submit(server, '/v1/returns', { scenario: 'amd-base' });
    for (const target of ['/v1/events', `/v1/jobs/${id}/events`]) is((await server.expect(200, 'HEAD', target)).headers['content-type'], 'text/event-stream', target);
    await ended(server, id);
  });

  await test('a client has no more jobs than its share, and all have no more than there is room for', async () => {
    for (const [flags, room, name] of [[['--jobs-per-client', '2'], 2, 'too-many-requests'], [['--jobs', '3'], 3, 'overloaded']])
      await withServer(flags, async own => {
        const busy = await occupy(own, room);
        const { headers } = await own.refuse(name, 'POST', '/v1/implied', { json: { scenario: long, ...LONG }, headers: ASYNC });
        is(headers['retry-after'], '1', 'Retry-After');
        await own.expect(204, 'DELETE', `/v1/jobs/${busy.ids.pop()}`);
        const again = await submit(own, '/v1/returns', { scenario: 'amd-base' });
        await busy.free();
        is((await ended(own, again.id)).state, 'done', 'the one that took its place');
      });
  });
  await test('of the jobs that ended so many are kept as set, the newest', () => withServer(['--jobs-kept', '2'], async own => {
    const made = [];
    for (let i = 0; i < 4; i++) {
      made.unshift((await submit(own, '/v1/returns', { scenario: 'amd-base', price: 100 + i })).id);
      await eventually('it has ended', async () => { const { status, json } = await own.get(`/v1/jobs/${made[0]}`); return status === 404 || ENDED.includes(json.state); });
    }
    await eventually('the older ones are gone', async () => (await own.get('/v1/jobs')).json.items.length === 2);
    is((await own.get('/v1/jobs')).json.items.map(job => job.id), made.slice(0, 2), 'those that are kept');
    await own.refuse('not-found', 'GET', `/v1/jobs/${made[3]}/result`);
  }));
  await test('jobs are counted', async () => {
    const figures = (await server.get('/metrics')).text;
    const figure = name => Number(new RegExp(`^secondchair_${name.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(figures)?.[1] ?? NaN);
    ok(figure('jobs_ended_total{state="done"}') > 20 && figure('jobs_ended_total{state="failed"}') >= 2 && figure('jobs_ended_total{state="cancelled"}') >= 3, 'the jobs that ended');
    is([figure('jobs{state="queued"}'), figure('jobs{state="running"}'), figure('streams_open')], [0, 0, 0], 'what is left');
  });

  for (const [name, stop] of [['kill -9', async own => { await own.kill(); }], ['SIGTERM', async own => { own.child.kill('SIGTERM'); is(await own.exited, 0, `its end (${own.err.slice(-500)})`); own.agent.destroy(); }]])
    await test(`${name} amid a job: after a restart all jobs are computed, with the same bytes`, async () => {
      const first = await new Server(binary, { flags: ['--drain-timeout-ms', '60000'] }).start();
      const CASES = [['/v1/implied', { scenario: base, ...SHORT }], ['/v1/scenarios/amd-base/implied', SHORT], ['/v1/scenarios/nvda-base/implied', SHORT], ['/v1/comparison?inputs=true', { scenario: 'amd-base', with: 'amd-bear' }], ['/v1/sensitivity', { scenario: 'amd-base', method: 'tornado' }],
        ['/v1/sets/amd-view/simulation', { paths: 4096, ...RANGES }], ['/v1/sets/simulation', { set: SET, paths: 2048, chair: 'sampled' }]];
      const atOnce = [];
      for (const [target, question] of CASES) atOnce.push(text(await first.post(target, question)));
      const done = await submit(first, '/v1/returns', { scenario: 'amd-base' }), answer = await ended(first, done.id).then(() => result(first, done.id)).then(text);
      const made = [];
      for (const [target, question] of CASES) made.push((await submit(first, target, question)).id);
      await eventually('the first of them runs', async () => (await state(first, made[0])).state !== 'queued');
      await stop(first);
      const again = await new Server(binary, { database: first.database }).start();
      for (const [i, id] of made.entries()) {
        is((await ended(again, id)).state, 'done', `the state of job ${i}`);
        is(text(await result(again, id)), atOnce[i], `the answer of job ${i}`);
      }
      is(text(await result(again, done.id)), answer, 'the answer of one that was done before');
      const order = (await again.get('/v1/jobs')).json.items.map(job => job.finished_at);
      is([...order].sort().reverse(), order, 'the order in which they ended');
      await again.stop();
      first.clean();
    });
}
