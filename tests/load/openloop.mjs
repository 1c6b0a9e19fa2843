// node tests/load/openloop.mjs [--binary build/secondchair] [--rate 500] [--seconds 10] [--loads 16] [--json FILE]
// How long cheap GETs take, from the time they are due, while other clients ask the heaviest legal questions: 32 seats,
// 32 segments, 256 observations with a free ceiling, a horizon of 30 years. No answer is kept, so that all are computed.
// The generator is openloop.c.
import { ROOT, scenario, Server } from '../http/harness.mjs';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const option = (name, otherwise) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? otherwise : process.argv[i + 1]; };
const binary = path.resolve(option('binary', path.join(ROOT, 'build/secondchair')));
const [rate, seconds, loads] = [option('rate', '500'), option('seconds', '10'), option('loads', '16')];

const folder = path.join(ROOT, 'build/load'), source = path.join(ROOT, 'tests/load/openloop.c'), generator = path.join(folder, 'openloop');
mkdirSync(folder, { recursive: true });
if (!existsSync(generator) || statSync(generator).mtimeMs < statSync(source).mtimeMs) execFileSync('cc', ['-O2', '-std=c17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', source, '-o', generator], { stdio: 'inherit' });

// Shares that lie near a curve but not on it, some as ranges, so that the fit has work to do.
const share = year => 0.05 + 0.85 / (1 + Math.exp(-0.45 * (year - 2025)));
const observations = Array.from({ length: 256 }, (_, i) => {
  const year = 2012 + i * 0.09, value = Math.min(0.97, Math.max(0.02, share(year) + 0.03 * Math.sin(i * 1.7)));
  return i % 4 === 3 ? { year, low: value - 0.015, high: value + 0.015, sigma: 0.3 } : { year, value, sigma: 0.2 + (i % 5) / 20 };
});
const base = scenario('amd-base');
const heavy = {
  ...base, name: 'The heaviest', horizon: 30,
  market: { base_year: 2025, total_spend: 400000, growth: { start: 0.5, end: 0.03 }, silicon_content: 0.65, inference_share: { curve: 'gompertz', observations } },
  seats: Array.from({ length: 32 }, (_, i) => ({ id: `seat-${i}`, training: { start: 0.02, end: 0.03, shape: 'logistic' }, inference: { start: 0.03, end: 0.02, shape: 'geometric' } })),
  segments: Array.from({ length: 32 }, (_, i) => ({ id: `segment-${i}`, seat: `seat-${i}`, chair: i % 2 === 0, capture: { start: 0.5, end: 1 }, margin: { start: 0.2, end: 0.35 } })),
  dilution: { ...base.dilution, options: Array.from({ length: 64 }, (_, i) => ({ count: 1, strike: 10 * i })), warrants: Array.from({ length: 64 }, (_, i) => ({ count: 1, strike: 1, threshold: 10 * i, probability: 0.5 })) },
};

const server = await new Server(binary, { flags: ['--answer-cache', '0', '--queue', '1024', '--queue-per-client', '1024', '--jobs', '1000', '--jobs-per-client', '1000', '--jobs-bytes', '1g'] }).start();
const { id } = (await server.expect(201, 'POST', '/v1/scenarios', { json: heavy, loose: true })).json;
const post = (target, body) => `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const sent = JSON.stringify({ scenario: heavy });
const LOADS = [
  ['nothing', null],
  ['a small valuation by GET', 'GET /v1/scenarios/amd-base/valuation HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['the heaviest valuation, sent along', post('/v1/valuation', sent)],
  ['the heaviest chair, sent along', post('/v1/chair', sent)],
  ['the heaviest projection, sent along', post('/v1/projection', sent)],
  ['the heaviest chair, stored, by POST', post(`/v1/scenarios/${id}/chair`, '{}')],
  ['the heaviest chair, stored, by GET', `GET /v1/scenarios/${id}/chair HTTP/1.1\r\nHost: localhost\r\n\r\n`],
];
const ask = (...args) => new Promise((resolve, reject) => {
  const child = spawn(generator, args);
  let out = '', err = '';
  child.stdout.on('data', data => { out += data; });
  child.stderr.on('data', data => { err += data; });
  child.on('close', code => (code === 0 ? resolve(Object.fromEntries(out.trim().split(' ').map(pair => pair.split('=')).map(([name, value]) => [name, Number(value)]))) : reject(new Error(err || `ended with ${code}`))));
});

// What one of them costs by itself.
for (const [name, target] of [['valuation', '/v1/valuation'], ['chair', '/v1/chair'], ['projection', '/v1/projection']]) {
  const times = [];
  for (let i = 0; i < 5; i++) times.push((await server.expect(200, 'POST', target, { body: sent, headers: { 'Content-Type': 'application/json' }, loose: true })).headers['server-timing']);
  console.log(`the heaviest ${name} by itself: ${times.at(-1)}`);
}
const head = () => console.log(`${'while others ask for'.padEnd(40)} ${['p50', 'p90', 'p99', 'p99.9', 'max', 'bad', 'load/s'].map(name => name.padStart(9)).join('')}`);
const rows = [];
async function measure(name, target, request) {
  const [probe, load] = ['probe', 'load'].map(file => path.join(folder, file));
  writeFileSync(probe, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  if (request) writeFileSync(load, request);
  const result = await ask(String(server.port), rate, seconds, '64', probe, ...(request ? [loads, load] : []));
  rows.push({ target, load: name, ...result });
  console.log(`${name.padEnd(40)} ${[result.p50, result.p90, result.p99, result.p999, result.max].map(ms => ms.toFixed(2).padStart(9)).join('')}${String(result.bad).padStart(9)}${result.load_per_second.toFixed(0).padStart(9)}${result.load_bad ? `  (${result.load_bad} of the load refused)` : ''}`);
}
console.log(`GET /v1/scenarios/amd-base, ${rate} a second for ${seconds} s, milliseconds from the due time; ${loads} connections of load`);
head();
for (const [name, request] of LOADS) await measure(name, '/v1/scenarios/amd-base', request);

// Jobs: a valuation is computed on the pool, and jobs want the same cores.
const question = { scenario: { ...heavy, market: { ...heavy.market, inference_share: { curve: 'logistic', k: 0.4, mid: 2026 } } }, frontier: { x: { pointer: '/terminal/growth', low: 0, high: 0.03, steps: 201 }, y: { pointer: '/chair/hazard', low: 0, high: 0.5 } } };
console.log(`\nGET /v1/scenarios/amd-base/valuation, likewise`);
head();
await measure('nothing', '/v1/scenarios/amd-base/valuation');
const jobs = [];
for (let i = 0; i < 100; i++) jobs.push((await server.expect(202, 'POST', '/v1/implied', { json: question, headers: { Prefer: 'respond-async' }, loose: true })).json.id);
await measure('jobs, which wait in a queue', '/v1/scenarios/amd-base/valuation');
const states = (await server.get('/v1/jobs?limit=200', { loose: true })).json.items.map(job => job.state);
console.log(`meanwhile ${states.filter(state => state === 'done').length} of ${jobs.length} jobs were done, ${states.filter(state => state === 'queued').length} still waited`);
for (const id of jobs.reverse()) await server.ask('DELETE', `/v1/jobs/${id}`, { loose: true });
await server.stop();
if (option('json')) writeFileSync(option('json'), `${JSON.stringify({ rate: Number(rate), seconds: Number(seconds), loads: Number(loads), rows }, null, 1)}\n`);
