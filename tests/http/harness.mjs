// What every suite over HTTP stands on: the real binary on a free port with a database of its own, clients over
// kept connections, each answer held against schema/openapi.json, tests that read as sentences, and totals.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Contract } from './contract.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const read = file => readFileSync(path.join(ROOT, file), 'utf8');
export const scenario = name => JSON.parse(read(`schema/scenarios/${name}.json`));
// The ids of the scenarios that are there on first start.
export const BUILT_INS = readdirSync(path.join(ROOT, 'schema/scenarios')).map(file => path.basename(file, '.json')).sort();
export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

// The machine may be slow or busy: whatever must come has this long, and what is there at once takes no longer.
export const PATIENCE = 120000;
export async function eventually(what, holds) {
  for (const end = Date.now() + PATIENCE; ; await sleep(10)) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) fail(`not in ${PATIENCE / 1000} s: ${what}`);
  }
}
export const contract = new Contract(JSON.parse(read('schema/openapi.json')), read);

// ---------------------------------------------------------------- tests
export const totals = { passed: 0, failed: 0, slow: [] };
export let only = '';
export function setOnly(text) { only = text; }

export async function test(name, body) {
  const begun = Date.now();
  try {
    await body();
    totals.passed++;
  } catch (error) {
    totals.failed++;
    const where = /([\w-]+\.mjs:\d+)/.exec((error.stack ?? '').split('\n').filter(line => !/harness|contract/.test(line)).slice(1).join('\n'))?.[1];
    console.log(`FAILED ${name}: ${error.message}${where ? ` (${where})` : ''}`);
  }
  const took = Date.now() - begun;
  if (took > 2000) totals.slow.push(`${name}: ${took} ms`);
}
export function fail(message) { throw new Error(message); }
export function ok(condition, what) { if (!condition) fail(typeof what === 'function' ? what() : what ?? 'it is not so'); }
export function is(actual, expected, what = 'the value') {
  const [a, e] = [canonical(actual), canonical(expected)];
  if (a !== e) fail(`${what} is ${cut(a)}, expected ${cut(e)}`);
}
export function near(actual, expected, what = 'the figure', relative = 1e-9) {
  const near = typeof actual === 'number' && Math.abs(actual - expected) <= relative * Math.max(Math.abs(actual), Math.abs(expected), 1e-300);
  if (!near) fail(`${what} is ${actual}, expected ${expected}`);
}
const cut = text => (text?.length > 400 ? `${text.slice(0, 400)}…` : text);

