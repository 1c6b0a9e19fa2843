// node tests/http/concurrent.mjs --binary build/tsan/secondchair [--seconds 15]
// Everything at once: reads, writes of the same scenarios, questions small and large, exports, imports, searches,
// clients that close in mid-request and mid-answer; then a drain under load. Meant for the thread sanitizer.
// The last line is the count.
import { digest, eventually, fail, is, ROOT, scenario, Server, sleep, small, test, totals } from './harness.mjs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

const option = (name, otherwise) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? otherwise : process.argv[i + 1]; };
const binary = path.resolve(option('binary', path.join(ROOT, 'build/tsan/secondchair')));
const SECONDS = Number(option('seconds', 15));
const base = scenario('amd-base');
const heavy = JSON.stringify({ scenario: { ...base, market: { ...base.market, inference_share: { curve: 'logistic', observations: Array.from({ length: 128 }, (_, i) => ({ year: 2015 + i / 8, value: 0.02 + i / 140 })) } } } });
const JSON_TYPE = { 'Content-Type': 'application/json' };
const pick = list => list[Math.floor(Math.random() * list.length)];

const server = await new Server(binary, { flags: ['--queue', '64', '--queue-per-client', '32', '--compute-threads', '3', '--threads', '3'] }).start();
const shared = [];
for (let i = 0; i < 4; i++) shared.push((await server.store(small({ name: `Shared ${i}` }))).id);
const own = [];
for (let i = 0; i < 2; i++) {
  const { id } = await server.store(small({ name: `Own ${i}`, price: 1000 }));
  own.push({ id, price: 1000, child: (await server.expect(201, 'POST', `/v1/scenarios/${id}/variants`, { json: { name: `Child ${i}`, overrides: [] } })).json.id });
}
const reference = (await server.get('/v1/scenarios/amd-base/valuation')).text;

let on = true;
const counts = {}, odd = [];
const keyed = new Map();
const packed = () => (Math.random() < 0.5 ? { 'Accept-Encoding': 'gzip' } : {});
const loose = answer => [429, 503].includes(answer.status);
async function loop(name, clients, body) {
  counts[name] = 0;
  await Promise.all(Array.from({ length: clients }, async (_, i) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (on) {
      try { await body(agent, i); counts[name]++; }
      catch (error) { if (on || !/ECONNRE|EPIPE|socket hang up|cut off/.test(`${error.code} ${error.message}`)) { odd.push(`${name}: ${error.message.slice(0, 300)}`); await sleep(20); } }
    }
    agent.destroy();
  }));
}
const want = (answer, ...statuses) => { if (!statuses.includes(answer.status) && !loose(answer)) fail(`${answer.status} ${answer.text.slice(0, 200)}`); return answer; };

const slow = { scenario: { ...base, horizon: 30, market: { ...base.market, growth: { start: 0.3, end: 0.03 } } }, frontier: { x: { pointer: '/terminal/growth', low: 0, high: 0.05, steps: 21 }, y: { pointer: '/chair/hazard', low: 0, high: 0.5 } } };
// Reads a stream of events for a while and goes away.
const listen = (target, agent) => new Promise((resolve, reject) => {
  const request = http.get({ host: '127.0.0.1', port: server.port, path: target, agent, headers: { Accept: 'text/event-stream' } }, response => {
    if (![200, 404, 429, 503].includes(response.statusCode)) reject(new Error(`${target} answers ${response.statusCode}`));
    response.on('data', () => {});
    response.on('close', resolve);
    setTimeout(() => request.destroy(), Math.random() * 300);
  });
  request.on('error', error => (/ECONNRE|EPIPE|hang up/.test(`${error.code} ${error.message}`) ? resolve() : reject(error)));
});

// Sends a part of a request, or a whole one, and goes away.
const vanish = () => new Promise(resolve => {
  const socket = net.connect(server.port, '127.0.0.1');
  const whole = pick([`POST /v1/projection HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${heavy.length}\r\n\r\n${heavy}`, 'GET /v1/export HTTP/1.1\r\nHost: h\r\n\r\n', 'GET /v1/scenarios/amd-base/valuation HTTP/1.1\r\nHost: h\r\n\r\n',
    `POST /v1/scenarios HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 700\r\n\r\n${JSON.stringify(small()).padEnd(700)}`]);
  socket.on('error', resolve).on('close', resolve);
  socket.on('connect', () => {
    socket.write(whole.slice(0, Math.random() < 0.5 ? whole.length : Math.floor(Math.random() * whole.length)));
    setTimeout(() => (Math.random() < 0.5 ? socket.resetAndDestroy?.() ?? socket.destroy() : socket.destroy()), Math.random() * 15);
  });
});

