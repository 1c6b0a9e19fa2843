// node tests/http/kill.mjs --binary build/secondchair [--rounds 10]
// What was acknowledged is there after kill -9, after SIGTERM under load, and after a database that cannot be used was
// refused. The last line is the count.
import { BUILT_INS, canonical, digest, eventually, fail, is, ok, PATIENCE, ROOT, Server, sha256, sleep, small, test, totals } from './harness.mjs';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

const option = (name, otherwise) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? otherwise : process.argv[i + 1]; };
const binary = path.resolve(option('binary', path.join(ROOT, 'build/secondchair')));
const ROUNDS = Number(option('rounds', 10)), WRITERS = 8;

const folder = mkdtempSync(path.join(tmpdir(), 'secondchair-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// Every other writer stores sets, the rest scenarios.
const view = changes => { const weight = Math.random(); return { name: 'Set', members: [{ scenario: 'amd-base', weight }, { scenario: 'amd-bear', weight: 1 - weight, role: 'bear' }], ...changes }; };
const KINDS = [{ path: '/v1/scenarios', make: small }, { path: '/v1/sets', make: view }];

// Writers that go on until the server is gone; acknowledged says what must be there.
function write(server, acknowledged, odd) {
  let on = true;
  const writer = async number => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const { path: at, make } = KINDS[number % KINDS.length];
    let mine = null;
    for (let n = 0; on; n++) {
      const document = make({ name: `Writer ${number} number ${n}`, price: 1 + Math.random() * 1000, description: 'x'.repeat(Math.floor(Math.random() * 3000)) });
      try {
        const create = !mine || n % 3 === 0;
        const answer = create ? await server.ask('POST', at, { json: document, agent })
          : await server.ask('PUT', `${at}/${mine.id}`, { json: document, agent, headers: { 'If-Match': mine.etag } });
        if (answer.status === 201 || answer.status === 200) {
          mine = { id: answer.json.id, etag: answer.headers.etag };
          acknowledged.push({ at, id: mine.id, revision: answer.json.revision, sha256: digest(document) });
          if (answer.json.sha256 !== digest(document)) odd.push('the digest of an answer is another');
        } else if (answer.status === 503) { on = false; } else odd.push(`${answer.status} ${answer.text.slice(0, 200)}`);
      } catch (error) {
        if (!/ECONNRE|EPIPE|socket hang up|cut off/.test(`${error.code} ${error.message}`)) odd.push(error.message);
        on = false;
      }
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(i)));
  return { end: () => { on = false; return all; } };
}

async function verify(server, acknowledged) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 }), queue = [...acknowledged];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one = queue.pop(); one; one = queue.pop()) {
      const { status, json } = await server.ask('GET', `${one.at}/${one.id}/revisions/${one.revision}`, { agent });
      if (status !== 200 || json.sha256 !== one.sha256 || digest(json.document) !== one.sha256) fail(`revision ${one.revision} of ${one.id} was acknowledged and is ${status} ${json?.sha256}`);
    }
  }));
  agent.destroy();
}

