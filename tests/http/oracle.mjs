// The figures against tests/oracle, an independent program that knows only the model's description.
import { ROOT, ok, test, totals } from './harness.mjs';
import { spawn } from 'node:child_process';

export default async function oracle({ server }) {
  await test('the oracle was asked', async () => {
    const child = spawn('python3', ['tests/oracle/compare.py', '--url', `http://127.0.0.1:${server.port}`, '--count', '60', '--fixed', 'tests/oracle/cases'], { cwd: ROOT });
    let out = '';
    child.stdout.on('data', data => { out += data; });
    child.stderr.on('data', data => { out += data; });
    await new Promise(resolve => child.on('close', resolve));
    const lines = out.trimEnd().split('\n'), count = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1));
    ok(count, `it ended with ${out.slice(-1500)}`);
    totals.passed += Number(count[1]);
    totals.failed += Number(count[2]);
    for (const line of lines.slice(0, -1)) console.log(`FAILED oracle: ${line}`);
  });
}
