// node tests/http/same-bytes.mjs [--binary build/secondchair] [--widths build/width]
// The same request has the same bytes: for 1, 2 or 16 computing threads, several questions at once, and with the core
// compiled for each width of vectors that this machine has. An answer is compared by its SHA-256 with that of the
// binary computing in one thread. The last line is the count.
import { BUILT_INS, events, fail, is, ok, ROOT, scenario, Server, sha256, test, totals } from './harness.mjs';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const option = (name, otherwise) => { const i = process.argv.indexOf(`--${name}`); return path.resolve(i < 0 ? path.join(ROOT, otherwise) : process.argv[i + 1]); };
const binary = option('binary', 'build/secondchair'), widths = option('widths', 'build/width');

// ---------------------------------------------------------------- what is asked
const uncertainty = scenario('amd-uncertain').overrides.find(({ pointer }) => pointer === '/uncertainty').value;
const { correlation, ...independent } = uncertainty;
const pearson = { ...uncertainty, correlation: { ...correlation, kind: 'pearson' } };
const EVENTS = 'text/event-stream', CSV = 'text/csv';

const QUESTIONS = [];
const add = (name, target, json, accept = 'application/json') => QUESTIONS.push({ name, target, json, accept });
const simulate = (name, question, accept) => add(`simulation, ${name}`, '/v1/simulation', { scenario: 'amd-uncertain', paths: 8192, ...question }, accept);

for (const id of BUILT_INS) {
  for (const question of ['valuation', 'chair', 'returns', 'projection', 'sensitivity']) add(`${question} of ${id}`, `/v1/${question}`, { scenario: id });
  if (!id.startsWith('nvda')) add(`comparison of amd-base with ${id}`, '/v1/comparison', { scenario: 'amd-base', with: id });
}
add('comparison of nvda-base with another rate', '/v1/comparison', { scenario: 'nvda-base', with: { ...scenario('nvda-base'), discount: { wacc: 0.1 } } });
add('implied margins', '/v1/implied', { scenario: 'amd-base', pointer: '/segments/0/margin/end', low: 0.1, high: 0.6 });
add('a frontier', '/v1/implied', { scenario: 'amd-base', frontier: { x: { pointer: '/terminal/growth', low: 0.02, high: 0.05, steps: 9 }, y: { pointer: '/discount/wacc', low: 0.07, high: 0.2 } } });
add('sensitivity by inference', '/v1/sensitivity', { scenario: 'amd-base', method: 'inference' });
add('sensitivity by tornado', '/v1/sensitivity', { scenario: 'amd-base', method: 'tornado', relative: 0.1 });
add('sensitivity by grid', '/v1/sensitivity', { scenario: 'amd-base', method: 'grid', x: { pointer: '/terminal/growth', low: 0.02, high: 0.05, steps: 61 }, y: { pointer: '/chair/hazard', low: 0, high: 0.2, steps: 61 } });
add('sensitivity by indices', '/v1/sensitivity', { scenario: 'amd-uncertain', method: 'sobol', paths: 128 });
add('a set', '/v1/sets/valuation', { set: 'amd-view' });

simulate('usual', { paths: 65536 });
simulate('usual, as a table', {}, CSV);
simulate('usual, as events', { paths: 16384 }, EVENTS);
simulate('towards an error', { tolerance: 0.5, paths: undefined });
simulate('philox', { sampler: 'philox' });
simulate('a loss that is drawn', { chair: 'sampled' });
simulate('no bands, an odd count of paths', { bands: false, paths: 5001, randomisations: 7 });
simulate('independent drivers', { uncertainty: independent });
simulate('Pearson correlations', { uncertainty: pearson });
simulate('two scenarios', { with: 'amd-bull', uncertainty });
simulate('nothing uncertain', { uncertainty: { drivers: [] } });
const sets = (name, set, question, accept) => add(`simulation of a set, ${name}`, '/v1/sets/simulation', { set, ...question }, accept);
const mixed = { name: 'Mixed', members: [['amd-bull', 0.2], ['amd-uncertain', 0.5], ['amd-bear', 0.3]].map(([id, weight]) => ({ scenario: id, weight })) };
sets('of one that is uncertain', mixed, { paths: 16384 });
sets('of uncertain ones', 'amd-view', { paths: 8192, uncertainty });
sets('philox', 'amd-view', { paths: 8192, uncertainty: independent, sampler: 'philox', chair: 'sampled' });
sets('as a table', mixed, { paths: 4096 }, CSV);
add('sensitivity by tornado between quantiles', '/v1/sensitivity', { scenario: 'amd-uncertain', method: 'tornado' });
add('sensitivity by Sobol indices', '/v1/sensitivity', { scenario: 'amd-base', method: 'sobol', uncertainty: independent, paths: 4096 });
add('a batch', '/v1/batch', { question: 'chair', questions: [...BUILT_INS, ...BUILT_INS].map((id, i) => ({ scenario: id, overrides: [{ pointer: '/terminal/growth', value: 0.02 + i / 1000 }] })) });