function run(args) {
  return new Promise(resolve => {
    const child = spawn(binary, args, { env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=1:exitcode=77', TSAN_OPTIONS: 'exitcode=66' } });
    const result = { out: '', err: '' };
    child.stdout.on('data', data => { result.out += data; });
    child.stderr.on('data', data => { result.err += data; });
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    child.on('close', (code, signal) => { clearTimeout(late); resolve({ ...result, status: signal ?? code }); });
  });
}

const database = path.join(folder, 'kill.db');
const acknowledged = [];
for (let round = 1; round <= ROUNDS; round++) {
  await test(`kill -9, round ${round}: every acknowledged write is there`, async () => {
    const server = await new Server(binary, { database }).start();
    const odd = [], before = acknowledged.length;
    const writers = write(server, acknowledged, odd);
    await eventually('a write of each kind is acknowledged', () => KINDS.every(({ path: at }) => acknowledged.slice(before).some(one => one.at === at)));
    await sleep(Math.random() * 500);
    await server.kill();
    await writers.end();
    is(odd, [], 'odd answers');
    const again = await new Server(binary, { database }).start();
    await verify(again, acknowledged.slice(before));
    if (round === ROUNDS) await verify(again, acknowledged);
    await again.expect(200, 'GET', '/health/ready');
    await again.stop();
  });
}
console.log(`${acknowledged.length} writes were acknowledged in ${ROUNDS} rounds of kill -9`);

await test('kill -9 while the server starts leaves a database that opens', async () => {
  const fresh = path.join(folder, 'start.db');
  for (let i = 0; i < 12; i++) {
    const child = spawn(binary, ['serve', '--port', '0', '--database', fresh], { stdio: 'ignore' });
    const gone = new Promise(resolve => child.on('exit', resolve));
    await sleep(i * 3);
    child.kill('SIGKILL');
    await gone;
  }
  const server = await new Server(binary, { database: fresh }).start();
  is((await server.get('/v1/scenarios')).json.items.length, BUILT_INS.length, 'built-in scenarios');
  is((await server.expect(200, 'GET', '/v1/sets/amd-view/valuation')).json.members.length, 3, 'members of the built-in set');
  await server.stop();
});

await test('a second server on the same database is refused with a clear line, and the first goes on', async () => {
  const first = await new Server(binary, { database }).start();
  const second = await run(['serve', '--port', '0', '--database', database]);
  is([second.status, second.out], [1, ''], 'its end and standard output');
  const lines = second.err.trimEnd().split('\n');
  ok(lines.length === 1 && /^secondchair: /.test(lines[0]) && /another|already|in use|locked/i.test(lines[0]) && lines[0].includes('kill.db'), `it says ${second.err}`);
  await first.store(small());
  await first.stop();
  const third = await new Server(binary, { database }).start();
  await third.stop();
});

await test('SIGTERM under load ends before its deadline, with status 0, and no acknowledged write is lost', async () => {
  for (let round = 0; round < 3; round++) {
    const server = await new Server(binary, { database }).start();
    const mine = [], odd = [];
    const writers = write(server, mine, odd);
    let on = true;
    const readers = Array.from({ length: 8 }, async () => { while (on) await server.ask('GET', '/v1/scenarios/amd-base/valuation', { loose: true }).catch(() => { on = false; }); });
    await eventually('there is load', () => mine.length > 50);
    await Promise.all([server.stop(), writers.end()]); // past the deadline the status is 1
    on = false;
    await Promise.all(readers);
    is(odd, [], 'odd answers');
    const again = await new Server(binary, { database }).start();
    await verify(again, mine);
    await again.stop();
  }
});

// Refused: status 1, one line that names the file, and every byte of it as it was.
async function refused(file, words) {
  const before = sha256(readFileSync(file)), files = readdirSync(path.dirname(file));
  const { status, out, err } = await run(['serve', '--port', '0', '--database', file]);
  is([status, out], [1, ''], `the end (${err.slice(-500)})`);
  const line = err.trimEnd().split('\n').find(one => one.startsWith('secondchair: '));
  ok(line && words.test(line), `it says ${err}`);
  is(sha256(readFileSync(file)), before, 'the bytes of the file');
  const left = readdirSync(path.dirname(file)).filter(name => !files.includes(name) && !/(\.lock|-shm)$/.test(name));
  for (const name of left) is(readFileSync(path.join(path.dirname(file), name)).length, 0, `the length of ${name}, which was left beside it`);
}

// A closed database to spoil: a copy of the one above, checkpointed by its last stop.
const closed = name => { const file = path.join(mkdtempSync(path.join(folder, 'spoilt-')), name); copyFileSync(database, file); return file; };
const spoil = (name, change) => { const file = closed(name), bytes = readFileSync(file); writeFileSync(file, change(bytes) ?? bytes); return file; };

await test('the database is one file after a clean stop', () => {
  ok(!existsSync(`${database}-wal`) || readFileSync(`${database}-wal`).length === 0, 'a write-ahead log was left');
});
await test('a file that is no database is refused and left as it is', async () => {
  const file = closed('text.db');
  writeFileSync(file, 'These are my notes, not a database.\n'.repeat(500));
  await refused(file, /text\.db/);
});
await test('a database whose pages are damaged is refused and left as it is', async () => {
  await refused(spoil('damaged.db', bytes => { for (let page = 1; page * 4096 < bytes.length; page++) bytes.fill(0xa5, page * 4096, page * 4096 + 600); }), /damaged\.db/);
});
await test('a database that is cut short is refused and left as it is', async () => {
  await refused(spoil('cut.db', bytes => bytes.subarray(0, Math.floor(bytes.length / 2 / 4096) * 4096 + 100)), /cut\.db/);
});
await test('a database whose first page is damaged is refused and left as it is', async () => {
  await refused(spoil('first.db', bytes => { bytes.fill(0x5a, 100, 2000); }), /first\.db/);
});
await test('a database of a newer version is refused and left as it is', async () => {
  await refused(spoil('newer.db', bytes => { bytes.writeUInt32BE(999, 60); }), /newer|version/i);
});
await test('a database of another program is refused and left as it is', async () => {
  await refused(spoil('foreign.db', bytes => { bytes.writeUInt32BE(0x12345678, 68); }), /foreign\.db|another program|not.*secondchair/i);
});
await test('a folder in place of the database, and a folder that is not there, are refused', async () => {
  for (const file of [folder, path.join(folder, 'absent', 'deep', 'x.db'), '/proc/x.db']) {
    const { status, out, err } = await run(['serve', '--port', '0', '--database', file]);
    if (status === 0) fail(`${file} was served`);
    is([status, out], [1, ''], `${file}: the end (${err.slice(-300)})`);
    ok(/^secondchair: .{20}/m.test(err), `it says ${err}`);
  }
});
await test('the database that was spoilt in copies is itself still whole', async () => {
  const server = await new Server(binary, { database }).start();
  await verify(server, acknowledged);
  const { text } = await server.get('/v1/export');
  for (const line of text.trimEnd().split('\n').map(one => JSON.parse(one)).filter(one => one.document)) if (sha256(canonical(line.document)) !== line.sha256) fail(`revision ${line.revision} of ${line.id} has another digest`);
  await server.stop();
});

for (const line of totals.slow) console.log(`slow: ${line}`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed ? 1 : 0);
