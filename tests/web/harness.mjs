// A server on a free port with an empty database, Debian's Chromium, and a list of tests that share them.
import {spawn, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const pictures = join(here, '../../build/test');
// The machine may be slow or busy: whatever must come has this long.
export const PATIENCE = 120000;

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

async function browserDriver() {
  try {
    return (await import('playwright-core')).chromium;
  } catch {
    const installed = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {cwd: here, stdio: 'inherit'});
    if (installed.status !== 0) throw new Error('npm ci failed in tests/web');
    return (await import('playwright-core')).chromium;
  }
}

export async function startServer(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'secondchair-web-'));
  const child = spawn(binary, ['serve', '--port', '0', '--database', join(folder, 'web.db'), '--log-level', 'warn'], {stdio: ['ignore', 'pipe', 'inherit']});
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const origin = await new Promise((resolve, reject) => {
    createInterface({input: child.stdout}).on('line', (line) => {
      const said = line.match(/^listening on (http:\S+)$/);
      if (said) resolve(said[1]);
    });
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the server ended with ${status}`)));
    setTimeout(() => reject(new Error(`the server did not start within ${PATIENCE / 1000} s`)), PATIENCE).unref();
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, {recursive: true, force: true});
  };
  return {origin, stop};
}

export async function startBrowser() {
  mkdirSync(pictures, {recursive: true});
  const chromium = await browserDriver();
  const launch = () => chromium.launch({executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, timeout: PATIENCE});
  return launch().catch(launch); // a second time: the first start makes a profile and fills caches
}

const tests = [];
export const test = (sentence, run) => tests.push({sentence, run});

export function check(condition, said) {
  if (!condition) throw new Error(said);
}

export function same(found, wanted, what) {
  check(found === wanted, `${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

// Runs every test with a page of its own; what the page's console or its requests say against it fails the test too.
export async function runAll(browser, origin) {
  let passed = 0, failed = 0;
  for (const {sentence, run} of tests) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}});
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`); });
    page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
    page.on('request', (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith('blob:' + origin)) complaints.push(`leaves the origin: ${request.url()}`); });
    page.setDefaultTimeout(PATIENCE);
    try {
      await run(page, {origin, complaints, context});
      check(complaints.length === 0, complaints.join('; '));
      passed++;
      console.log(`ok      ${sentence}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${sentence}\n        ${error.message.split('\n').slice(0, 6).join('\n        ')}`);
      await page.screenshot({path: join(pictures, `web-failed-${failed}.png`)}).catch(() => {});
    }
    await context.close();
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}