// RFC 8785, which is what ECMAScript's own writing of numbers and texts amounts to, with sorted members.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(v => canonical(v === undefined ? null : v)).join()}]`;
  if (value && typeof value === 'object') {
    const names = Object.keys(value).filter(name => value[name] !== undefined).sort();
    return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`;
  }
  return JSON.stringify(value);
}
export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex');
export const digest = value => sha256(canonical(value));

// ---------------------------------------------------------------- JSON Pointer and JSON Patch (RFC 6901, 6902)
const unescape = part => part.replace(/~1/g, '/').replace(/~0/g, '~');
export const escape = part => String(part).replace(/~/g, '~0').replace(/\//g, '~1');
const steps = pointer => pointer.split('/').slice(1).map(unescape);
export function at(document, pointer) {
  return steps(pointer).reduce((value, step) => value?.[step], document);
}
function place(document, pointer) {
  const names = steps(pointer), last = names.pop();
  const parent = names.reduce((value, step) => value[step], document);
  return { parent, key: Array.isArray(parent) ? (last === '-' ? parent.length : Number(last)) : last };
}
export function patch(document, operations) {
  const holder = { root: structuredClone(document) };
  const full = pointer => `/root${pointer}`;
  const add = (pointer, value) => {
    const { parent, key } = place(holder, full(pointer));
    if (Array.isArray(parent)) parent.splice(key, 0, value); else parent[key] = value;
  };
  const remove = pointer => {
    const { parent, key } = place(holder, full(pointer));
    if (!(key in parent)) fail(`the patch removes ${pointer}, which is not there`);
    if (Array.isArray(parent)) parent.splice(key, 1); else delete parent[key];
  };
  for (const { op, path: to, from, value } of operations) {
    if (op === 'add') add(to, value);
    else if (op === 'remove') remove(to);
    else if (op === 'replace') { const { parent, key } = place(holder, full(to)); if (!(key in parent)) fail(`no ${to}`); parent[key] = value; }
    else if (op === 'move') { const moved = at(holder, full(from)); remove(from); add(to, moved); }
    else if (op === 'copy') add(to, structuredClone(at(holder, full(from))));
    else if (op === 'test') is(at(holder, full(to)), value, `the test of ${to}`);
    else fail(`no operation ${op}`);
  }
  return holder.root;
}

// ---------------------------------------------------------------- the server
const running = new Set();
process.on('exit', () => { for (const server of running) { server.child.kill('SIGKILL'); server.clean(); } });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const SANITIZERS = { ASAN_OPTIONS: 'detect_leaks=1:exitcode=77:allocator_may_return_null=1', UBSAN_OPTIONS: 'print_stacktrace=1', TSAN_OPTIONS: 'exitcode=66' };
// Deadlines that no test reaches, however slow the machine: those are tests/http-probe's.
const UNHURRIED = ['--header-timeout-ms', '300000', '--body-timeout-ms', '300000', '--idle-timeout-ms', '600000', '--drain-timeout-ms', '100000'];
const REPORT = /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer|Assertion .* failed/;

export class Server {
  constructor(binary, { flags = [], database, env = {} } = {}) {
    this.binary = binary;
    this.flags = flags;
    this.env = env;
    this.directory = database ? null : mkdtempSync(path.join(tmpdir(), 'secondchair-'));
    this.database = database ?? path.join(this.directory, 'test.db');
    this.out = this.err = '';
  }
  async start() {
    this.child = spawn(this.binary, ['serve', '--port', '0', '--database', this.database, ...UNHURRIED, ...this.flags],
      { env: { ...process.env, ...SANITIZERS, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this);
    this.exited = new Promise(resolve => this.child.on('close', (code, signal) => { running.delete(this); this.status = signal ?? code; resolve(this.status); }));
    this.child.stderr.on('data', data => { this.err += data; });
    await new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.stdout.on('data', data => { this.out += data; if (this.out.includes('\n')) resolve(); });
      this.exited.then(status => reject(new Error(`the server did not start: ${status} ${this.err.slice(0, 2000)}`)));
    });
    const match = /^listening on (http:\/\/[^\n]+:(\d+))\n/.exec(this.out);
    if (!match) throw new Error(`the first line is ${JSON.stringify(this.out)}`);
    [, this.url] = match;
    this.port = Number(match[2]);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
    return this;
  }
  // SIGTERM; throws unless it ends with 0 and its sanitizer, if it has one, has nothing to say.
  async stop() {
    if (this.status === undefined) this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 2 * PATIENCE);
    await this.exited;
    clearTimeout(late);
    this.agent.destroy();
    if (REPORT.test(this.err)) fail(`the sanitizer says ${this.err.slice(Math.max(0, this.err.search(REPORT) - 100)).slice(0, 3000)}`);
    if (this.status !== 0) fail(`the server ended with ${this.status}: ${this.err.slice(-1500)}`);
    this.clean();
  }
  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    await this.exited;
    this.agent.destroy();
  }
  clean() { if (this.directory) rmSync(this.directory, { recursive: true, force: true }); }
  // Kilobytes resident, and open files.
  memory() { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]); }

  // One exchange. headers, body (text or bytes), json (sent as such), patch / merge (likewise), agent,
  // loose (the contract is not looked at). The answer: status, headers, bytes as they came, text, json where it is JSON.
  async ask(method, target, options = {}) {
    const request = this.prepare(method, target, options);
    const answer = await exchange(this, request, options.agent ?? this.agent);
    if (!options.loose) contract.check(request, answer);
    return answer;
  }
  prepare(method, target, { headers = {}, body, json, patch: operations, merge, ndjson } = {}) {
    const fields = { ...headers };
    const put = (value, type) => { body = typeof value === 'string' ? value : JSON.stringify(value); fields['Content-Type'] ??= type; };
    if (json !== undefined) put(json, 'application/json');
    if (operations !== undefined) put(operations, 'application/json-patch+json');
    if (merge !== undefined) put(merge, 'application/merge-patch+json');
    if (ndjson !== undefined) put(ndjson, 'application/x-ndjson');
    const bytes = body === undefined ? undefined : Buffer.from(body);
    if (bytes && !('Transfer-Encoding' in fields) && !('Content-Length' in fields)) fields['Content-Length'] = bytes.length;
    return { method, target, headers: fields, bytes };
  }
  get(target, options) { return this.ask('GET', target, options); }
  post(target, json, options = {}) { return this.ask('POST', target, { json, ...options }); }
  // The same, and it must be that status.
  async expect(status, method, target, options) {
    const answer = await this.ask(method, target, options);
    if (answer.status !== status) fail(`${method} ${target.slice(0, 120)} answers ${answer.status}, expected ${status}: ${answer.text.slice(0, 500)}`);
    return answer;
  }
  // The problem of that name.
  async refuse(name, method, target, options) {
    const answer = await this.ask(method, target, options);
    const type = answer.json?.type;
    if (type !== `/problems/${name}`) fail(`${method} ${target.slice(0, 120)} answers ${answer.status} ${type ?? answer.text.slice(0, 200)} (${answer.json?.detail ?? ''}), expected the problem ${name}`);
    return answer;
  }
  // The document stored; the answer's JSON with its etag.
  async store(document) {
    const answer = await this.expect(201, 'POST', '/v1/scenarios', { json: document });
    return { ...answer.json, etag: answer.headers.etag };
  }
}

export function exchange(server, { method, target, headers, bytes }, agent) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: server.port, method, path: target, headers, agent }, response => {
      const chunks = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (!response.complete) { reject(new Error(`the answer to ${method} ${target} is cut off`)); return; }
        const body = Buffer.concat(chunks);
        const answer = { status: response.statusCode, headers: response.headers, raw: response.rawHeaders, bytes: body, text: (response.headers['content-encoding'] === 'gzip' && body.length ? gunzipSync(body) : body).toString('utf8') };
        if (/[/+]json\b/.test(answer.headers['content-type'] ?? '') && method !== 'HEAD' && body.length)
          try { answer.json = JSON.parse(answer.text); } catch (error) { reject(new Error(`${method} ${target}: the answer is no JSON: ${error.message}: ${answer.text.slice(0, 200)}`)); return; }
        resolve(answer);
      });
    });
    request.on('error', reject);
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer to ${method} ${target.slice(0, 100)} in ${PATIENCE / 1000} s`)));
    request.end(bytes);
  });
}

