// Answers in gzip: the same bytes once they are unpacked, under a tag of their own, for whoever takes them.
import { events, is, ok, scenario, small, test } from './harness.mjs';

const GZIP = { 'Accept-Encoding': 'gzip' };
const coded = etag => etag && `${etag.slice(0, -1)}-gzip"`;

export default async function coding({ server }) {
  const ask = async (method, target, options) => { const answer = await server.ask(method, target, options); return { ...answer, encoding: answer.headers['content-encoding'] }; };
  const json = value => ({ body: JSON.stringify(value), headers: { 'Content-Type': 'application/json' } });
  const page = (await ask('GET', '/')).text, script = /\/assets\/app\.js\?v=[0-9a-f]+/.exec(page)[0];
  const questions = { scenario: 'amd-base', questions: Array.from({ length: 300 }, (_, i) => ({ overrides: [{ pointer: '/price', value: 100 + i }] })) };
  const faulty = { ...scenario('amd-base'), ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`unknown_${i}`, i])) };
  const CASES = [['GET', '/'], ['GET', '/docs'], ['GET', script], ['GET', '/openapi.json'], ['GET', '/schema/scenario.json'], ['GET', '/metrics', { changes: true }], ['GET', '/v1/scenarios'], ['GET', '/v1/scenarios/amd-base'], ['GET', '/v1/scenarios/amd-uncertain/revisions/1'], ['GET', '/v1/scenarios/amd-base/valuation'], ['GET', '/v1/scenarios/amd-base/projection', { headers: { Accept: 'text/csv' } }],
    ['GET', '/v1/scenarios/amd-uncertain/simulation?paths=1024'], ['GET', '/v1/sets/amd-view/valuation'], ['POST', '/v1/valuation', json({ scenario: scenario('amd-base') })], ['POST', '/v1/valuation', { ...json({ scenario: faulty }), problem: true }], ['GET', '/v1/export'],
    ...['application/json', 'application/x-ndjson', 'text/csv'].map(Accept => ['POST', '/v1/batch?fields=value_per_share,verdict,upside', { body: JSON.stringify(questions), headers: { 'Content-Type': 'application/json', Accept } }])];

  await test('what is packed is what is sent otherwise, the second time too, under another tag', async () => {
    for (const [method, target, { headers, body, changes, problem } = {}] of CASES) {
      const plain = await ask(method, target, { headers, body }), at = `${method} ${target} ${headers?.Accept ?? ''}`;
      is([plain.encoding, plain.status], [undefined, problem ? 422 : 200], at);
      for (let time = 1; time <= 3; time++) {
        const packed = await ask(method, target, { headers: { ...headers, ...GZIP }, body });
        is([packed.status, packed.encoding, packed.headers['content-type'], packed.headers.etag], [plain.status, 'gzip', plain.headers['content-type'], coded(plain.headers.etag)], `${at}, time ${time}`);
        ok(packed.bytes.length < (/batch|export/.test(target) ? 0.9 : 0.6) * plain.bytes.length, // of pieces that may be small
           `${at} takes ${packed.bytes.length} of ${plain.bytes.length} bytes`);
        if (problem) is({ ...JSON.parse(packed.text), instance: '' }, { ...JSON.parse(plain.text), instance: '' }, at);
        else if (!changes) is(packed.text, plain.text, `${at}, time ${time}`);
        for (const answer of [plain, packed]) ok(/\bAccept-Encoding\b/.test(answer.headers.vary), `${at}: Vary is ${answer.headers.vary}`);
      }
      if (changes || problem || method !== 'GET') continue;
      const head = await ask('HEAD', target, { headers: { ...headers, ...GZIP } });
      is([head.status, head.encoding, head.headers.etag, head.bytes.length], [200, 'gzip', coded(plain.headers.etag), 0], `HEAD ${target}`);
    }
  });
  await test('whoever has an answer, packed or not, is told so, under the tag that it has', async () => {
    for (const target of ['/', '/v1/scenarios/amd-base', '/v1/scenarios/amd-base/valuation', '/v1/scenarios/amd-base/revisions/1']) {
      const { headers: { etag } } = await ask('GET', target), both = [etag, coded(etag)];
      for (const mine of both)
        for (const headers of [{}, GZIP]) {
          const { status, headers: got, bytes, encoding } = await ask('GET', target, { headers: { ...headers, 'If-None-Match': `"other", ${mine}` } });
          is([status, bytes.length, encoding, got.etag], [304, 0, undefined, headers === GZIP ? mine : etag], `${target} of ${mine}`);
        }
      is((await ask('GET', target, { headers: { ...GZIP, 'If-None-Match': `W/${coded(etag)}` } })).status, 304, `${target}, weakly`);
      is((await ask('GET', target, { headers: { ...GZIP, 'If-None-Match': '"other-gzip"' } })).status, 200, `${target}, another`);
    }
  });
  await test('the tag of a packed answer says which revision is changed', async () => {
    const { id } = await server.store({ ...scenario('amd-base'), name: 'Packed' }), target = `/v1/scenarios/${id}`;
    const { headers: { etag } } = await ask('GET', target, { headers: GZIP });
    is(etag, '"1-gzip"', 'the tag');
    const put = await ask('PUT', target, { body: JSON.stringify({ ...scenario('amd-base'), name: 'Packed again' }), headers: { 'Content-Type': 'application/json', 'If-Match': etag, ...GZIP } });
    is([put.status, put.encoding, put.headers.etag, JSON.parse(put.text).revision], [200, 'gzip', '"2-gzip"', 2], 'the change');
    is((await ask('DELETE', target, { headers: { 'If-Match': etag } })).status, 412, 'a deletion of what it was');
    is((await ask('DELETE', target, { headers: { 'If-Match': put.headers.etag } })).status, 204, 'a deletion of what it is');
  });
  await test('what the client takes is heeded, to its quality', async () => {
    const target = '/v1/scenarios/amd-base/valuation';
    for (const [accepted, expected] of [['gzip', 'gzip'], ['GZip;q=1.0', 'gzip'], ['x-gzip', 'gzip'], ['br, gzip;q=0.1', 'gzip'], ['*', 'gzip'], ['br;q=1, *;q=0.1', 'gzip'], ['gzip;q=0.5, identity;q=0.5', 'gzip'], ['identity;q=0, gzip;q=0.001', 'gzip'], ['*;q=0, gzip', 'gzip'],
      ['', undefined], ['br', undefined], ['identity', undefined], ['gzip;q=0', undefined], ['gzip;q=0.000', undefined], ['gzip;q=2', undefined], ['gzip;q=0.5, identity', undefined], ['gzip;q=0, *', undefined], ['gzipped', undefined]]) {
      const { status, encoding } = await ask('GET', target, { headers: { 'Accept-Encoding': accepted } });
      is([status, encoding], [200, expected], accepted);
    }
    for (const accepted of ['identity;q=0', '*;q=0', 'br, *;q=0', 'gzip;q=0, identity;q=0']) {
      const { status, encoding, text } = await ask('GET', target, { headers: { 'Accept-Encoding': accepted } });
      is([status, encoding, JSON.parse(text).type], [406, undefined, '/problems/not-acceptable'], accepted);
    }
  });
  await test('what is small is sent as it is, unless nothing else is taken', async () => {
    const { encoding, headers } = await ask('GET', '/version', { headers: GZIP });
    is([encoding, /Accept-Encoding/.test(headers.vary)], [undefined, true], 'a small answer');
    const only = { 'Accept-Encoding': 'gzip, identity;q=0' };
    is((await ask('GET', '/version', { headers: only })).encoding, 'gzip', 'a small answer to whoever takes gzip alone');
    const wanted = { body: JSON.stringify({ ...small(), price: -1 }), headers: { 'Content-Type': 'application/json', ...only } };
    const { status, encoding: other, text } = await ask('POST', '/v1/scenarios', wanted);
    is([status, other, JSON.parse(text).type], [422, 'gzip', '/problems/invalid-scenario'], 'a problem');
    is((await ask('OPTIONS', '/version', { headers: only })).status, 204, 'an answer without a body');
  });
  await test('a stream of events is sent as it is', async () => {
    const target = '/v1/scenarios/amd-uncertain/simulation', asked = json({ paths: 4096 });
    const stream = accepted => ask('POST', target, { ...asked, headers: { ...asked.headers, Accept: 'text/event-stream', 'Accept-Encoding': accepted } });
    const { encoding, headers, text } = await stream('gzip');
    is([encoding, headers['content-type'], events(text).at(-1).event], [undefined, 'text/event-stream', 'done'], 'the stream');
    const plain = await ask('POST', target, asked);
    is(events(text).at(-1).json.mean, JSON.parse(plain.text).mean, 'its answer');
    is((await stream('gzip, identity;q=0')).status, 406, 'one that would have to be packed');
  });
}
