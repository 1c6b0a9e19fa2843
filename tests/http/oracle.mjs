// The figures against tests/oracle, an independent program that knows only the model's description.
import { ROOT, ok, test, totals } from './harness.mjs';
import { spawn } from 'node:child_process';

async function compare(program, ...options) {
  const child = spawn('python3', [`tests/oracle/${program}`, ...options], { cwd: ROOT });
  let out = '';
  child.stdout.on('data', data => { out += data; });
  child.stderr.on('data', data => { out += data; });
  await new Promise(resolve => child.on('close', resolve));
  const lines = out.trimEnd().split('\n'), count = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1));
  ok(count, `it ended with ${out.slice(-1500)}`);
  totals.passed += Number(count[1]);
  totals.failed += Number(count[2]);
  for (const line of lines.slice(0, -1)) console.log(`FAILED oracle: ${line}`);
}

export default async function oracle({ server }) {
  const url = `http://127.0.0.1:${server.port}`;
  await test('the oracle was asked for valuations, projections and chairs', () => compare('compare.py', '--url', url, '--count', '60', '--fixed', 'tests/oracle/cases'));
  await test('the oracle was asked for returns, comparisons and solutions', () => compare('compare_questions.py', '--url', url, '--count', '16'));
  await test('the oracle was asked for derivatives', () => compare('compare_gradient.py', '--url', url, '--count', '100', 'schema/scenarios/amd-base.json', 'schema/scenarios/nvda-base.json'));
  await test('the oracle was asked for simulations', () => compare('compare_simulation.py', '--url', url));
}
