// Writes with an Idempotency-Key: done once however often they are asked for, at once, later, or after kill -9.
import { eventually, is, ok, Server, small, test } from './harness.mjs';
import { randomUUID } from 'node:crypto';

const keyed = (key, more) => ({ headers: { 'Idempotency-Key': key, ...more } });
// All of an answer but what is of each request.
const plain = ({ status, headers, text }) => ({ status, text, type: headers['content-type'], etag: headers.etag, location: headers.location, cache: headers['cache-control'], preference: headers['preference-applied'] });
const many = async (server, collection) => (await server.get(`/v1/${collection}?limit=200`)).json.items.length;

export default async function once({ server, binary }) {
  // Asks twice: the second answer is the first, and nothing more is there.
  const twice = async (method, target, options, key = randomUUID()) => {
    const ask = () => server.ask(method, target, { ...options, ...keyed(key, options.headers) });
    const first = await ask();
    ok(first.status < 300, `${method} ${target}: ${first.status} ${first.text.slice(0, 300)}`);
    const counts = [await many(server, 'scenarios'), await many(server, 'sets'), await many(server, 'jobs')];
    is(plain(await ask()), plain(first), `${method} ${target}, once more`);
    is([await many(server, 'scenarios'), await many(server, 'sets'), await many(server, 'jobs')], counts, `what is there after ${method} ${target}`);
    return first;
  };

  await test('each kind of write is done once, and answers the same once more', async () => {
    const document = small({ name: 'Once' }), { json: { id }, headers: { etag } } = await twice('POST', '/v1/scenarios', { json: document });
    const put = await twice('PUT', `/v1/scenarios/${id}`, { json: { ...document, price: 12 }, headers: { 'If-Match': etag } });
    is(put.json.revision, 2, 'the revision');
    const patched = await twice('PATCH', `/v1/scenarios/${id}`, { merge: { price: 13 }, headers: { 'If-Match': put.headers.etag } });
    is(patched.json.revision, 3, 'the revision of the patched one');
    await twice('POST', `/v1/scenarios/${id}/variants`, { json: { name: 'Child', overrides: [{ pointer: '/price', value: 14 }] } });
    const set = await twice('POST', '/v1/sets', { json: { name: 'A set', members: [{ scenario: id, weight: 1 }] } });
    await twice('PUT', `/v1/sets/${set.json.id}`, { json: { name: 'Another', members: [{ scenario: id, weight: 1 }] }, headers: { 'If-Match': set.headers.etag } });
    await twice('PATCH', `/v1/sets/${set.json.id}`, { merge: { name: 'A third' }, headers: { 'If-Match': '*' } });
    await twice('DELETE', `/v1/sets/${set.json.id}`, {});
    await twice('POST', `/v1/sets/${set.json.id}/restore`, {});
    const gone = await server.store(small({ name: 'Gone' }));
    is((await twice('DELETE', `/v1/scenarios/${gone.id}`, {})).status, 204, 'the status of a deletion');
    await twice('POST', `/v1/scenarios/${gone.id}/restore`, {});
    is((await server.get(`/v1/scenarios/${id}/revisions`)).json.items.map(item => item.revision), [3, 2, 1], 'the revisions');
    const lines = (await server.get('/v1/export')).text.split('\n').filter(line => line.includes(id)).map(line => line.replaceAll(id, `${id.slice(0, -4)}0000`)).slice(0, 1);
    is((await twice('POST', '/v1/import', { body: `${lines.join('\n')}\n`, headers: { 'Content-Type': 'application/x-ndjson' } })).json.imported, 1, 'lines imported');
  });
  await test('a question that becomes a job becomes one', async () => {
    const asked = { json: { price: 250 }, headers: { Prefer: 'respond-async' } }, { json: job } = await twice('POST', '/v1/scenarios/amd-base/returns', asked, 'a-job');
    await eventually('it is done', async () => (await server.get(`/v1/jobs/${job.id}`)).json.state === 'done');
    is((await server.expect(202, 'POST', '/v1/scenarios/amd-base/returns', { ...asked, ...keyed('a-job', asked.headers) })).json, job, 'the answer when the job is done');
  });
  await test('a key that came with another request is refused, of whatever kind', async () => {
    const key = randomUUID(), json = small({ name: 'First' }), { json: { id } } = await server.expect(201, 'POST', '/v1/scenarios', { json, ...keyed(key) });
    const before = await many(server, 'scenarios');
    for (const [method, target, options] of [['POST', '/v1/scenarios', { json: small({ name: 'Second' }) }], ['POST', '/v1/scenarios', { json: { ...json, price: 1 } }], ['PUT', `/v1/scenarios/${id}`, { json, headers: { 'If-Match': '*' } }], ['DELETE', `/v1/scenarios/${id}`, {}], ['POST', '/v1/valuation', { json: { scenario: id }, headers: { Prefer: 'respond-async' } }]]) {
      const { status } = await server.refuse('idempotency-key-reused', method, target, { ...options, ...keyed(key, options.headers) });
      is(status, 422, `${method} ${target}`);
    }
    is(await many(server, 'scenarios'), before, 'scenarios');
    await server.expect(204, 'DELETE', `/v1/scenarios/${id}`, keyed(`${key}-2`));
    is((await server.expect(201, 'POST', '/v1/scenarios', { json, ...keyed(key) })).json.id, id, 'what the first one made, though it is gone');
  });
  await test('a problem is not kept: its key serves the mended request', async () => {
    const key = randomUUID();
    await server.refuse('invalid-scenario', 'POST', '/v1/scenarios', { json: small({ price: -1 }), ...keyed(key) });
    await server.expect(201, 'POST', '/v1/scenarios', { json: small({ name: 'Mended' }), ...keyed(key) });
  });
  await test('what writes nothing takes no notice of a key', async () => {
    const key = randomUUID();
    for (const price of [100, 200]) is((await server.expect(200, 'POST', '/v1/scenarios/amd-base/returns', { json: { price }, ...keyed(key) })).json.price, price, 'the price');
    await server.expect(200, 'GET', '/v1/scenarios/amd-base', keyed(key));
  });
  await test('a key that is none is refused', async () => {
    for (const key of ['', 'a b', 'x'.repeat(256), 'é']) await server.refuse('bad-request', 'POST', '/v1/scenarios', { json: small(), ...keyed(key) });
    await server.expect(201, 'POST', '/v1/scenarios', { json: small({ name: 'Longest key' }), ...keyed('x'.repeat(255)) });
  });
  await test('of many at once with one key one writes, and all are answered alike', async () => {
    const { id, etag } = await server.store(small({ name: 'Raced' })).then(async ({ id: made }) => ({ id: made, etag: (await server.get(`/v1/scenarios/${made}`)).headers.etag }));
    for (const [method, target, options] of [['POST', '/v1/scenarios', { json: small({ name: 'Raced to be there' }) }], ['PUT', `/v1/scenarios/${id}`, { json: small({ name: 'Raced, second' }), headers: { 'If-Match': etag } }], ['DELETE', `/v1/scenarios/${id}`, {}]]) {
      const key = randomUUID(), before = await many(server, 'scenarios');
      const answers = await Promise.all(Array.from({ length: 12 }, () => server.ask(method, target, { ...options, ...keyed(key, options.headers) })));
      for (const answer of answers) is(plain(answer), plain(answers[0]), `an answer to ${method}`);
      ok(answers[0].status < 300, `${method}: ${answers[0].status}`);
      is(await many(server, 'scenarios') - before, { POST: 1, PUT: 0, DELETE: -1 }[method], `scenarios after ${method}`);
    }
    is((await server.get(`/v1/scenarios/${id}/revisions?deleted=true`)).json.items.length, 2, 'revisions');
  });
  await test('keys are kept as many as set, and as long', async () => {
    const own = await new Server(binary, { flags: ['--keys', '3', '--keys-age-ms', '3600000'] }).start();
    const make = async key => (await own.expect(201, 'POST', '/v1/scenarios', { json: small({ name: 'Kept' }), ...keyed(key) })).json.id;
    const ids = [];
    for (const key of ['1', '2', '3']) ids.push(await make(key));
    for (const [i, key] of ['1', '2', '3'].entries()) is(await make(key), ids[i], `what key ${key} made`);
    await make('4');
    is([await make('2'), await make('3')], ids.slice(1), 'what the newer keys made');
    ok(await make('1') !== ids[0], 'the oldest key is known still');
    await own.stop();
    const brief = await new Server(binary, { flags: ['--keys-age-ms', '1000'] }).start();
    const ask = async () => (await brief.expect(201, 'POST', '/v1/scenarios', { json: small({ name: 'Brief' }), ...keyed('brief') })).json.id, first = await ask();
    await eventually('its key is forgotten', async () => await ask() !== first);
    await brief.stop();
  });
  await test('kill -9 amid writes: sent again after a restart, each is there once', async () => {
    const first = await new Server(binary).start();
    const writes = Array.from({ length: 60 }, (_, i) => ({ key: `write-${i}`, json: small({ name: `Write ${i}` }) }));
    const ask = (at, { key, json }) => at.ask('POST', '/v1/scenarios', { json, ...keyed(key) });
    const answers = new Map();
    const asked = Promise.all(writes.map(async write => { try { answers.set(write.key, await ask(first, write)); } catch { /* it was killed before */ } }));
    await eventually('some are answered', () => answers.size >= 5);
    await first.kill();
    await asked;
    const again = await new Server(binary, { database: first.database }).start();
    for (const write of writes) {
      const answer = await ask(again, write);
      is(answer.status, 201, `${write.key} after the restart`);
      if (answers.has(write.key)) is(plain(answer), plain(answers.get(write.key)), `${write.key}, which was answered before`);
    }
    const names = (await again.get('/v1/scenarios?limit=200&q=Write')).json.items.map(item => item.name);
    is([...names].sort(), writes.map(write => write.json.name).sort(), 'what is there');
    await again.stop();
    first.clean();
  });
}
