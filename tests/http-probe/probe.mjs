// Probes of the HTTP side over raw sockets: framing, slow clients, negotiation, drain. Against the stand-in of build.sh.
// node tests/http-probe/probe.mjs [binary]; ends with "N passed, N failed".
import { answers, binary, closing, connect, eventually, figured, gate, is, JSON_TYPE, ok, problem, raw, refuses, request, sleep, start, stop, test, totals, until } from './harness.mjs';
import probeEvents from './events.mjs';
import { spawn, execFileSync } from 'node:child_process';

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
    const { list, first, text, closed } = await raw(port, bytes, { closes: true });
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
  const all = request('POST', '/v1/scenarios?sleep=50', JSON_TYPE + 'X-Request-Id: a\r\n', '{"x":1}') +
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
await test('Connection: close is honoured', async () => ok((await ask('GET', '/health/live', 'Connection: close\r\n', '', { closes: true })).closed, 'open'));

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
  const { text, first, closed } = await raw(port, request('HEAD', '/v1/export'), { heads: [0], closes: true });
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
    is(first.headers.vary, 'Accept, Accept-Encoding, Origin', 'vary');
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
  const { first, closed } = await raw(port, `POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 4097\r\n\r\n`, { closes: true });
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
  await closing(client);
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
  await eventually('an answer', () => client.text);
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
  const { first } = await raw(port, request('GET', '/v1/export?lines=50000'));
  is([first.status, first.headers['content-type'], first.body.split('\n').length], [200, 'application/x-ndjson', 50001], 'pieces');
});
await test('an answer in pieces that breaks off is seen to', async () => {
  const { first, closed } = await raw(port, request('GET', '/v1/export?broken=1&lines=3'), { closes: true });
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
    client.send(request('POST', '/v1/scenarios?sleep=100', JSON_TYPE, '{}'));
    await sleep(20);
    client.socket.destroy();
  }));
  is((await ask('GET', '/health/live')).first.status, 200, 'status afterwards');
});

