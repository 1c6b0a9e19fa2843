// What the probes stand on: servers that are the stand-in, clients that are raw sockets, waits that outlast a slow machine.
import { spawn, execFileSync } from 'node:child_process';
import net from 'node:net';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const binary = process.argv[2] ?? 'build/http-probe/asan';
if (!existsSync(binary)) execFileSync('tests/http-probe/build.sh', [binary, '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'], { stdio: 'inherit' });

export const totals = { passed: 0, failed: 0 };
const only = process.env.ONLY;
export async function test(name, body) {
  if (only && !name.includes(only)) return;
  try { await body(); totals.passed++; }
  catch (error) { totals.failed++; console.log(`FAILED ${name}: ${error.message}`); }
}
export function is(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what ?? 'value'} is ${a?.slice(0, 300)}, expected ${e}`);
}
export function ok(condition, what) { if (!condition) throw new Error(what); }
export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

// The machine may be slow or busy: whatever must come has this long, and what holds at once takes no longer.
const PATIENCE = 90000;
export async function eventually(what, holds) {
  for (const end = Date.now() + PATIENCE; ;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not in ${PATIENCE / 1000} s: ${typeof what === 'function' ? what() : what}`);
    await sleep(10);
  }
}

// Computations with ?hold= of a gate's path last until the gate is opened.
const folder = mkdtempSync(path.join(tmpdir(), 'secondchair-probe-'));
let gates = 0;
export function gate() {
  const file = path.join(folder, `gate-${gates++}`);
  return { file, hold: `hold=${file}`, open: () => writeFileSync(file, '') };
}

// ---- servers
const running = new Set();
export async function start(...flags) {
  const child = spawn(binary, ['serve', '--port', '0', '--threads', '2', ...flags],
    { env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:exitcode=77', TSAN_OPTIONS: 'exitcode=66:atexit_sleep_ms=0' } });
  const server = { child, out: '', err: '' };
  running.add(server);
  server.exit = new Promise(resolve => child.on('close', (code, signal) => { running.delete(server); resolve(signal ?? code); }));
  child.stderr.on('data', data => { server.err += data; });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', data => { server.out += data; if (server.out.includes('\n')) resolve(); });
    child.on('exit', code => reject(new Error(`did not start: ${code} ${server.err}`)));
  });
  server.port = Number(/:(\d+)\n$/.exec(server.out)[1]);
  return server;
}
// It must end with 0: where the drain's time is over, it ends with 1.
export async function stop(server) {
  const begun = Date.now();
  server.child.kill('SIGTERM');
  is(await server.exit, 0, `exit status (${server.err.slice(-2000)})`);
  ok(!/ERROR: |WARNING: ThreadSanitizer|runtime error/.test(server.err), server.err.slice(0, 3000));
  return Date.now() - begun;
}
process.on('exit', () => {
  for (const server of running) server.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

// ---- clients
export function connect(port) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const client = { socket, text: '', closed: false, reset: false };
  client.ended = new Promise(resolve => {
    const end = () => { client.closed = true; client.endedAt = Date.now(); socket.destroy(); resolve(); };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', () => { client.reset = true; end(); });
  });
  socket.on('data', data => { client.text += data.toString('latin1'); });
  client.send = text => { if (!client.closed) socket.write(Buffer.from(text, 'latin1')); };
  return client;
}
// Is nothing listening any more?
export const refuses = port => new Promise(resolve => {
  const socket = net.connect(port, '127.0.0.1').on('connect', () => { socket.destroy(); resolve(false); }).on('error', () => resolve(true));
});
// The answers in a client's text, as they are framed. heads: which of them answer HEAD.
export function answers(text, heads = []) {
  const list = [];
  let rest = text;
  while (rest) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) { list.push({ status: 0, junk: rest }); break; }
    const [line, ...fields] = rest.slice(0, end).split('\r\n');
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(line);
    if (!match) { list.push({ status: 0, junk: rest }); break; }
    const answer = { status: Number(match[1]), headers: {}, names: [] };
    for (const field of fields) {
      const name = field.slice(0, field.indexOf(':')).toLowerCase();
      answer.headers[name] = field.slice(field.indexOf(':') + 2);
      answer.names.push(name);
    }
    rest = rest.slice(end + 4);
    const bare = answer.status < 200 || answer.status === 204 || answer.status === 304 || heads.includes(list.length);
    answer.whole = bare;
    let body = '';
    if (!bare && answer.headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const size = /^([0-9a-f]+)\r\n/i.exec(rest);
        if (!size) { answer.broken = true; rest = ''; break; }
        const length = parseInt(size[1], 16);
        body += rest.slice(size[0].length, size[0].length + length);
        rest = rest.slice(size[0].length + length + 2);
        if (length === 0) { answer.whole = true; break; }
      }
    } else if (!bare) {
      const length = 'content-length' in answer.headers ? Number(answer.headers['content-length']) : rest.length;
      body = rest.slice(0, length);
      rest = rest.slice(length);
      answer.whole = body.length === length && 'content-length' in answer.headers;
    }
    answer.body = body;
    list.push(answer);
  }
  return list;
}
// The answers when there are so many whole ones, or the connection is closed.
export async function until(client, count, heads) {
  for (const end = Date.now() + PATIENCE; !client.closed && Date.now() < end; await sleep(2)) {
    const list = answers(client.text, heads);
    if (list.length >= count && list.every(answer => answer.whole)) break;
  }
  return answers(client.text, heads);
}
export const closing = client => Promise.race([client.ended, sleep(PATIENCE)]);
// Sends bytes, waits for the answer; then for the close where it must come, else a little for what must not come.
export async function raw(port, bytes, { count = 1, heads, closes = false, settle = 60 } = {}) {
  const client = connect(port);
  client.send(bytes);
  await until(client, count, heads);
  await (closes ? closing(client) : sleep(settle));
  const list = answers(client.text, heads);
  const result = { list, first: list[0] ?? { status: 0, headers: {} }, closed: client.closed, text: client.text };
  client.socket.destroy();
  return result;
}
export const request = (method, path, headers = '', body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: h\r\n${headers}${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`;
export const JSON_TYPE = 'Content-Type: application/json\r\n';
// The figures of /metrics by name; none where it does not answer.
async function figures(port) {
  const { first } = await raw(port, request('GET', '/metrics'), { settle: 0 });
  return new Map([...(first.body ?? '').matchAll(/^(secondchair_\S+) (-?[\d.]+)$/gm)].map(([, name, value]) => [name.replace('secondchair_', ''), Number(value)]));
}
// Waits until the figures are these; a function says whether one is right.
export function figured(port, wanted) {
  let seen;
  return eventually(() => JSON.stringify(seen), async () => {
    const all = await figures(port);
    seen = Object.fromEntries(Object.keys(wanted).map(name => [name, all.get(name)]));
    return Object.entries(wanted).every(([name, right]) => (typeof right === 'function' ? right(seen[name]) : seen[name] === right)) && all;
  });
}
export function problem(answer, status, name) {
  is(answer.status, status, 'status');
  is(answer.headers['content-type'], 'application/problem+json', 'content-type');
  const document = JSON.parse(answer.body);
  is(document.type, `/problems/${name}`, 'type');
  is(document.status, status, 'document status');
  is(document.instance, answer.headers['x-request-id'], 'instance');
  ok(document.title && document.detail, 'title and detail');
  return document;
}