// ---------------------------------------------------------------- who is asked
// Of /proc/cpuinfo, what the x86-64 levels of the psABI need beyond what every such machine has.
const NEEDS = { scalar: [], 'x86-64': [], 'x86-64-v3': ['avx2', 'fma', 'bmi1', 'bmi2', 'f16c', 'abm', 'movbe'], 'x86-64-v4': ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'] };
const flags = new Set((/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '').trim().split(/\s+/));

const CONFIGURATIONS = [2, 16].map(threads => ({ name: `${threads} threads`, run: binary, threads }));
if (process.arch === 'x64')
  for (const [name, needs] of Object.entries(NEEDS)) {
    const lacks = [...(name === 'x86-64-v4' ? NEEDS['x86-64-v3'] : []), ...needs].filter(flag => !flags.has(flag));
    if (lacks.length) console.log(`not run: the core compiled for ${name}, for this machine has no ${lacks.join(', ')}`);
    else CONFIGURATIONS.push({ name: `the core compiled for ${name}`, run: path.join(widths, name, 'secondchair'), threads: 2 });
  }
else console.log(`not run: cores compiled for one width alone, which are of x86-64; this is ${process.arch}`);

// ---------------------------------------------------------------- asking
const settle = ({ accept }, { status, headers, text }) => {
  if (status !== 200) fail(`it answers ${status}: ${text.slice(0, 300)}`);
  if (accept !== EVENTS) return { bytes: text, etag: headers.etag };
  const last = events(text).at(-1); // those before depend on when the client reads
  if (last.event !== 'done') fail(`the last event is ${last.event}: ${last.data.slice(0, 300)}`);
  return { bytes: last.data };
};
async function askAll(server, atOnce) {
  const queue = [...QUESTIONS], answers = new Map();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      try { answers.set(one.name, settle(one, await server.ask('POST', one.target, { json: one.json, headers: { Accept: one.accept }, loose: true }))); }
      catch (error) { answers.set(one.name, { error }); }
    }
  }));
  return answers;
}
function compare(first, other) {
  for (const { error } of [first, other]) if (error) throw error;
  is(other.etag, first.etag, 'the ETag');
  if (sha256(other.bytes) === sha256(first.bytes)) return;
  let at = 0;
  while (other.bytes[at] === first.bytes[at]) at++;
  fail(`from byte ${at} on it is ${JSON.stringify(other.bytes.slice(Math.max(0, at - 60), at + 60))}, with one thread ${JSON.stringify(first.bytes.slice(Math.max(0, at - 60), at + 60))}`);
}

// Ticks that each of the threads which compute has used: those are the ones with another nice value than 0.
function computing(server) {
  const folder = `/proc/${server.child.pid}/task`;
  return readdirSync(folder).map(thread => readFileSync(`${folder}/${thread}/stat`, 'utf8').replace(/^.*\) /, '').split(' '))
    .filter(fields => fields[16] !== '0').map(fields => Number(fields[11]) + Number(fields[12]));
}
async function sharing(server, threads) {
  const before = computing(server);
  ok(before.length >= threads, `${before.length} threads compute`);
  const { json } = await server.expect(200, 'POST', '/v1/simulation', { json: { scenario: 'amd-uncertain', paths: 1 << 20, bands: false } });
  is(json.paths, 1 << 20, 'the paths');
  const used = computing(server).map((ticks, i) => ticks - before[i]);
  ok(used.filter(ticks => ticks > 0).length > 1, `the threads used ${used.join(', ')} ticks`);
}

const started = async ({ run, threads }) => {
  if (!existsSync(run)) fail(`${run} is not there; make built-for-test makes it`);
  return new Server(run, { flags: ['--compute-threads', String(threads)] }).start();
};
const alone = await started({ run: binary, threads: 1 });
const first = await askAll(alone, 1);
await test('one thread: the server ends with status 0', () => alone.stop());

for (const configuration of CONFIGURATIONS) {
  const { name, run, threads } = configuration;
  let server;
  await test(`${name}: the server starts`, async () => { server = await started(configuration); });
  if (!server) continue;
  const answers = await askAll(server, 4);
  for (const one of QUESTIONS) await test(`${name}: ${one.name}`, () => compare(first.get(one.name), answers.get(one.name)));
  if (run === binary) await test(`${name}: more than one of them computes a large simulation`, () => sharing(server, threads));
  await test(`${name}: the server ends with status 0`, () => server.stop());
}
console.log(`${QUESTIONS.length} questions, each to ${CONFIGURATIONS.length} configurations and one thread`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
