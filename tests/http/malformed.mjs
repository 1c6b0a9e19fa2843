// The corpus of tests/cases/malformed: each document and body that is wrong is answered 4xx, with the place and the
// code of its fault and a sentence that helps; and wrong input, however much of it, costs no memory.
//
// A case is a line: name; method (POST), to (/v1/scenarios), type (application/json); the body as a text (body), as
// base64, as a repetition (make), or as changes of amd-base (mutate: put, remove, or raw for text that is no JSON
// value), within {"scenario": …} where it goes to a question; then status, problem, pointer and code of the fault.
import { BUILT_INS, fail, ok, patch, ROOT, scenario, test } from './harness.mjs';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const FOLDER = path.join(ROOT, 'tests/cases/malformed');
const base = scenario('amd-base');

export function cases() {
  return readdirSync(FOLDER).filter(file => file.endsWith('.ndjson')).sort()
    .flatMap(file => readFileSync(path.join(FOLDER, file), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line)));
}

// The same fault in a question's own `uncertainty`, for each case that is wrong in the document's alone.
function simulations(all) {
  return all.filter(({ mutate, problem }) => problem === 'invalid-scenario' && mutate?.length === 1 && mutate[0].path === '/uncertainty' && mutate[0].op === 'put')
    .map(one => ({ ...one, name: `${one.name}, in a simulation`, to: '/v1/simulation', mutate: undefined, body: JSON.stringify({ scenario: 'amd-base', uncertainty: one.mutate[0].value }), problem: 'invalid-question' }));
}

function mutated({ mutate, to, question }) {
  const raws = [];
  let document = structuredClone(base);
  for (const { op, path: pointer, value, text } of mutate) {
    if (op === 'raw') raws.push(text);
    const put = op === 'raw' ? `@raw${raws.length - 1}@` : value;
    if (op === 'remove') document = patch(document, [{ op: 'remove', path: pointer }]);
    else if (pointer === '') document = put;
    else document = set(document, pointer, put);
  }
  const whole = to && !to.startsWith('/v1/scenarios') ? { scenario: document, ...question } : document;
  return raws.reduce((text, raw, i) => text.replace(`"@raw${i}@"`, raw), JSON.stringify(whole));
}

// Replaces what is there, or puts it in where it is not.
function set(document, pointer, value) {
  const copy = structuredClone(document), steps = pointer.split('/').slice(1), last = steps.pop();
  const parent = steps.reduce((node, step) => node[step], copy);
  parent[last] = value;
  return copy;
}

function made({ before = '', repeat, times, middle = '', then = '', after = '' }) {
  return before + repeat.repeat(times) + middle + then.repeat(times) + after;
}

// What is sent for a case: method, target, headers, body.
export function requestOf(one, own) {
  const body = one.base64 !== undefined ? Buffer.from(one.base64, 'base64') : one.make ? made(one.make) : one.mutate ? mutated(one) : one.body;
  const method = one.method ?? 'POST';
  const headers = method === 'GET' ? {} : { 'Content-Type': one.type ?? 'application/json', ...(method === 'PATCH' ? { 'If-Match': '*' } : {}) };
  return { method, target: (one.to ?? '/v1/scenarios').replace('{own}', own), options: { body: method === 'GET' ? undefined : body, headers } };
}

function judge(one, answer) {
  const { json } = answer;
  if (answer.status !== one.status) fail(`it answers ${answer.status}, expected ${one.status}: ${answer.text.slice(0, 400)}`);
  if (one.problem && json.type !== `/problems/${one.problem}`) fail(`it is ${json.type}, expected ${one.problem}: ${json.detail}`);
  ok(json.detail.trim().length > 10, `the detail is "${json.detail}"`);
  if (one.code === undefined) return;
  const faults = json.errors ?? [];
  const found = faults.find(error => error.code === one.code && (one.pointer === undefined || error.pointer === one.pointer));
  if (!found) fail(`it names ${JSON.stringify(faults.map(({ pointer, code, detail }) => [pointer, code, detail])).slice(0, 500)}, expected ${one.code} at "${one.pointer}"`);
  ok(found.detail.trim().length > 10, `the detail is "${found.detail}"`);
  if (one.suggests) ok(found.detail.includes(`\`${one.suggests}\``), `the detail does not suggest ${one.suggests}: ${found.detail}`);
}

export default async function malformed({ server, binary }) {
  const written = cases(), asked = simulations(written), all = [...written, ...asked];
  const { id: own } = await server.store(base);
  await test('the corpus has at least 250 cases, each with a name of its own', () => {
    ok(written.length >= 250 && asked.length >= 80, `${written.length} cases, ${asked.length} of simulations`);
    ok(new Set(all.map(one => one.name)).size === all.length, 'a name comes twice');
  });
  const requests = all.map(one => [one, requestOf(one, own)]);
  for (const [one, { method, target, options }] of requests)
    await test(`malformed ${one.name}`, async () => judge(one, await server.ask(method, target, options)));
  await test('nothing of it was stored', async () => {
    const { json } = await server.get('/v1/scenarios?limit=200');
    ok(json.items.length === BUILT_INS.length + 1, `${json.items.length} scenarios are stored`);
  });
  await test('the service is ready afterwards, and answers as before', async () => {
    await server.expect(200, 'GET', '/health/ready');
    await server.expect(200, 'GET', '/v1/scenarios/amd-base/valuation');
  });
  // Sanitizers keep freed memory in quarantine: what grows is not told from what is kept.
  if (/__[at]san_init/.test(readFileSync(binary, 'latin1'))) return;
  // The allocator's arenas grow for a while with the threads' luck; what leaks grows with every pass.
  await test('passes over the corpus, eight requests at a time, come to let memory grow by less than 4 MiB in three', async () => {
    const pass = async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const queue = [...requests];
      await Promise.all(Array.from({ length: 8 }, async () => {
        for (let next = queue.pop(); next; next = queue.pop()) await server.ask(next[1].method, next[1].target, { ...next[1].options, agent, loose: true });
      }));
      agent.destroy();
    };
    const sizes = [];
    const three = async () => { for (let i = 0; i < 3; i++) await pass(); sizes.push(server.memory()); return sizes.at(-1); };
    let before = await three();
    for (let round = 0; round < 6; round++) {
      const now = await three();
      if (now - before < 4096) return;
      before = now;
    }
    fail(`after each three passes it has ${sizes.join(', ')} KiB`);
  });
}
