// The service about itself: pages, descriptions, health, metrics; and what holds for every address.
import { BUILT_INS, contract, is, names, ok, PATIENCE, read, sleep, test } from './harness.mjs';
import http from 'node:http';

const FIXED = ['/', '/docs', '/openapi.json', '/schema/scenario.json', '/schema/openapi.json', '/problems/stale-revision', '/version',
  '/assets/app.js', '/assets/docs.js', '/assets/style.css', '/assets/icon.svg'];
const ORIGIN = 'https://desk.example';
export const flags = ['--cors-origins', `${ORIGIN},http://localhost:5173`];

export default async function service({ server }) {
  await test('the page is HTML that may load only what the service itself serves', async () => {
    const { headers, text } = await server.expect(200, 'GET', '/');
    is(headers['content-type'], 'text/html; charset=utf-8', 'the type');
    const policy = headers['content-security-policy'] ?? '';
    for (const part of ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) ok(policy.includes(part), `the policy lacks ${part}`);
    ok(/^<!doctype html>/i.test(text), 'no doctype');
    ok(!/<script(?![^>]*\bsrc=)[^>]*>\s*\S/.test(text) && !/\son\w+=/.test(text) && !/<style/.test(text), 'there is inline script or style, which the policy forbids');
    for (const [, address] of text.matchAll(/(?:src|href)="(\/[^"]*)"/g))
      await server.expect(200, 'GET', address);
  });
  await test('the API describes itself, in the very bytes of schema/openapi.json', async () => {
    is(JSON.parse((await server.get('/openapi.json')).text), JSON.parse(read('schema/openapi.json')), 'openapi.json');
    is((await server.get('/schema/openapi.json')).text, (await server.get('/openapi.json')).text, 'the other address');
  });
  await test('the schema of the documents is a JSON Schema which every built-in scenario satisfies', async () => {
    const { json, headers } = await server.get('/schema/scenario.json');
    is(headers['content-type'], 'application/schema+json', 'the type');
    is((await server.get('/schema/scenario.json', { headers: { Accept: 'application/json' } })).headers['content-type'], 'application/json', 'the type asked for');
    const validate = contract.ajv.compile({ ...json, $id: 'scenario' });
    for (const id of BUILT_INS) {
      const { document } = (await server.get(`/v1/scenarios/${id}`)).json;
      ok(validate(document), () => `${id}: ${contract.ajv.errorsText(validate.errors)}`);
    }
    const base = (await server.get('/v1/scenarios/amd-base')).json.document;
    for (const wrong of [{ ...base, prise: 3 }, { ...base, price: 'much' }, { ...base, horizon: 31 }, { ...base, segments: [] }, { ...base, timing: 'late' }])
      ok(!validate(wrong), 'the schema admits a document that the service refuses');
  });
  await test('the schema says the unit and the meaning of every number', async () => {
    const { json } = await server.get('/schema/scenario.json');
    let numbers = 0;
    const walk = (node, path) => {
      if (!node || typeof node !== 'object') return;
      if (node.type === 'number' && !/\/(oneOf|anyOf|items)\//.test(`${path}/`) && /properties\/[^/]+$/.test(path)) {
        numbers++;
        ok(node.description, `${path} has no description`);
      }
      for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`);
    };
    walk(json, '');
    ok(numbers > 20, `only ${numbers} numbers were found`);
    is((await server.get('/schema/nothing.json')).status, 404, 'a schema that is not there');
  });
  await test('each problem is explained in JSON and in HTML', async () => {
    for (const name of names('include/secondchair/problems.def', 'SC_PROBLEM')) {
      const address = `/problems/${name.replace(/_/g, '-')}`;
      const { json } = await server.expect(200, 'GET', address, { headers: { Accept: 'application/json' } });
      const known = contract.problems.get(address);
      is([json.type, json.title, json.status, json.retryable], [address, known.title, known.status, known.retryable], name);
      is(json.codes?.map(({ code }) => code), json.status === 422 ? names('include/secondchair/faults.def', 'SC_FAULT') : undefined, `the codes of ${name}`);
      ok(json.description.length > 40, `the description of ${name} is short`);
      const page = await server.expect(200, 'GET', address, { headers: { Accept: 'text/html' } });
      ok(page.text.includes(known.title), `the page of ${name}`);
      for (const { code, meaning } of json.codes ?? []) ok(page.text.includes(`<dt><code>${code}</code></dt><dd>${meaning}</dd>`), `${code} on the page of ${name}`);
    }
    await server.refuse('not-found', 'GET', '/problems/no-such-problem');
  });
  await test('the version names the model that answers carry as engine', async () => {
    const { json } = await server.get('/version');
    is((await server.get('/v1/scenarios/amd-base/valuation')).json.engine, json.engine, 'engine');
  });
  await test('live and ready say so, and are never kept by caches', async () => {
    is((await server.get('/health/live')).json, { status: 'live' });
    is((await server.get('/health/ready')).json, { status: 'ready' });
    is((await server.get('/health/live')).headers['cache-control'], 'no-store', 'Cache-Control');
  });
  await test('whatever is fixed has an ETag, and answers 304 to whoever has it', async () => {
    for (const address of FIXED) {
      const { headers } = await server.expect(200, 'GET', address);
      for (const tag of [headers.etag, `"x", ${headers.etag}`, `W/${headers.etag}`, '*']) {
        const again = await server.expect(304, 'GET', address, { headers: { 'If-None-Match': tag } });
        is([again.headers.etag, again.headers['cache-control']], [headers.etag, headers['cache-control']], `${address} with ${tag}`);
      }
      await server.expect(200, 'GET', address, { headers: { 'If-None-Match': '"other"' } });
    }
  });
  await test('a file whose digest stands in its address may be kept for ever, any other must be asked for again', async () => {
    const { headers } = await server.get('/assets/app.js');
    is(headers['cache-control'], 'no-cache', 'without');
    is((await server.get(`/assets/app.js?v=${headers.etag.slice(1, -1)}`)).headers['cache-control'], 'public, max-age=31536000, immutable', 'with');
    is((await server.get('/assets/app.js?v=0123')).headers['cache-control'], 'no-cache', 'with another');
    await server.refuse('not-found', 'GET', '/assets/openapi.json');
    await server.refuse('not-found', 'GET', '/assets/..%2Findex.html');
  });
  await test('HEAD answers like GET, without the body', async () => {
    for (const address of [...FIXED, '/health/live', '/metrics', '/v1/scenarios', '/v1/scenarios/amd-base', '/v1/scenarios/amd-base/revisions', '/v1/scenarios/amd-base/revisions/1',
      '/v1/scenarios/amd-base/diff', '/v1/scenarios/amd-base/valuation', '/v1/scenarios/amd-base/projection', '/v1/scenarios/amd-base/chair']) {
      const [get, head] = [await server.get(address), await server.ask('HEAD', address)];
      is(head.status, get.status, `the status of ${address}`);
      is([head.headers.etag, head.headers['content-type']], [get.headers.etag, get.headers['content-type']], `the fields of ${address}`);
      if (address !== '/metrics') is(head.headers['content-length'], get.headers['content-length'], `the length of ${address}`);
    }
    is((await server.ask('HEAD', '/v1/export')).status, 200, 'the export');
    is((await server.ask('HEAD', '/v1/scenarios/nobody')).status, 404, 'what is not there');
  });
  await test('every address answers OPTIONS with its methods, and 405 with the same to all others', async () => {
    for (const template of Object.keys(contract.api.paths)) {
      const address = template.replace('{id}', 'amd-base').replace('{n}', '1').replace('/schema/{name}', '/schema/scenario.json').replace('/problems/{name}', '/problems/conflict').replace('{name}', 'app.js');
      const { headers } = await server.expect(204, 'OPTIONS', address);
      const allowed = headers.allow.split(', ');
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'BREW']) {
        if (allowed.includes(method)) continue;
        const { headers: refused, json } = await server.refuse('method-not-allowed', method, address);
        is(refused.allow, headers.allow, `Allow of ${method} ${address}`);
        ok(json.detail.includes(allowed[0]), 'the detail names the methods');
      }
    }
  });
  await test('what is not there is a 404, whatever the method and the shape of the address', async () => {
    for (const address of ['/nothing', '/v1', '/v1/', '/v2/scenarios', '/v1/scenarios/', '/v1/scenarios//valuation', '/v1/scenarios/amd-base/', '/v1/scenarios/amd-base/valuation/', '/health', '/a/b/c/d/e/f/g/h/i/j',
      '/V1/scenarios', '/v1/scenarios/amd-base/revisions/1/2', '/v1/Valuation'])
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) await server.refuse('not-found', method, address);
    for (const id of ['AMD-BASE', 'amd-base%20', 'amd-bas', '%2e%2e', 'x'.repeat(500), '%F0%9F%92%A9', "'%20or%201=1", 'amd-base%2Fvaluation'])
      await server.refuse('not-found', 'GET', `/v1/scenarios/${id}`);
  });
  await test('each answer is in the type that was asked for, or says what there is', async () => {
    for (const [accept, status, type] of [['*/*', 200, 'application/json'], ['application/*', 200, 'application/json'], ['text/csv', 200, 'text/csv; charset=utf-8; header=present'], ['application/json;q=0.2, text/csv;q=0.8', 200, 'text/csv; charset=utf-8; header=present'],
      ['text/html, application/json;q=0.1', 200, 'application/json'], ['', 200, 'application/json'], ['application/json;q=0, */*', 200, 'text/csv; charset=utf-8; header=present']]) {
      const answer = await server.get('/v1/scenarios', { headers: { Accept: accept } });
      is([answer.status, answer.headers['content-type']], [status, type], accept);
    }
    for (const accept of ['image/png', 'application/json;q=0', 'text/plain', 'garbage', 'application/xml, text/html'])
      await server.refuse('not-acceptable', 'GET', '/v1/scenarios', { headers: { Accept: accept } });
    await server.refuse('not-acceptable', 'GET', '/version', { headers: { Accept: 'text/csv' } });
  });
  await test('a body must say that it is JSON', async () => {
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'application/jsonp', '', 'application/merge-patch+json'])
      await server.refuse('unsupported-media-type', 'POST', '/v1/scenarios', { body: '{}', headers: { 'Content-Type': type } });
    for (const type of ['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])
      await server.refuse('invalid-scenario', 'POST', '/v1/scenarios', { body: '{}', headers: { 'Content-Type': type } });
    await server.refuse('unsupported-media-type', 'POST', '/v1/import', { body: '{}', headers: { 'Content-Type': 'application/json' } });
    await server.refuse('unsupported-media-type', 'PATCH', '/v1/scenarios/amd-base', { body: '{}', headers: { 'Content-Type': 'text/plain' } });
  });
  await test('an unknown, repeated or malformed parameter is refused, with a suggestion', async () => {
    const { json } = await server.refuse('bad-request', 'GET', '/v1/scenarios?limt=3');
    ok(/limit/.test(json.detail), json.detail);
    for (const query of ['limit=3&limit=4', 'limit=0', 'limit=201', 'limit=-1', 'limit=3.5', 'limit=x', 'limit=', 'limit=99999999999999999999', 'after=0', 'after=x', 'after=-1', 'deleted=yes', 'deleted=', 'x', '=', '%zz', 'q=%ff', 'q=%00'])
      await server.refuse('bad-request', 'GET', `/v1/scenarios?${query}`);
    for (const address of ['/v1/scenarios/amd-base?deleted=1', '/v1/scenarios/amd-base/diff?from=0', '/v1/scenarios/amd-base/valuation?revision=0', '/v1/scenarios/amd-base/valuation?inputs=1', '/v1/scenarios/amd-base/valuation?to=2030', '/v1/scenarios/amd-base/revisions?q=x', '/v1/export?all=true',
      '/v1/scenarios/amd-base/valuation?revision=1&revision=1'])
      await server.refuse('bad-request', 'GET', address);
    await server.refuse('bad-request', 'GET', `/v1/scenarios?${Array.from({ length: 65 }, (_, i) => `p${i}=1`).join('&')}`);
    await server.refuse('bad-request', 'POST', '/v1/scenarios?draft=true', { json: {} });
  });
  await test('the id of a request is taken over where it is usable, and made where it is not', async () => {
    for (const id of ['a', 'A-1_b.2', 'x'.repeat(128), '7f3a0c1e-0000-7000-8000-000000000000']) {
      const answer = await server.get('/v1/scenarios/nobody', { headers: { 'X-Request-Id': id } });
      is([answer.headers['x-request-id'], answer.json.instance], [id, id], 'the id');
    }
    const made = new Set();
    for (const id of ['', ' ', 'a b', 'x'.repeat(129), 'a"b', '<script>', 'a;b', 'a,b', 'ä', undefined]) {
      const { headers } = await server.get('/version', { headers: id === undefined ? {} : { 'X-Request-Id': Buffer.from(id).toString('latin1') } });
      ok(headers['x-request-id'] !== id && !/[<" ]/.test(headers['x-request-id']), `the id ${headers['x-request-id']} of ${id}`);
      made.add(headers['x-request-id']);
    }
    is(made.size, 10, 'ids that were made and differ');
  });
  await test('an answer says where its time went', async () => {
    for (const [method, address, options] of [['GET', '/v1/scenarios/amd-base'], ['GET', '/v1/scenarios/amd-base/valuation'], ['POST', '/v1/projection', { json: { scenario: 'amd-base' } }], ['GET', '/v1/scenarios']]) {
      const { headers } = await server.expect(200, method, address, options);
      const stages = Object.fromEntries(headers['server-timing'].split(', ').map(part => part.split(';dur=')));
      is(Object.keys(stages), ['parse', 'db', 'model', 'encode'], 'the stages');
      for (const [stage, ms] of Object.entries(stages)) ok(Number(ms) >= 0 && Number(ms) < 60000, `${stage} took ${ms}`);
    }
  });
  await test('pages of an allowed origin may read every answer, those of another may not', async () => {
    for (const address of ['/v1/scenarios/amd-base', '/v1/scenarios/nobody', '/version']) {
      const { headers } = await server.get(address, { headers: { Origin: ORIGIN } });
      is(headers['access-control-allow-origin'], ORIGIN, 'the origin');
      ok(/\borigin\b/i.test(headers.vary), `Vary is ${headers.vary}`);
      for (const name of ['ETag', 'Location', 'Link', 'X-Request-Id', 'Server-Timing', 'Retry-After']) ok(headers['access-control-expose-headers'].includes(name), name);
      ok(!headers['access-control-allow-credentials'], 'credentials are never allowed');
      for (const other of ['https://evil.example', 'null', 'https://desk.example.evil', 'http://desk.example', 'https://desk.example:443'])
        is((await server.get(address, { headers: { Origin: other } })).headers['access-control-allow-origin'], undefined, other);
    }
  });
  await test('a preflight is answered by the list of origins', async () => {
    const flight = (origin, method = 'PUT') => ({ headers: { Origin: origin, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': 'content-type, if-match' } });
    const { headers } = await server.expect(204, 'OPTIONS', '/v1/scenarios/amd-base', flight(ORIGIN));
    is(headers['access-control-allow-origin'], ORIGIN, 'the origin');
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) ok(headers['access-control-allow-methods'].includes(method), method);
    for (const name of ['Content-Type', 'If-Match', 'If-None-Match', 'X-Request-Id', 'Accept']) ok(headers['access-control-allow-headers'].includes(name), name);
    is(headers['access-control-max-age'], '600', 'the age');
    await server.refuse('origin-not-allowed', 'OPTIONS', '/v1/scenarios/amd-base', flight('https://evil.example'));
  });
  await test('a connection is kept from one request to the next', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 50; i++) await server.expect(i % 2 ? 200 : 404, 'GET', i % 2 ? '/version' : '/nothing', { agent });
    const sockets = Object.values(agent.freeSockets).flat();
    is(sockets.length, 1, 'sockets');
    await server.refuse('invalid-scenario', 'POST', '/v1/scenarios', { json: {}, agent });
    await server.expect(200, 'GET', '/version', { agent });
    is(Object.values(agent.freeSockets).flat()[0] === sockets[0], true, 'the same socket after a problem');
    agent.destroy();
  });
  await test('a body may come in chunks, and with Expect: 100-continue', async () => {
    const chunked = await server.ask('POST', '/v1/valuation', { body: JSON.stringify({ scenario: 'amd-base' }), headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } });
    is(chunked.status, 200, 'in chunks');
    const text = JSON.stringify({ scenario: 'amd-base' });
    const status = await new Promise((resolve, reject) => {
      const request = http.request({ port: server.port, method: 'POST', path: '/v1/valuation', headers: { 'Content-Type': 'application/json', 'Content-Length': text.length, Expect: '100-continue' } }, response => { response.resume(); resolve(response.statusCode); });
      request.on('continue', () => request.end(text));
      request.on('error', reject);
      request.flushHeaders();
      sleep(PATIENCE).then(() => reject(new Error('no 100 Continue')));
    });
    is(status, 200, 'with Expect');
  });
  await test('a body where none belongs changes nothing: a GET answers as without it, or refuses', async () => {
    is((await server.ask('GET', '/version', { body: '{"a":1}' })).status, 200, 'GET with a body');
    const address = '/v1/scenarios/amd-base/valuation?revision=1', plain = await server.get(address);
    const moved = await server.ask('GET', address, { json: { overrides: [{ pointer: '/price', value: 1 }] } });
    ok(moved.status >= 400 || moved.text === plain.text, `the body of a GET moved drivers: ${moved.text.slice(0, 200)}, with Cache-Control ${moved.headers['cache-control']}`);
  });
  await test('metrics are Prometheus text that counts requests by route', async () => {
    const { headers, text } = await server.expect(200, 'GET', '/metrics');
    is(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8', 'the type');
    const families = new Map();
    for (const line of text.trimEnd().split('\n')) {
      const meta = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line);
      if (meta) { if (meta[1] === 'TYPE') families.set(meta[2], meta[3]); continue; }
      const sample = /^(\w+)(\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN)$/.exec(line);
      ok(sample, `the line ${line}`);
      ok([...families.keys()].some(name => sample[1] === name || (families.get(name) === 'histogram' && sample[1].startsWith(name))), `${sample[1]} has no TYPE`);
    }
    ok(/secondchair_requests_total\{method="GET",route="\/v1\/scenarios\/\{id\}",status="2xx"\} \d+/.test(text), 'the route of a scenario');
    ok(!text.includes('amd-base'), 'a metric holds an id: labels must not grow with the data');
  });
}
