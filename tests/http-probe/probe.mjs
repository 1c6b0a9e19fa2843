// Probes of the HTTP side over raw sockets: framing, slow clients, negotiation, drain. Against the stand-in of build.sh.
// node tests/http-probe/probe.mjs [binary]; ends with "N passed, N failed".
import { spawn, execFileSync } from 'node:child_process';
import net from 'node:net';
import { existsSync } from 'node:fs';

const binary = process.argv[2] ?? 'build/http-probe/asan';
if (!existsSync(binary)) execFileSync('tests/http-probe/build.sh', [binary, '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'], { stdio: 'inherit' });

let passed = 0, failed = 0;
const only = process.env.ONLY;
async function test(name, body) {
  if (only && !name.includes(only)) return;
  try { await body(); passed++; }
  catch (error) { failed++; console.log(`FAILED ${name}: ${error.message}`); }
}
function is(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what ?? 'value'} is ${a?.slice(0, 300)}, expected ${e}`);
}
function ok(condition, what) { if (!condition) throw new Error(what); }
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

// ---- servers
const running = new Set();
async function start(...flags) {
  const child = spawn(binary, ['serve', '--port', '0', '--threads', '2', ...flags],
    { env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:exitcode=77', TSAN_OPTIONS: 'exitcode=66:atexit_sleep_ms=0' } });
  const server = { child, out: '', err: '' };
  running.add(server);
  server.exit = new Promise(resolve => child.on('exit', (code, signal) => { running.delete(server); resolve(signal ?? code); }));
  child.stderr.on('data', data => { server.err += data; });
  await new Promise((resolve, reject) => {
    child.stdout.on('data', data => { server.out += data; if (server.out.includes('\n')) resolve(); });
    child.on('exit', code => reject(new Error(`did not start: ${code} ${server.err}`)));
  });
  server.port = Number(/:(\d+)\n$/.exec(server.out)[1]);
  return server;
}
async function stop(server, expected = 0) {
  const begun = Date.now();
  server.child.kill('SIGTERM');
  is(await server.exit, expected, `exit status (${server.err.slice(-2000)})`);
  ok(!/ERROR: |WARNING: ThreadSanitizer|runtime error/.test(server.err), server.err.slice(0, 3000));
  return Date.now() - begun;
}
process.on('exit', () => { for (const server of running) server.child.kill('SIGKILL'); });

// ---- clients
function connect(port) {
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
// The answers in a client's text, as they are framed. heads: which of them answer HEAD.
function answers(text, heads = []) {
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
    let body = '';
    if (!bare && answer.headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const size = /^([0-9a-f]+)\r\n/i.exec(rest);
        if (!size) { answer.broken = true; rest = ''; break; }
        const length = parseInt(size[1], 16);
        body += rest.slice(size[0].length, size[0].length + length);
        rest = rest.slice(size[0].length + length + 2);
        if (length === 0) break;
      }
    } else if (!bare) {
      const length = 'content-length' in answer.headers ? Number(answer.headers['content-length']) : rest.length;
      body = rest.slice(0, length);
      rest = rest.slice(length);
    }
    answer.body = body;
    list.push(answer);
  }
  return list;
}
async function until(client, count, heads, limit = 4000) {
  const end = Date.now() + limit;
  const whole = a => a.status >= 200 && (!('content-length' in a.headers) || a.status === 304 || heads?.length || a.body.length === Number(a.headers['content-length']));
  while (!client.closed && Date.now() < end) {
    const list = answers(client.text, heads);
    if (list.length >= count && list.every(a => a.status && (a.status < 200 || whole(a)))) break;
    await sleep(2);
  }
  return answers(client.text, heads);
}
// Sends bytes, waits for the answer (or the close), then a little for what must not come.
async function raw(port, bytes, { count = 1, heads, settle = 60 } = {}) {
  const client = connect(port);
  client.send(bytes);
  await until(client, count, heads);
  await sleep(settle);
  const list = answers(client.text, heads);
  const result = { list, first: list[0] ?? { status: 0, headers: {} }, closed: client.closed, text: client.text };
  client.socket.destroy();
  return result;
}
const request = (method, path, headers = '', body = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: h\r\n${headers}${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
function problem(answer, status, name) {
  is(answer.status, status, 'status');
  is(answer.headers['content-type'], 'application/problem+json', 'content-type');
  const document = JSON.parse(answer.body);
  is(document.type, `/problems/${name}`, 'type');
  is(document.status, status, 'document status');
  is(document.instance, answer.headers['x-request-id'], 'instance');
  ok(document.title && document.detail, 'title and detail');
  return document;
}

// ================================================================ one server for all that does not end it
const server = await start('--body-limit', '4k', '--import-limit', '64k', '--cors-origins', 'https://a.example,http://b.example:8080');
const port = server.port;
const ask = (method, path, headers, body, options) => raw(port, request(method, path, headers, body), { settle: 0, ...options });
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';

// ---- framing: [name, bytes, status, problem or null for libmicrohttpd's own HTML]
const framing = [
  ['two different Content-Length', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['two equal Content-Length', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}', 400, 'bad-framing'],
  ['Content-Length and Transfer-Encoding', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['space before the colon', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-framing'],
  ['unknown Transfer-Encoding', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['Transfer-Encoding twice', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['Transfer-Encoding: identity, chunked', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['Transfer-Encoding: chunked, chunked', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['empty Transfer-Encoding', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['vertical tab in Transfer-Encoding', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`, 400, 'bad-framing'],
  ['two Host', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'bad-framing'],
  ['two equal Host', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n', 400, 'bad-framing'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'bad-framing'],
  ['empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400, 'bad-framing'],
  ['Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'bad-framing'],
  ['Host with a user', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'bad-framing'],
  ['Host with a space', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'bad-framing'],
  ['Content-Length: +5', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello', 400, null],
  ['Content-Length: -1', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n', 400, null],
  ['Content-Length: 2, 2', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\n{}', 400, null],
  ['Content-Length: 0x2', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 0x2\r\n\r\n{}', 400, null],
  ['Content-Length beyond 64 bits', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n', 413, null],
  ['empty Content-Length', 'POST /v1/valuation HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n', 400, null],
  ['lower-case method', 'get / HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-framing'],
  ['method with a slash', 'G/T / HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-framing'],
  ['control byte in a value', 'GET / HTTP/1.1\r\nHost: h\r\nX-A: a\x01b\r\n\r\n', 400, 'bad-framing'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nHost: h\r\nX-A: a\x7fb\r\n\r\n', 400, 'bad-framing'],
  ['carriage return in a value', 'GET / HTTP/1.1\r\nHost: h\r\nX-A: a\rb\r\n\r\n', 400, undefined],
  ['parenthesis in a name', 'GET / HTTP/1.1\r\nHost: h\r\nX(A: a\r\n\r\n', 400, 'bad-framing'],
  ['line without a colon', 'GET / HTTP/1.1\r\nHost: h\r\nfoo\r\n\r\n', 400, null],
  ['%00 in the path', 'GET /health%00/live HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['%00 in the query', 'GET /health/live?a=%00 HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['bad escape', 'GET /health/%zz HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['cut escape', 'GET /health/% HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['bytes that are not UTF-8', 'GET /v1/scenarios/%ff HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['overlong UTF-8', 'GET /v1/scenarios/%c0%af HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['control byte in the path', 'GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['space in the path', 'GET /a b HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['fragment', 'GET /#a HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['target without a slash', 'GET health HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nHost: h\r\n\r\n', 400, 'bad-request'],
  ['too long an address', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414, 'uri-too-long'],
  ['an address longer than the connection memory', `GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414, null],
  ['too many fields', `GET / HTTP/1.1\r\nHost: h\r\n${'X-A: b\r\n'.repeat(100)}\r\n`, 431, 'headers-too-large'],
  ['too large a field', `GET / HTTP/1.1\r\nHost: h\r\nX-A: ${'b'.repeat(40000)}\r\n\r\n`, 431, null],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: h\r\n\r\n', 505, null],
  ['HTTP/1.9 answers as 1.1 or refuses', 'GET / FTP/1.1\r\nHost: h\r\n\r\n', 400, null],
];
for (const [name, bytes, status, type] of framing)
  await test(`framing: ${name}`, async () => {
    const { list, first, text, closed } = await raw(port, bytes);
    is(first.status, status, 'status');
    if (type) problem(first, status, type);
    ok(closed, 'the connection stays open');
    // 0.9.75 repeats the block of header fields before some of its own HTML: then the rest is no second answer
    ok(list.length === 1 || (type === null && !/HTTP\/1\.1 2\d\d/.test(text)), `answered ${list.map(a => a.status)}`);
    ok(!text.includes('/smuggled'), 'the smuggled request was read');
  });
for (const [name, bytes, status] of [
  ['no Host in HTTP/1.0', 'GET /health/live HTTP/1.0\r\n\r\n', 200],
  ['bare line feeds', 'GET /health/live HTTP/1.1\nHost: h\n\n', 200],
  ['folded field', 'GET /health/live HTTP/1.1\r\nHost: h\r\nX-A: a\r\n  b\r\n\r\n', 200],
  ['absolute target', 'GET http://h/health/live HTTP/1.1\r\nHost: h\r\n\r\n', 200],
  ['blank lines first', '\r\n\r\nGET /health/live HTTP/1.1\r\nHost: h\r\n\r\n', 200],
  ['Host with port and brackets', 'GET /health/live HTTP/1.1\r\nHost: [::1]:80\r\n\r\n', 200],
  ['capital hexadecimal escape', 'GET /health/%6Cive HTTP/1.1\r\nHost: h\r\n\r\n', 200],
  ['unknown method', 'BREW /health/live HTTP/1.1\r\nHost: h\r\n\r\n', 405],
  ['TRACE', 'TRACE /health/live HTTP/1.1\r\nHost: h\r\n\r\n', 405],
]) await test(`framing accepts: ${name}`, async () => is((await raw(port, bytes, { settle: 0 })).first.status, status, 'status'));
for (const [name, bytes] of [
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + '\x00'.repeat(500) + '\r\n\r\n'],
  ['NUL in a field', 'GET / HTTP/1.1\r\nHost: h\r\nX-A: a\x00b\r\n\r\n'], ['NUL in the path', 'GET /a\x00b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a field without a name (0.9.75 drops it unseen)', 'GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n'],
  ['only line feeds', '\n'.repeat(5000)], ['a word', 'GET\r\n\r\n'], ['a line', 'GET /\r\n\r\n'],
  ['a chunk size beyond 64 bits', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n`],
  ['a bad chunk size', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ['a chunk without its end', `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n`],
]) await test(`framing survives: ${name}`, async () => {
  const client = connect(port);
  client.send(bytes);
  await sleep(50);
  client.socket.destroy();
  is((await ask('GET', '/health/live')).first.status, 200, 'status afterwards');
});
await test('framing: cut at every byte of a request leaves nothing behind', async () => {
  const whole = request('POST', '/v1/valuation', JSON_TYPE, '{"a":1}');
  await Promise.all([...whole].map(async (_, i) => {
    const client = connect(port);
    client.send(whole.slice(0, i));
    await sleep(30);
    client.socket.destroy();
  }));
  is((await ask('GET', '/health/live')).first.status, 200, 'status afterwards');
});

// ---- keep-alive and pipelining
await test('three pipelined requests are answered in order', async () => {
  const three = ['one', 'two', 'three'].map(id => request('GET', '/health/live', `X-Request-Id: ${id}\r\n`)).join('');
  const { list, closed } = await raw(port, three, { count: 3 });
  is(list.map(a => a.headers['x-request-id']), ['one', 'two', 'three'], 'ids');
  ok(!closed, 'the connection was closed');
});
await test('pipelined: suspended, inline with a body, refused, each in its turn', async () => {
  const all = request('POST', '/v1/scenarios?wait=50', JSON_TYPE + 'X-Request-Id: a\r\n', '{"x":1}') +
    request('POST', '/v1/valuation', JSON_TYPE + 'X-Request-Id: b\r\n', '{}') + request('PUT', '/v1/export', 'X-Request-Id: c\r\n', 'body') +
    request('POST', '/v1/valuation?sleep=30', JSON_TYPE + 'X-Request-Id: d\r\n', `{"a":"${'x'.repeat(3000)}"}`) + request('GET', '/nowhere', 'X-Request-Id: e\r\n');
  const { list } = await raw(port, all, { count: 5 });
  is(list.map(a => [a.headers['x-request-id'], a.status]), [['a', 201], ['b', 200], ['c', 405], ['d', 200], ['e', 404]], 'answers');
});
await test('100 requests on one connection', async () => {
  const client = connect(port);
  for (let i = 1; i <= 100; i++) { client.send(request('GET', '/v1/scenarios/x')); is((await until(client, i)).length, i, 'answers'); }
  client.socket.destroy();
});
await test('Connection: close is honoured', async () => ok((await ask('GET', '/health/live', 'Connection: close\r\n', '', { settle: 60 })).closed, 'open'));

// ---- methods
await test('HEAD is GET without the body', async () => {
  for (const path of ['/', '/health/live', '/v1/scenarios/x', '/v1/scenarios', '/metrics', '/nowhere']) {
    const get = (await ask('GET', path)).first, head = (await ask('HEAD', path, '', '', { heads: [0] })).first;
    is([head.status, head.names.filter(n => n !== 'server-timing')], [get.status, get.names.filter(n => n !== 'server-timing')], path);
    if (path !== '/metrics' && path !== '/nowhere') is(head.headers['content-length'], get.headers['content-length'], `${path} length`);
  }
});
await test('HEAD sends no byte of a body, the next answer follows', async () => {
  const { list } = await raw(port, request('HEAD', '/v1/scenarios/x') + request('GET', '/health/live'), { count: 2, heads: [0] });
  is(list.map(a => a.status), [200, 200], 'statuses');
  is(list[1].body, '{"status":"live"}', 'body');
});
await test('HEAD of an answer in pieces sends only its fields', async () => {
  const { text, first, closed } = await raw(port, request('HEAD', '/v1/export'), { heads: [0] });
  is(first.status, 200, 'status');
  ok(text.endsWith('\r\n\r\n') && text.indexOf('\r\n\r\n') === text.length - 4 && closed, JSON.stringify(text.slice(-40)));
});
await test('OPTIONS tells the methods of every path', async () => {
  for (const [path, allow] of [['/', 'GET, HEAD, OPTIONS'], ['/v1/scenarios', 'POST, GET, HEAD, OPTIONS'], ['/v1/scenarios/x', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'], ['/v1/scenarios/x/chair', 'GET, HEAD, POST, OPTIONS'], ['*', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']]) {
    const { first } = await ask('OPTIONS', path);
    is([first.status, first.headers.allow, first.headers['content-length']], [204, allow, undefined], path);
  }
  problem((await ask('OPTIONS', '/nowhere')).first, 404, 'not-found');
});
await test('405 says what is allowed', async () => {
  const { first } = await ask('DELETE', '/v1/scenarios');
  problem(first, 405, 'method-not-allowed');
  is(first.headers.allow, 'POST, GET, HEAD, OPTIONS', 'allow');
});
await test('404 for what is no route', async () => {
  for (const path of ['/nowhere', '//', '/v1/', '/v1/scenarios/', '/v1/scenarios//chair', '/health/live/', '/health%2Flive', '/a/b/c/d/e/f/g/h/i/j/k', '/HEALTH/live'])
    problem((await ask('GET', path)).first, 404, 'not-found');
});

// ---- decoding
await test('%2F inside a segment is data, + in the query a space', async () => {
  const document = JSON.parse((await ask('GET', '/v1/scenarios/a%2Fb?q=x+y%2B%C3%A9')).first.body);
  is([document.argument, document.path], ['a/b', '/v1/scenarios/a%2Fb'], 'argument');
  is(Buffer.from(document.q, 'latin1').toString(), 'x y+é', 'q');
});
await test('64 parameters are taken, 65 are not', async () => {
  const query = n => Array.from({ length: n }, (_, i) => `p${i}=${i}`).join('&');
  is((await ask('GET', `/health/live?${query(64)}`)).first.status, 200, '64');
  problem((await ask('GET', `/health/live?${query(65)}`)).first, 400, 'bad-request');
});

// ---- negotiation
for (const [accept, status, type] of [['application/json', 200], ['application/*', 200], ['*/*', 200], ['text/html, */*;q=0.1', 200], ['text/html', 406], ['application/json;q=0', 406], ['text/*;q=0.5, application/json;q=0.4', 200, 2], ['text/csv', 200, 2], ['', 200]])
  await test(`Accept: ${accept}`, async () => {
    const { first } = await ask('GET', '/v1/scenarios', `Accept: ${accept}\r\n`);
    if (status === 406) problem(first, 406, 'not-acceptable');
    else is([first.status, JSON.parse(first.body).accept], [200, type ?? 1], 'answer');
    is(first.headers.vary, 'Accept, Origin', 'vary');
  });
await test('Accept in two lines is one list', async () => is((await ask('GET', '/v1/scenarios', 'Accept: text/html\r\nAccept: text/csv\r\n')).first.status, 200, 'status'));
for (const [type, status] of [['application/json', 200], ['application/json; charset=utf-8', 200], ['APPLICATION/JSON;charset="UTF-8"', 200], ['application/json; charset=latin1', 415], ['text/plain', 415], ['application/x-www-form-urlencoded', 415], ['', 415], [null, 415]])
  await test(`Content-Type: ${type}`, async () => {
    const { first } = await ask('POST', '/v1/valuation', type === null ? '' : `Content-Type: ${type}\r\n`, '{"a":1}');
    if (status === 415) problem(first, 415, 'unsupported-media-type'); else is(first.status, 200, 'status');
  });
await test('a patch may be either kind', async () => {
  for (const [type, content] of [['application/merge-patch+json', 8], ['application/json-patch+json', 16], ['application/json', 1]])
    is(JSON.parse((await ask('PATCH', '/v1/scenarios/x', `Content-Type: ${type}\r\n`, '[]')).first.body).content, content, type);
  problem((await ask('PATCH', '/v1/scenarios/x', 'Content-Type: text/plain\r\n', '{}')).first, 415, 'unsupported-media-type');
});
await test('no body needs no Content-Type', async () => is((await ask('POST', '/v1/scenarios/x/chair')).first.status, 200, 'status'));

// ---- bodies
await test('a body of exactly the limit is taken, whole', async () => {
  const body = 'x'.repeat(4096);
  const document = JSON.parse((await ask('POST', '/v1/valuation', JSON_TYPE, body)).first.body);
  is([document.length, document.sum], [4096, 4096 * 120], 'body');
});
await test('a longer one is refused at once, unread', async () => {
  const { first, closed } = await raw(port, `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 4097\r\n\r\n`);
  problem(first, 413, 'body-too-large');
  ok(closed, 'the connection stays open');
});
await test('413 reaches a client that sends first', async () => {
  const { first } = await ask('POST', '/v1/valuation', JSON_TYPE, 'x'.repeat(3_000_000));
  problem(first, 413, 'body-too-large');
});
await test('a chunked body is taken up to the limit', async () => {
  const chunk = n => `${n.toString(16)}\r\n${'y'.repeat(n)}\r\n`;
  const send = chunks => raw(port, `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\nX-Trailer: a\r\n\r\n`);
  is(JSON.parse((await send(chunk(4000) + chunk(96))).first.body).length, 4096, 'length');
  problem((await send(chunk(4000) + chunk(97))).first, 413, 'body-too-large');
  problem((await send(chunk(10000).repeat(20))).first, 413, 'body-too-large');
});
await test('an endless chunked body is cut', async () => {
  const client = connect(port);
  client.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
  const piece = Buffer.from(`100000\r\n${'z'.repeat(1048576)}\r\n`);
  for (let sent = 0; sent < 40 && !client.closed; sent++) await new Promise(resolve => client.socket.write(piece, resolve));
  await Promise.race([client.ended, sleep(3000)]);
  ok(client.closed, 'still open after 40 MiB');
});
await test('an import has its own limit', async () => {
  const ndjson = 'Content-Type: application/x-ndjson\r\n';
  is(JSON.parse((await ask('POST', '/v1/import', ndjson, 'n'.repeat(65536))).first.body).length, 65536, 'length');
  problem((await ask('POST', '/v1/import', ndjson, 'n'.repeat(65537))).first, 413, 'body-too-large');
});
await test('Expect: 100-continue is invited', async () => {
  const client = connect(port);
  client.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  for (let i = 0; i < 100 && !client.text; i++) await sleep(10);
  ok(client.text.startsWith('HTTP/1.1 100 '), client.text);
  client.send('{}');
  is((await until(client, 2)).map(a => a.status), [100, 200], 'statuses');
  client.socket.destroy();
});
await test('Expect: 100-continue is not invited where the answer is known', async () => {
  for (const [path, length, status] of [['/v1/valuation', 5000, 413], ['/nowhere', 2, 404], ['/v1/export', 2, 405]]) {
    const { list } = await raw(port, `POST ${path} HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`);
    is(list.map(a => a.status), [status], path);
  }
});
await test('a refused request with a body keeps its connection', async () => {
  const { list, closed } = await raw(port, request('POST', '/nowhere', JSON_TYPE, 'x'.repeat(3000)) + request('GET', '/health/live'), { count: 2 });
  is([list.map(a => a.status), closed], [[404, 200], false], 'statuses');
});

// ---- answers
await test('every answer has its id; a usable one is taken over', async () => {
  is((await ask('GET', '/health/live', 'X-Request-Id: a.B_9-z\r\n')).first.headers['x-request-id'], 'a.B_9-z', 'id');
  for (const bad of ['a b', 'a"b', 'é', '', 'x'.repeat(129)]) {
    const made = (await ask('GET', '/nowhere', `X-Request-Id: ${bad}\r\n`)).first.headers['x-request-id'];
    ok(/^[0-9a-f]{12}-[0-9a-f]{8}$/.test(made), `${bad} gave ${made}`);
  }
  const ids = new Set((await Promise.all(Array.from({ length: 50 }, () => ask('GET', '/health/live')))).map(r => r.first.headers['x-request-id']));
  is(ids.size, 50, 'distinct ids');
});
await test('fields of an ordinary answer', async () => {
  const { headers } = (await ask('GET', '/v1/scenarios/x')).first;
  is([headers['cache-control'], headers.etag, headers['x-content-type-options'], headers['content-type']], ['no-cache', '"x-1"', 'nosniff', 'application/json'], 'fields');
  ok(/^parse;dur=\d+\.\d{3}, db;dur=\d+\.\d{3}, model;dur=1\.234, encode;dur=\d+\.\d{3}$/.test(headers['server-timing']), headers['server-timing']);
  ok(headers.date, 'date');
});
await test('a page has its policy', async () => {
  const { headers } = (await ask('GET', '/')).first;
  is(headers['content-type'], 'text/html; charset=utf-8', 'type');
  ok(headers['content-security-policy'].startsWith("default-src 'self';") && !headers['content-security-policy'].includes('unsafe'), 'policy');
});
await test('304 has no body and keeps the connection', async () => {
  const { list } = await raw(port, request('GET', '/v1/scenarios/x', 'If-None-Match: "y", W/"x-1"\r\n') + request('GET', '/health/live'), { count: 2 });
  is([list[0].status, list[0].headers.etag, list[1].status], [304, '"x-1"', 200], 'answers');
});
await test('a created thing has its place', async () => {
  const { first } = await ask('POST', '/v1/scenarios', JSON_TYPE, '{}');
  is([first.status, first.headers.location], [201, '/v1/scenarios/new'], 'answer');
});
await test('204 has neither body nor length', async () => {
  const { list } = await raw(port, request('DELETE', '/v1/scenarios/x') + request('GET', '/health/live'), { count: 2 });
  is([list[0].status, list[0].headers['content-length'], list[0].headers['content-type'], list[1].status], [204, undefined, undefined, 200], 'answers');
});
await test('a problem lists its faults', async () => {
  const document = problem((await ask('GET', '/v1/scenarios/faulty')).first, 422, 'invalid-scenario');
  is([document.errors.length, document.errors_omitted, document.errors[1]], [64, 3, { pointer: '/a/b', code: 'out_of_range', detail: 'Number 1 "is" out of range.' }], 'errors');
});
await test('an answer in pieces is whole', async () => {
  const { first } = await raw(port, request('GET', '/v1/export?lines=50000'), { settle: 800 });
  is([first.status, first.headers['content-type'], first.body.split('\n').length], [200, 'application/x-ndjson', 50001], 'pieces');
});
await test('an answer in pieces that breaks off is seen to', async () => {
  const { first, closed } = await raw(port, request('GET', '/v1/export?broken=1&lines=3'), { settle: 200 });
  ok(first.broken && closed, 'it looks whole');
});
await test('a client that leaves amid an answer in pieces', async () => {
  await Promise.all(Array.from({ length: 20 }, async () => {
    const client = connect(port);
    client.send(request('GET', '/v1/export?lines=5000000'));
    await sleep(50);
    client.socket.destroy();
  }));
  is((await ask('GET', '/health/live')).first.status, 200, 'status afterwards');
});
// ---- pieces that are not there yet when they are asked for
const idle = async at => {
  for (const end = Date.now() + 20000; ;) {
    const { body } = (await raw(at, request('GET', '/metrics'), { settle: 0 })).first;
    const [running, queued] = ['running', 'queued'].map(name => Number(new RegExp(`pool_${name} (\\d+)$`, 'm').exec(body)[1]));
    if (running + queued === 0) return;
    ok(Date.now() < end, `${running} run and ${queued} wait still`);
    await sleep(5);
  }
};
const whole = client => answers(client.text)[0]?.broken === undefined && client.text.endsWith('\r\n0\r\n\r\n');
await test('an answer in pieces that are made while it is read is whole, and the connection is kept', async () => {
  const clients = Array.from({ length: 40 }, () => connect(port));
  for (const client of clients) client.send(request('GET', '/v1/export?nap=2&lines=30'));
  for (const end = Date.now() + 20000; Date.now() < end && !clients.every(whole);) await sleep(5);
  for (const client of clients) {
    is(answers(client.text)[0].body, Array.from({ length: 30 }, (_, i) => `{"n":${String(i + 1).padStart(8, '0')}}\n`).join(''), 'lines');
    client.send(request('GET', '/health/live'));
    is((await until(client, 2))[1].status, 200, 'the next answer');
    client.socket.destroy();
  }
  await idle(port);
});
await test('its first piece is read before the last is made', async () => {
  const client = connect(port);
  client.send(request('GET', '/v1/export?nap=1&lines=100000000'));
  for (const end = Date.now() + 20000; Date.now() < end && !client.text.includes('{"n":00000003}');) await sleep(2);
  ok(client.text.includes('{"n":00000003}'), client.text);
  client.socket.destroy();
  await idle(port);
});
await test('clients that leave while they wait for a piece leave nothing running', async () => {
  const clients = Array.from({ length: 30 }, () => connect(port));
  for (const client of clients) client.send(request('GET', '/v1/export?nap=20&lines=100000000'));
  for (const end = Date.now() + 20000; Date.now() < end && !clients.every(client => client.text.includes('{"n"'));) await sleep(5);
  for (const client of clients) client.socket.destroy();
  await idle(port);
});
await test('who waits for a piece is not cut for standing still', async () => {
  const s = await start('--body-timeout-ms', '100');
  const client = connect(s.port);
  client.send(request('GET', '/v1/export?nap=400&lines=3'));
  for (const end = Date.now() + 20000; Date.now() < end && !client.closed && !whole(client);) await sleep(5);
  is(answers(client.text)[0].body.split('\n').length, 4, 'lines');
  client.socket.destroy();
  await stop(s);
});
await test('a drain breaks off who waits for a piece', async () => {
  const s = await start('--drain-timeout-ms', '1000');
  const client = connect(s.port);
  client.send(request('GET', '/v1/export?nap=30&lines=100000000'));
  for (const end = Date.now() + 20000; Date.now() < end && !client.text.includes('{"n"');) await sleep(5);
  await stop(s);
  await client.ended;
  ok(!whole(client), 'it looks whole');
});
await test('a client that leaves while it is computed for', async () => {
  await Promise.all(Array.from({ length: 10 }, async () => {
    const client = connect(port);
    client.send(request('POST', '/v1/scenarios?wait=100', JSON_TYPE, '{}'));
    await sleep(20);
    client.socket.destroy();
  }));
  await sleep(200);
  is((await ask('GET', '/health/live')).first.status, 200, 'status afterwards');
});

// ---- CORS
await test('an allowed origin may read', async () => {
  const { headers } = (await ask('GET', '/health/live', 'Origin: http://b.example:8080\r\n')).first;
  is([headers['access-control-allow-origin'], headers.vary], ['http://b.example:8080', 'Origin'], 'fields');
  for (const name of ['ETag', 'Location', 'Link', 'X-Request-Id', 'Server-Timing']) ok(headers['access-control-expose-headers'].includes(name), name);
});
await test('another origin is answered without leave', async () => {
  const { status, headers } = (await ask('GET', '/health/live', 'Origin: https://a.example.evil\r\n')).first;
  is([status, headers['access-control-allow-origin']], [200, undefined], 'answer');
});
await test('a preflight by the list', async () => {
  const flight = origin => ask('OPTIONS', '/v1/scenarios', `Origin: ${origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n`);
  const { status, headers } = (await flight('https://a.example')).first;
  is([status, headers['access-control-allow-origin'], headers['access-control-max-age']], [204, 'https://a.example', '600'], 'leave');
  ok(headers['access-control-allow-methods'].includes('POST') && headers['access-control-allow-headers'].includes('Content-Type'), 'methods and headers');
  problem((await flight('https://b.example')).first, 403, 'origin-not-allowed');
  problem((await flight('null')).first, 403, 'origin-not-allowed');
});

// ---- observation
await test('metrics count requests by their route', async () => {
  const { first } = await raw(port, request('GET', '/metrics'), { settle: 100 });
  is(first.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8', 'type');
  const value = line => Number(new RegExp(`^${line.replace(/[{}/]/g, '\\$&')} (\\d+)$`, 'm').exec(first.body)?.[1] ?? NaN);
  ok(value('secondchair_requests_total{method="GET",route="/health/live",status="2xx"}') > 30, 'live');
  ok(value('secondchair_requests_total{method="",route="",status="4xx"}') > 20, 'no route');
  ok(value('secondchair_requests_refused_total') >= 20, 'refused');
  is(value('secondchair_requests_in_flight'), 1, 'in flight');
  is(value('secondchair_requests_abandoned_total'), 0, 'abandoned');
  for (const line of first.body.trim().split('\n')) ok(/^(# (HELP|TYPE) secondchair_\w+ .+|secondchair_\w+(\{[^{}]*(\{\w+\}[^{}]*)*\})? -?[\d.]+)$/.test(line), line);
});
await test('ready and live', async () => {
  is((await ask('GET', '/health/live')).first.body, '{"status":"live"}', 'live');
  is((await ask('GET', '/health/ready')).first.body, '{"status":"ready"}', 'ready');
});
await test('the first server ends clean', async () => { await stop(server); is(server.out.trim().split('\n').length, 1, 'lines on stdout'); });

// ================================================================ slow clients
await test('slow clients are cut at their deadlines', async () => {
  const slow = await start('--header-timeout-ms', '500', '--body-timeout-ms', '600', '--idle-timeout-ms', '900');
  const begun = Date.now();
  const trickle = async (client, bytes, pause) => { for (const byte of bytes) { if (client.closed) return; client.send(byte); await sleep(pause); } };
  const clients = Object.fromEntries(['silent', 'header', 'line', 'body', 'idle', 'chunks', 'reader', 'second'].map(name => [name, connect(slow.port)]));
  trickle(clients.header, 'GET / HTTP/1.1\r\nHost: h\r\nX-A: ' + 'a'.repeat(200), 20);
  trickle(clients.line, 'GET /' + 'a'.repeat(200), 20);
  clients.body.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 1000\r\n\r\n`);
  trickle(clients.body, 'x'.repeat(200), 20);
  clients.chunks.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n`);
  trickle(clients.chunks, '1\r\nx\r\n'.repeat(50), 20);
  clients.idle.send(request('GET', '/health/live'));
  clients.second.send(request('GET', '/health/live'));
  setTimeout(() => trickle(clients.second, 'GET / HTTP/1.1\r\nX-A: ' + 'a'.repeat(200), 10), 100);
  clients.reader.socket.pause();
  clients.reader.send(request('GET', '/v1/export?lines=100000000'));
  const expected = { silent: 500, header: 500, line: 500, body: 600, chunks: 600, idle: 900, second: 800 };
  await Promise.all(Object.keys(expected).map(name => Promise.race([clients[name].ended, sleep(4000)])));
  for (const [name, ms] of Object.entries(expected)) {
    const took = clients[name].endedAt - begun;
    ok(clients[name].closed && took > ms - 60 && took < ms + 700, `${name}: ${took} ms, expected ${ms}`);
  }
  await sleep(300);
  const { first } = await raw(slow.port, request('GET', '/metrics'), { settle: 100 });
  is(Number(/connections_reaped_total (\d+)$/m.exec(first.body)[1]), 8, 'reaped');
  clients.reader.socket.destroy();
  await stop(slow);
});

// ================================================================ the pool's refusals
await test('one client over its share gets 429, all over the queue 503, and may come again', async () => {
  const small = await start('--queue', '6', '--queue-per-client', '4', '--compute-threads', '1');
  const body = `{"a":"${'x'.repeat(3000)}"}`;
  const results = await Promise.all(Array.from({ length: 12 }, () => raw(small.port, request('POST', '/v1/valuation?sleep=150', JSON_TYPE, body), { settle: 0 })));
  const refused = results.filter(r => r.first.status === 429);
  ok(refused.length >= 6 && results.filter(r => r.first.status === 200).length >= 4, results.map(r => r.first.status).join());
  problem(refused[0].first, 429, 'too-many-requests');
  is([refused[0].first.headers['retry-after'], refused[0].closed], ['1', false], 'retry');
  await stop(small);
  const full = await start('--queue', '2', '--queue-per-client', '4', '--compute-threads', '1');
  const more = await Promise.all(Array.from({ length: 8 }, () => raw(full.port, request('POST', '/v1/valuation?sleep=150', JSON_TYPE, body), { settle: 0 })));
  problem(more.find(r => r.first.status === 503).first, 503, 'overloaded');
  is(more[7].first.headers['x-request-id'].length > 0, true, 'id');
  await stop(full);
});

// ================================================================ drain
await test('drain: idle connections do not delay it', async () => {
  const s = await start();
  const idle = Array.from({ length: 20 }, () => connect(s.port));
  for (const client of idle.slice(10)) client.send(request('GET', '/health/live'));
  await sleep(200);
  const took = await stop(s);
  ok(took < 1000, `took ${took} ms`);
  for (const client of idle) ok(client.closed, 'a connection stayed');
});
await test('drain: what was asked is answered, new connections are not taken', async () => {
  const s = await start();
  const busy = [connect(s.port), connect(s.port)];
  busy[0].send(request('POST', '/v1/scenarios?wait=700', JSON_TYPE, '{}'));
  busy[1].send(request('POST', '/v1/valuation?sleep=700', JSON_TYPE, 'x'.repeat(3000)));
  const kept = connect(s.port);
  await sleep(200);
  s.child.kill('SIGTERM');
  await sleep(30);
  kept.send(request('GET', '/health/ready'));
  const [ready] = await until(kept, 1, [], 300);
  if (ready) { problem(ready, 503, 'overloaded'); is(ready.headers.connection, 'close', 'connection'); }
  const refused = await new Promise(resolve => net.connect(s.port, '127.0.0.1').on('connect', () => resolve(false)).on('error', () => resolve(true)));
  ok(refused, 'a new connection was taken');
  is(await s.exit, 0, `exit (${s.err})`);
  for (const client of busy) {
    await client.ended;
    const [answer] = answers(client.text);
    ok([200, 201].includes(answer?.status), client.text);
    is(answer.headers.connection, 'close', 'connection');
  }
  ok(!s.err.includes('ERROR: '), s.err);
});
await test('drain: trickling clients and queued computations end within the time', async () => {
  const s = await start('--drain-timeout-ms', '3000', '--compute-threads', '2');
  const clients = Array.from({ length: 30 }, () => connect(s.port));
  clients.forEach((client, i) => {
    if (i < 10) client.send('GET / HTTP/1.1\r\nHost: h\r\nX-A: ');
    else if (i < 20) client.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 1000\r\n\r\nx`);
    else client.send(request('POST', '/v1/valuation?sleep=400', JSON_TYPE, 'x'.repeat(3000)));
  });
  const timer = setInterval(() => clients.slice(0, 20).forEach(client => client.send('a')), 50);
  await sleep(200);
  const took = await stop(s);
  clearInterval(timer);
  ok(took < 3000, `took ${took} ms`);
  const statuses = clients.slice(20).map(client => answers(client.text)[0]?.status);
  ok(statuses.every(status => status === 200 || status === 503) && statuses.includes(200), `${statuses}`);
});
await test('drain: computations that do not end are given up, and said to be', async () => {
  const s = await start('--drain-timeout-ms', '2000', '--compute-threads', '2');
  const clients = Array.from({ length: 12 }, () => connect(s.port));
  clients.forEach((client, i) => client.send(request('POST', i < 8 ? '/v1/valuation?sleep=60000' : '/v1/scenarios?wait=60000', JSON_TYPE, 'x'.repeat(3000))));
  await sleep(300);
  const took = await stop(s);
  ok(took < 2000, `took ${took} ms`);
  await Promise.all(clients.map(client => client.ended));
  for (const client of clients) problem(answers(client.text)[0], 503, 'overloaded');
});
await test('drain: computations that end after they were given up are freed', async () => {
  const s = await start('--drain-timeout-ms', '4000', '--compute-threads', '2');
  const clients = Array.from({ length: 4 }, () => connect(s.port));
  clients.forEach((client, i) => client.send(request('POST', i < 2 ? '/v1/valuation?sleep=3200' : '/v1/scenarios?wait=3200', JSON_TYPE, 'x'.repeat(3000))));
  await sleep(200);
  const took = await stop(s);
  ok(took > 2500 && took < 4000, `took ${took} ms`);
  for (const client of clients) problem(answers(client.text)[0], 503, 'overloaded');
  ok(s.err.includes('event=stopped') && !s.err.includes('computations running'), s.err);
});
await test('drain: under load, ten times', async () => {
  for (let round = 0; round < 10; round++) {
    const s = await start('--connections', '40');
    let on = true, odd = '';
    const loops = Array.from({ length: 24 }, async (_, i) => {
      while (on) {
        const path = ['/health/live', '/v1/scenarios/x', '/v1/valuation?sleep=5', '/v1/scenarios?wait=3', '/v1/export?lines=3000'][i % 5];
        const post = i % 5 === 2 || i % 5 === 3;
        const client = connect(s.port);
        for (let n = 0; n < 5 && on && !client.closed; n++) {
          client.send(post ? request('POST', path, JSON_TYPE, 'x'.repeat(2500)) : request('GET', path));
          const list = await until(client, n + 1, [], 1000);
          for (const answer of list) if (answer.status && ![200, 201, 503].includes(answer.status)) odd = `${answer.status} ${answer.body}`;
        }
        client.socket.destroy();
        if (client.reset) await sleep(1);
      }
    });
    await sleep(250);
    const took = await stop(s);
    on = false;
    await Promise.all(loops);
    ok(took < 2500 && !odd, `round ${round}: ${took} ms ${odd}`);
  }
});
await test('a second signal ends it at once', async () => {
  const s = await start();
  connect(s.port).send(request('POST', '/v1/valuation?sleep=60000', JSON_TYPE, 'x'.repeat(3000)));
  await sleep(200);
  const begun = Date.now();
  s.child.kill('SIGTERM');
  await sleep(200);
  s.child.kill('SIGINT');
  is(await s.exit, 1, 'exit');
  ok(Date.now() - begun < 600, 'too late');
});

// ================================================================ starting
await test('LISTEN_FDS: the socket that is handed over', async () => {
  const listener = net.createServer();
  await new Promise(resolve => listener.listen(0, '127.0.0.1', resolve));
  const { port: given } = listener.address();
  const child = spawn('/bin/sh', ['-c', `LISTEN_FDS=1 LISTEN_PID=$$ exec ${binary} serve --port 1`], { stdio: ['ignore', 'pipe', 'pipe', listener._handle.fd] });
  const line = await new Promise(resolve => child.stdout.once('data', data => resolve(String(data))));
  is(line, `listening on http://127.0.0.1:${given}\n`, 'line');
  listener._handle.onconnection = () => {};
  listener.unref();
  const { first } = await raw(given, request('GET', '/health/live') , { settle: 0 });
  ok(first.status === 200 || first.status === 0, 'status'); // node may have taken this one
  child.kill('SIGTERM');
  is(await new Promise(resolve => child.on('exit', resolve)), 0, 'exit');
  listener.close();
});
await test('IPv6 in brackets', async () => {
  const s = await start('--address', '::1').catch(error => ({ skip: error.message }));
  if (s.skip) { ok(s.skip.includes('cannot listen'), s.skip); return; }
  ok(s.out.startsWith('listening on http://[::1]:'), s.out);
  await stop(s);
});
for (const [name, args, status, words] of [
  ['no command', [], 2, 'secondchair serve'], ['an unknown command', ['sing'], 2, 'no command'], ['an unknown setting', ['serve', '--sing'], 2, '--sing'],
  ['a port out of range', ['serve', '--port', '65536'], 2, '--port'], ['a number that is none', ['serve', '--queue=many'], 2, '--queue'],
  ['an address that is none', ['serve', '--address', 'nowhere.example'], 2, '--address'], ['a value that is missing', ['serve', '--port'], 2, '--port'],
  ['an origin with a path', ['serve', '--cors-origins', 'https://a.example/b'], 2, '--cors-origins'], ['a database that cannot be opened', ['serve', '--database', 'bad'], 1, 'stand-in store'],
  ['an address that is not here', ['serve', '--address', '192.0.2.1'], 1, 'cannot listen'],
]) await test(`start: ${name}`, async () => {
  const child = spawn(binary, args);
  let out = '', err = '';
  child.stdout.on('data', data => { out += data; });
  child.stderr.on('data', data => { err += data; });
  is(await new Promise(resolve => child.on('close', resolve)), status, `exit (${err})`);
  ok(err.includes(words) && out === '', err + out);
  if (name !== 'no command') is(err.trim().split('\n').length, 1, `lines (${err})`);
});
await test('start: the environment, and the flag that wins', async () => {
  const help = execFileSync(binary, ['help']).toString();
  for (const word of ['--port', 'SECONDCHAIR_PORT', '[8080]', '--drain-timeout-ms', 'SECONDCHAIR_DATABASE']) ok(help.includes(word), word);
  const s = spawn(binary, ['serve', '--port', '0', '--queue=7'], { env: { ...process.env, SECONDCHAIR_PORT: '1', SECONDCHAIR_QUEUE: 'many', SECONDCHAIR_METRICS: 'off' } });
  const line = await new Promise(resolve => s.stdout.once('data', data => resolve(String(data))));
  const p = Number(/:(\d+)\n/.exec(line)[1]);
  ok(p > 1, line);
  problem((await raw(p, request('GET', '/metrics'), { settle: 0 })).first, 404, 'not-found');
  s.kill('SIGTERM');
  is(await new Promise(resolve => s.on('exit', resolve)), 0, 'exit');
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