const loops = Promise.all([
  loop('reads', 4, async agent => want(await server.get(`/v1/scenarios/${pick(shared)}`, { agent }), 200, 404)),
  loop('questions', 4, async agent => { const answer = want(await server.get('/v1/scenarios/amd-base/valuation', { agent, headers: packed() }), 200); if (answer.status === 200 && answer.text !== reference) fail('another answer'); }),
  loop('variants', 2, async agent => want(await server.get(`/v1/scenarios/${pick(['amd-bull', 'amd-bear', 'amd-september-2026', 'amd-uncertain'])}/${pick(['valuation', 'chair', 'projection'])}?inputs=true`, { agent }), 200)),
  loop('heavy', 4, async agent => want(await server.ask('POST', `/v1/${pick(['valuation', 'projection'])}`, { body: heavy, headers: JSON_TYPE, agent }), 200)),
  loop('creates', 3, async agent => { const document = small({ name: `Created ${Math.random()}` }); const answer = want(await server.ask('POST', '/v1/scenarios', { json: document, agent }), 201); if (answer.status === 201) is(answer.json.sha256, digest(document), 'the digest'); }),
  // Several send the same keys: whoever comes later has the answer of the first.
  loop('keys', 4, async agent => {
    const number = Math.floor(Date.now() / 100), made = want(await server.ask('POST', '/v1/scenarios', { json: small({ name: `Key ${number}` }), agent, headers: { 'Idempotency-Key': `key-${number}` } }), 201);
    if (made.status !== 201) return;
    is(made.text, keyed.get(number) ?? made.text, 'the answer to a key that was sent before');
    keyed.set(number, made.text);
  }),
  loop('changes', 4, async agent => {
    const target = `/v1/scenarios/${pick(shared)}`, seen = want(await server.get(target, { agent }), 200, 404);
    if (seen.status === 200) want(await server.ask('PATCH', target, { merge: { price: Math.ceil(Math.random() * 1e6) }, agent, headers: { 'If-Match': seen.headers.etag } }), 200, 412, 404);
  }),
  // Each answer has what was acknowledged before it was asked for, and nothing goes back in time.
  loop('own writes', own.length, async (agent, i) => {
    const mine = own[i], price = mine.price + 1;
    const { status } = want(await server.ask('PATCH', `/v1/scenarios/${mine.id}`, { merge: { price }, agent, headers: { 'If-Match': '*' } }), 200);
    if (status === 200) mine.price = price;
    await sleep(20);
  }),
  loop('own readers', 4, async (agent, i) => {
    const { id, child, price } = own[i % own.length];
    const parent = want(await server.get(`/v1/scenarios/${id}/valuation`, { agent }), 200);
    const variant = want(await server.get(`/v1/scenarios/${child}/valuation`, { agent }), 200);
    if (parent.status === 200 && parent.json.price < price) fail(`the price is ${parent.json.price} after ${price} was acknowledged`);
    if (parent.status === 200 && variant.status === 200 && variant.json.price < parent.json.price) fail(`the variant has ${variant.json.price} after its parent had ${parent.json.price}`);
  }),
  loop('deletions', 1, async agent => { const target = `/v1/scenarios/${pick(shared)}`; want(await server.ask('DELETE', target, { agent, headers: { 'If-Match': '*' } }), 204, 404, 412); want(await server.ask('POST', `${target}/restore`, { agent }), 200, 409, 412); await sleep(50); }),
  loop('lists', 2, async agent => want(await server.get(`/v1/scenarios?q=${pick(['created', 'shared', 'amd', 'x'])}&limit=${pick([1, 50, 200])}`, { agent, headers: { Accept: pick(['text/csv', 'application/json']), ...packed() } }), 200)),
  loop('histories', 1, async agent => want(await server.get(`/v1/scenarios/${pick(shared)}/${pick(['revisions', 'diff', 'diff?from=1'])}`, { agent }), 200, 404)),
  loop('exports', 1, async agent => { want(await server.get('/v1/export', { agent, headers: packed() }), 200); await sleep(200); }),
  loop('imports', 1, async agent => { want(await server.ask('POST', '/v1/import', { ndjson: '\n{"id":"x"}\n', agent }), 422); await sleep(30); }),
  loop('pages', 1, async agent => want(await server.get(pick(['/', '/openapi.json', '/schema/scenario.json', '/metrics', '/health/ready', '/problems/conflict', '/nothing']), { agent, headers: packed() }), 200, 404)),
  loop('wrong', 1, async agent => want(await server.ask('POST', '/v1/valuation', { body: pick(['{', '[]', '{"scenario":{}}', `${'['.repeat(50)}`]), headers: JSON_TYPE, agent }), 400, 413, 422)),
  loop('vanishing', 3, vanish),
  loop('jobs', 3, async agent => {
    const question = pick([{ target: '/v1/implied', json: slow }, { target: '/v1/scenarios/amd-base/comparison', json: { with: 'amd-bear' } }, { target: '/v1/valuation', json: { scenario: base } }]);
    const made = want(await server.ask('POST', question.target, { json: question.json, agent, headers: { Prefer: 'respond-async' } }), 202);
    if (made.status !== 202) { await sleep(50); return; }
    if (Math.random() < 0.3) want(await server.ask('DELETE', made.headers.location, { agent }), 204, 404);
    want(await server.get(`${made.headers.location}/result`, { agent }), 200, 404, 409);
    want(await server.get(pick([made.headers.location, '/v1/jobs', '/v1/jobs?state=running']), { agent }), 200, 404);
  }),
  loop('streams', 3, agent => listen(pick(['/v1/events', '/v1/scenarios/amd-base/comparison?with=amd-bull', '/v1/jobs/absent/events']), agent)),
]);
await sleep(SECONDS * 1000);
for (const name of Object.keys(counts)) await test(`there are ${name}`, () => eventually(`${name} four times`, () => counts[name] > 3));
await test('everything at once: each answer as the description says, none of them odd', () => is([...new Set(odd)].slice(0, 5), [], 'odd answers'));
await test('the service drains under that load, with status 0 and a silent sanitizer', async () => {
  const stopping = server.stop(); // past the deadline the status is 1
  on = false;
  await Promise.all([stopping, loops]);
});
await loops;
console.log(Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', '));
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