// ---------------------------------------------------------------- small readers
// RFC 4180, with CRLF; the first row names the columns.
export function csv(text) {
  const rows = [];
  let row = [], cell = '', i = 0;
  ok(text.endsWith('\r\n'), 'the CSV does not end with CRLF');
  while (i < text.length) {
    if (text[i] === '"') {
      for (i++; ; i++) {
        if (i >= text.length) fail('a quote is not closed');
        if (text[i] !== '"') cell += text[i];
        else if (text[i + 1] === '"') { cell += '"'; i++; } else break;
      }
      i++;
      ok(text[i] === ',' || text.startsWith('\r\n', i), 'something stands after a closing quote');
    } else if (text[i] === ',') { row.push(cell); cell = ''; i++; }
    else if (text.startsWith('\r\n', i)) { row.push(cell); rows.push(row); row = []; cell = ''; i += 2; }
    else { ok(!/[\r\n"]/.test(text[i]), 'a bare quote or line break'); cell += text[i++]; }
  }
  const [names, ...lines] = rows;
  return lines.map((line, n) => {
    is(line.length, names.length, `cells of line ${n + 2}`);
    return Object.fromEntries(names.map((name, k) => [name, line[k]]));
  });
}
// The events of a stream (HTML 9.2): {event, id, data}, data read as JSON; comments and "retry" are left out.
export function events(text) {
  ok(text === '' || text.endsWith('\n\n'), 'the stream does not end with a blank line');
  return text.split('\n\n').slice(0, -1).map(block => {
    const event = {};
    for (const line of block.split('\n')) {
      const [, name, value] = /^(\w*):? ?(.*)$/.exec(line);
      if (name && name !== 'retry') event[name] = value;
    }
    if ('data' in event) event.json = JSON.parse(event.data);
    return event;
  }).filter(event => event.data !== undefined);
}
export const number = cell => (cell === '' ? null : Number(cell));
// "A" of `SC_THING(A, …)` lines of a .def file.
export const names = (file, macro) => [...read(file).matchAll(new RegExp(`^${macro}\\((\\w+)`, 'gm'))].map(match => match[1]);

// A document that is small: a base that grows.
export function small(changes = {}) {
  return {
    schema: 1, name: 'Small', company: 'Example', valuation_date: '2026-03-31', price: 10, base_year_end: '2025-12-31', horizon: 3,
    segments: [{ id: 'all', base: 100, growth: 0.1, margin: 0.2 }],
    operations: { base_revenue: 100, tax: { rate: 0.2 }, reinvestment: { sales_to_capital: 2 } },
    discount: { wacc: 0.1 }, terminal: { method: 'gordon', growth: 0.02 }, dilution: { basic: 10 }, ...changes,
  };
}
