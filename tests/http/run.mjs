// node tests/http/run.mjs --binary build/secondchair [--only SUITE or part of it] [--verbose]
// Runs every suite against the binary, each on a server and a database of its own. The last line is the count.
import { contract, read, setOnly, test, totals, fail, Server, ROOT } from './harness.mjs';
import path from 'node:path';

const SUITES = ['service', 'scenarios', 'lists', 'history', 'variants', 'once', 'transfer', 'questions', 'kept', 'answers', 'implied', 'returns', 'comparison', 'batch', 'sensitivity', 'sensitivity_gradient', 'simulation', 'events', 'sets', 'set_simulation', 'jobs', 'malformed', 'limits', 'coding', 'curves', 'oracle', 'tables'];
const option = name => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? undefined : process.argv[i + 1]; };
const binary = path.resolve(option('binary') ?? path.join(ROOT, 'build/secondchair'));
const only = option('only') ?? '';
setOnly(only);

const chosen = SUITES.filter(name => !only || name.includes(only));
if (!chosen.length) { console.log(`no suite ${only}; there are: ${SUITES.join(' ')}`); process.exit(2); }
for (const name of chosen) {
  const { default: suite, flags } = await import(`./${name}.mjs`);
  const before = { ...totals }, begun = Date.now();
  let server;
  try {
    server = await new Server(binary, { flags }).start();
    await suite({ server, binary, whole: chosen.length === SUITES.length });
  } catch (error) {
    totals.failed++;
    console.log(`FAILED suite ${name}: ${error.stack}`);
  }
  await test(`${name}: the server ends with status 0, and its sanitizer is silent`, () => (server?.port ? server.stop() : fail('it never started')));
  console.log(`${name.padEnd(12)} ${String(totals.passed - before.passed).padStart(5)} passed ${String(totals.failed - before.failed).padStart(4)} failed ${String(Date.now() - begun).padStart(7)} ms`);
}
if (process.argv.includes('--verbose')) for (const line of totals.slow) console.log(`slow: ${line}`);
console.log(`${contract.seen.exchanges} answers held against schema/openapi.json`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
