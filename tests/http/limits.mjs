// Limits: what is too large, too long, too many; refused clearly, and the service goes on.
import { is, ok, scenario, Server, small, test } from './harness.mjs';
import http from 'node:http';

export const flags = ['--body-limit', '256k', '--import-limit', '512k'];

export default async function limits({ server, binary }) {
  const base = scenario('amd-base');
  await test('a body over the limit is 413, whether its length is announced or not', async () => {
    const large = JSON.stringify(small({ description: 'x'.repeat(300 * 1024) }));
    await server.refuse('body-too-large', 'POST', '/v1/scenarios', { body: large, headers: { 'Content-Type': 'application/json' } });
    await server.refuse('body-too-large', 'POST', '/v1/scenarios', { body: large, headers: { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' } });
    await server.refuse('body-too-large', 'POST', '/v1/import', { ndjson: 'x'.repeat(600 * 1024) });
    const fits = `${JSON.stringify(base)}${' '.repeat(256 * 1024 - JSON.stringify(base).length)}`;
    await server.expect(201, 'POST', '/v1/scenarios', { body: fits.slice(0, Buffer.byteLength(fits) > 256 * 1024 ? -(Buffer.byteLength(fits) - 256 * 1024) : undefined), headers: { 'Content-Type': 'application/json' } });
    is((await server.get('/health/live')).status, 200, 'afterwards');
  });
  await test('an address of 8 KiB is read, a longer one is 414', async () => {
    const set = '/v1/scenarios/amd-base/valuation?set=/price:', room = 8192 - set.length;
    await server.expect(200, 'GET', `${set}${'0'.repeat(0)}1${'0'.repeat(3)}`);
    await server.refuse('uri-too-long', 'GET', `/v1/scenarios?q=${'x'.repeat(8200)}`);
    await server.refuse('uri-too-long', 'POST', `/v1/valuation?set=${'x'.repeat(9000)}`, { json: {} });
    const longest = await server.get(`/v1/scenarios?company=${'x'.repeat(room)}`);
    ok([200, 400].includes(longest.status), `just within: ${longest.status}`);
  });
  await test('60 overrides fit in a link, 256 in a body, and no more', async () => {
    const growth = Array.from({ length: 10 }, (_, i) => `set=/market/growth/${i}:0.1`);
    await server.expect(200, 'GET', `/v1/scenarios/amd-base/valuation?${growth.join('&')}`);
    await server.refuse('bad-request', 'GET', `/v1/scenarios/amd-base/valuation?${Array(65).fill('set=/price:1').join('&')}`);
    const wide = { ...base, sources: [], dilution: { basic: 1600, options: Array.from({ length: 64 }, () => ({ count: 1, strike: 1 })), warrants: Array.from({ length: 64 }, () => ({ count: 1, strike: 1, threshold: 1 })) } };
    const overrides = [];
    for (let i = 0; i < 64; i++) for (const [list, member] of [['options', 'count'], ['options', 'strike'], ['warrants', 'count'], ['warrants', 'strike'], ['warrants', 'threshold']]) overrides.push({ pointer: `/dilution/${list}/${i}/${member}`, value: 2 });
    await server.expect(200, 'POST', '/v1/valuation', { json: { scenario: wide, overrides: overrides.slice(0, 256) } });
    const { json } = await server.refuse('invalid-question', 'POST', '/v1/valuation', { json: { scenario: wide, overrides: overrides.slice(0, 257) } });
    is([json.errors[0].pointer, json.errors[0].code], ['/overrides', 'wrong_length'], 'one more');
  });
  await test('100 fields are read, more are 431', async () => {
    const fields = count => Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-Field-${i}`, 'v']));
    await server.expect(200, 'GET', '/version', { headers: fields(90) });
    await server.refuse('headers-too-large', 'GET', '/version', { headers: fields(110) });
    is((await server.get('/version')).status, 200, 'afterwards');
  });
  await test('one client over its share is 429, all over the queue 503, both with Retry-After, and the rest is computed', async () => {
    // Large documents go to the pool; one thread computes them.
    const body = JSON.stringify({ scenario: { ...base, description: 'x'.repeat(3000), market: { ...base.market, inference_share: { curve: 'logistic', observations: Array.from({ length: 256 }, (_, i) => ({ year: 2015 + i / 16, low: 0.01 + i / 300, high: 0.1 + i / 300 })) } } } });
    const burst = async (busy, count) => {
      const agent = new http.Agent({ maxSockets: count });
      const answers = await Promise.all(Array.from({ length: count }, () => busy.ask('POST', '/v1/projection', { body, headers: { 'Content-Type': 'application/json' }, agent })));
      agent.destroy();
      return answers;
    };
    for (const [options, name, status] of [[['--queue', '64', '--queue-per-client', '2'], 'too-many-requests', 429], [['--queue', '2', '--queue-per-client', '64'], 'overloaded', 503]]) {
      const busy = await new Server(binary, { flags: [...options, '--compute-threads', '1'] }).start();
      try {
        let answers = [];
        for (let i = 0; i < 30 && !answers.some(answer => answer.status === status); i++) answers = await burst(busy, 60);
        const refused = answers.filter(answer => answer.status === status);
        ok(refused.length > 0, `nothing was refused: ${[...new Set(answers.map(answer => answer.status))]}`);
        is(refused[0].json.type, `/problems/${name}`, 'the problem');
        ok(answers.some(answer => answer.status === 200), 'nothing was computed');
        is((await busy.get('/health/live')).status, 200, 'afterwards');
      } finally { await busy.stop(); }
    }
  });
}