// ---- CORS
await test('an allowed origin may read', async () => {
  const { headers } = (await ask('GET', '/health/live', 'Origin: http://b.example:8080\r\n')).first;
  is([headers['access-control-allow-origin'], headers.vary], ['http://b.example:8080', 'Accept-Encoding, Origin'], 'fields');
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
  await figured(port, {
    'requests_total{method="GET",route="/health/live",status="2xx"}': n => n > 30, 'requests_total{method="",route="",status="4xx"}': n => n > 20,
    requests_refused_total: n => n >= 20, requests_in_flight: 1, requests_abandoned_total: 0, // this one is in flight; those that clients left are not
  });
  const { first } = await raw(port, request('GET', '/metrics'), { settle: 0 });
  is(first.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8', 'type');
  for (const line of first.body.trim().split('\n')) ok(/^(# (HELP|TYPE) secondchair_\w+ .+|secondchair_\w+(\{[^{}]*(\{\w+\}[^{}]*)*\})? -?[\d.]+)$/.test(line), line);
});
await test('ready and live', async () => {
  is((await ask('GET', '/health/live')).first.body, '{"status":"live"}', 'live');
  is((await ask('GET', '/health/ready')).first.body, '{"status":"ready"}', 'ready');
});
await test('the first server ends clean', async () => { await stop(server); is(server.out.trim().split('\n').length, 1, 'lines on stdout'); });

// ================================================================ deadlines, refusals and drains, each on a server of its own and all at once
const slowly = [];
const meanwhile = (name, body) => slowly.push(test(name, body));

meanwhile('slow clients are cut at their deadlines', async () => {
  const slow = await start('--header-timeout-ms', '500', '--body-timeout-ms', '600', '--idle-timeout-ms', '900');
  const begun = Date.now();
  const trickle = async (client, bytes, pause) => { for (let i = 0; !client.closed; i++) { client.send(bytes[i] ?? 'a'); await sleep(pause); } };
  const clients = Object.fromEntries(['silent', 'header', 'line', 'body', 'idle', 'chunks', 'reader', 'second'].map(name => [name, connect(slow.port)]));
  trickle(clients.header, 'GET / HTTP/1.1\r\nHost: h\r\nX-A: ', 20);
  trickle(clients.line, 'GET /', 20);
  clients.body.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 1000000\r\n\r\n`);
  trickle(clients.body, '', 20);
  clients.chunks.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${(5000).toString(16)}\r\n`);
  trickle(clients.chunks, '', 20);
  clients.idle.send(request('GET', '/health/live'));
  clients.second.send(request('GET', '/health/live'));
  setTimeout(() => trickle(clients.second, 'GET / HTTP/1.1\r\nX-A: ', 10), 100);
  clients.reader.socket.pause();
  clients.reader.send(request('GET', '/v1/export?lines=100000000'));
  const least = { silent: 500, header: 500, line: 500, body: 600, chunks: 600, idle: 900, second: 600 };
  for (const [name, ms] of Object.entries(least)) {
    await closing(clients[name]);
    ok(clients[name].closed, `${name} is still open`);
    const took = clients[name].endedAt - begun;
    ok(took > ms - 60, `${name} was cut after ${took} ms`);
  }
  await figured(slow.port, { connections_reaped_total: n => n >= 8 });
  clients.reader.socket.resume();
  await closing(clients.reader);
  ok(clients.reader.closed && clients.reader.text.length < 1e8, 'the reader that stood still was not cut');
  await stop(slow);
});

meanwhile('one client over its share gets 429, all over the queue 503, and may come again', async () => {
  const asked = (port, { hold }) => raw(port, request('POST', `/v1/valuation?${hold}`, JSON_TYPE, '{}'), { settle: 0 });
  const fill = async (port, one, waiting) => {
    const first = asked(port, one);
    await figured(port, { pool_running: 1 });
    const more = Array.from({ length: waiting }, () => asked(port, one));
    await figured(port, { pool_queued: waiting });
    return [first, ...more];
  };
  for (const [flags, waiting, status, name] of [[['--queue', '6', '--queue-per-client', '4'], 4, 429, 'too-many-requests'], [['--queue', '2', '--queue-per-client', '4'], 2, 503, 'overloaded']]) {
    const full = await start(...flags, '--compute-threads', '1'), one = gate();
    const taken = await fill(full.port, one, waiting);
    for (let i = 0; i < 3; i++) {
      const { first, closed } = await asked(full.port, one);
      problem(first, status, name);
      is([first.headers['retry-after'], closed, first.headers['x-request-id'].length > 0], ['1', false, true], 'retry');
    }
    one.open();
    is((await Promise.all(taken)).map(({ first }) => first.status), taken.map(() => 200), 'what was taken');
    is((await asked(full.port, one)).first.status, 200, 'when it comes again');
    await stop(full);
  }
});

meanwhile('drain: idle connections do not delay it', async () => {
  const s = await start('--drain-timeout-ms', '100000');
  const idle = Array.from({ length: 20 }, () => connect(s.port));
  for (const client of idle.slice(10)) client.send(request('GET', '/health/live'));
  for (const client of idle.slice(10)) await until(client, 1);
  const took = await stop(s);
  ok(took < 50000, `took ${took} ms`);
  await Promise.all(idle.map(closing));
  for (const client of idle) ok(client.closed, 'a connection stayed');
});
meanwhile('drain: what was asked is answered, new connections are not taken', async () => {
  const s = await start('--drain-timeout-ms', '100000'), held = gate();
  const busy = [connect(s.port), connect(s.port)], kept = connect(s.port);
  busy[0].send(request('POST', `/v1/scenarios?${held.hold}`, JSON_TYPE, '{}'));
  busy[1].send(request('POST', `/v1/valuation?${held.hold}`, JSON_TYPE, 'x'.repeat(3000)));
  kept.send(request('GET', '/health/live'));
  await until(kept, 1);
  await figured(s.port, { requests_in_flight: 3 });
  s.child.kill('SIGTERM');
  await eventually('new connections are refused', () => refuses(s.port));
  kept.send(request('GET', '/health/ready'));
  const [, ready] = await until(kept, 2);
  if (ready) { problem(ready, 503, 'overloaded'); is(ready.headers.connection, 'close', 'connection'); }
  held.open();
  is(await s.exit, 0, `exit (${s.err})`);
  for (const client of busy) {
    await client.ended;
    const [answer] = answers(client.text);
    ok([200, 201].includes(answer?.status), client.text);
    is(answer.headers.connection, 'close', 'connection');
  }
  ok(!s.err.includes('ERROR: '), s.err);
});
meanwhile('drain: trickling clients and queued computations end within the time', async () => {
  const s = await start('--drain-timeout-ms', '20000', '--compute-threads', '2', '--header-timeout-ms', '100000', '--body-timeout-ms', '100000'), held = gate();
  const clients = Array.from({ length: 30 }, () => connect(s.port));
  clients.forEach((client, i) => {
    if (i < 10) client.send('GET / HTTP/1.1\r\nHost: h\r\nX-A: ');
    else if (i < 20) client.send(`POST /v1/valuation HTTP/1.1\r\nHost: h\r\n${JSON_TYPE}Content-Length: 100000\r\n\r\nx`);
    else client.send(request('POST', `/v1/valuation?${held.hold}`, JSON_TYPE, 'x'.repeat(3000)));
  });
  const timer = setInterval(() => clients.slice(0, 20).forEach(client => client.send('a')), 50);
  await figured(s.port, { requests_in_flight: 31, pool_running: 2, pool_queued: 8 });
  const stopped = stop(s);
  held.open();
  await stopped;
  clearInterval(timer);
  await Promise.all(clients.map(closing));
  is(clients.slice(20).map(client => answers(client.text)[0]?.status), Array(10).fill(200), 'the computations');
});
meanwhile('drain: computations that do not end are given up, and said to be', async () => {
  const s = await start('--drain-timeout-ms', '20000', '--compute-threads', '2'), held = gate();
  const clients = Array.from({ length: 12 }, () => connect(s.port));
  clients.forEach((client, i) => client.send(request('POST', `${i < 8 ? '/v1/valuation' : '/v1/scenarios'}?${held.hold}`, JSON_TYPE, 'x'.repeat(3000))));
  await figured(s.port, { requests_in_flight: 13 });
  await stop(s);
  ok(s.err.includes('computations running'), s.err);
  await Promise.all(clients.map(client => client.ended));
  for (const client of clients) problem(answers(client.text)[0], 503, 'overloaded');
});
meanwhile('drain: computations that end after they were given up are freed', async () => {
  const s = await start('--drain-timeout-ms', '30000', '--compute-threads', '2');
  const clients = Array.from({ length: 4 }, () => connect(s.port));
  clients.forEach((client, i) => client.send(request('POST', `${i < 2 ? '/v1/valuation' : '/v1/scenarios'}?outlast=&sleep=500`, JSON_TYPE, 'x'.repeat(3000))));
  await figured(s.port, { requests_in_flight: 5 });
  await stop(s);
  await Promise.all(clients.map(client => client.ended));
  for (const client of clients) problem(answers(client.text)[0], 503, 'overloaded');
  ok(s.err.includes('event=stopped') && !s.err.includes('computations running'), s.err);
});
meanwhile('a second signal ends it at once', async () => {
  const s = await start('--drain-timeout-ms', '100000');
  connect(s.port).send(request('POST', `/v1/valuation?${gate().hold}`, JSON_TYPE, 'x'.repeat(3000)));
  await figured(s.port, { pool_running: 1 });
  const begun = Date.now();
  s.child.kill('SIGTERM');
  await eventually('the drain has begun', () => refuses(s.port));
  s.child.kill('SIGINT');
  is(await s.exit, 1, 'exit');
  ok(Date.now() - begun < 50000, 'too late');
});
probeEvents(meanwhile);
await Promise.all(slowly);
await test('drain: under load, ten times', async () => {
  for (let round = 0; round < 10; round++) {
    const s = await start('--connections', '40', '--drain-timeout-ms', '100000');
    let on = true, odd = '', answered = 0;
    const loops = Array.from({ length: 24 }, async (_, i) => {
      while (on) {
        const path = ['/health/live', '/v1/scenarios/x', '/v1/valuation?sleep=5', '/v1/scenarios?sleep=3', '/v1/export?lines=3000'][i % 5];
        const post = i % 5 === 2 || i % 5 === 3;
        const client = connect(s.port);
        for (let n = 0; n < 5 && on && !client.closed; n++) {
          client.send(post ? request('POST', path, JSON_TYPE, 'x'.repeat(2500)) : request('GET', path));
          const list = await until(client, n + 1);
          answered += list.length;
          for (const answer of list) if (answer.status && ![200, 201, 503].includes(answer.status)) odd = `${answer.status} ${answer.body}`;
        }
        client.socket.destroy();
        if (client.reset) await sleep(1);
      }
    });
    await eventually('there is load', () => answered > 200);
    const took = await stop(s);
    on = false;
    await Promise.all(loops);
    ok(took < 50000 && !odd, `round ${round}: ${took} ms ${odd}`);
  }
});

// ================================================================ starting
await test('LISTEN_FDS: the socket that is handed over', async () => {
  const hand = `import os, socket, sys
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
print(listener.getsockname()[1], flush=True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], [sys.argv[1], "serve", "--port", "1"])`;
  const child = spawn('python3', ['-c', hand, binary]);
  const exit = new Promise(resolve => child.on('exit', resolve));
  let out = '';
  child.stdout.on('data', data => { out += data; });
  await eventually('two lines', () => out.split('\n').length > 2 || child.exitCode !== null);
  const [given, line] = out.split('\n');
  is(line, `listening on http://127.0.0.1:${given}`, 'line');
  is((await raw(Number(given), request('GET', '/health/live'), { settle: 0 })).first.status, 200, 'status');
  child.kill('SIGTERM');
  is(await exit, 0, 'exit');
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
  const exit = new Promise(resolve => s.on('exit', resolve));
  let out = '';
  s.stdout.on('data', data => { out += data; });
  await eventually('a line', () => out.includes('\n') || s.exitCode !== null);
  const p = Number(/:(\d+)\n/.exec(out)?.[1]);
  ok(p > 1, out);
  problem((await raw(p, request('GET', '/metrics'), { settle: 0 })).first, 404, 'not-found');
  s.kill('SIGTERM');
  is(await exit, 0, 'exit');
});

console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
