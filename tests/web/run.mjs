// The web pages in a real browser, asking the real service:
//   node tests/web/run.mjs --binary build/secondchair
// Leaves pictures in build/test/web-*.png and ends with "N passed, N failed".
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {check, PATIENCE, pictures, runAll, same, startBrowser, startServer, test} from './harness.mjs';

const binary = process.argv[process.argv.indexOf('--binary') + 1];
if (!process.argv.includes('--binary') || !binary) {
  console.error('usage: node tests/web/run.mjs --binary PATH');
  process.exit(2);
}

const dollars = (x) => new Intl.NumberFormat('en', {style: 'currency', currency: 'USD'}).format(x);
const percent = (x) => new Intl.NumberFormat('en', {style: 'percent', maximumFractionDigits: 0}).format(x);
const GROWTH = '/terminal/growth', HAZARD = '/chair/hazard';
const slider = (page, pointer) => page.locator(`input[type=range][data-pointer="${pointer}"]`);
const rowOf = (page, pointer) => page.locator('.driver', {has: slider(page, pointer)});
const headline = (page) => page.locator('#value data').getAttribute('value').then(Number);
const picture = (page, name, fullPage = false) => page.screenshot({path: join(pictures, `web-${name}.png`), fullPage});

async function api(origin, path, options) {
  const response = await fetch(origin + path, options);
  return response.json();
}
const post = (origin, path, body) => api(origin, path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
const valued = async (origin, id, query = '') => (await api(origin, `/v1/scenarios/${id}/valuation${query}`)).value_per_share;

async function open(page, origin, hash = '') {
  await page.goto(`${origin}/${hash}`);
  await page.locator('#value data').waitFor();
}

/* Playwright's own waitForFunction runs text as script in the page, which the page's policy forbids. */
async function until(page, holds, value) {
  const end = Date.now() + PATIENCE;
  while (!(await page.evaluate(holds, value))) {
    if (Date.now() > end) throw new Error(`never: ${holds}, ${value}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

async function untilHeadline(page, wanted) {
  await until(page, (value) => document.querySelector('#value data')?.value === value && !document.body.classList.contains('old'), String(wanted));
}

const moveTo = (page, pointer, shown) => slider(page, pointer).evaluate((input, value) => {
  input.value = value;
  input.dispatchEvent(new Event('input', {bubbles: true}));
}, shown);

test('The page shows the value, the price and the verdict that the API gives', async (page, {origin}) => {
  await open(page, origin);
  const answer = await api(origin, '/v1/scenarios/amd-base/valuation');
  same(await page.locator('#value data').textContent(), dollars(answer.value_per_share), 'value');
  same(await headline(page), answer.value_per_share, 'value to the last digit');
  same(await page.locator('#value small').textContent(), answer.verdict, 'verdict');
  same(await page.locator('#strip').textContent(), `AMD ${dollars(answer.price)} is ${answer.verdict}: worth ${dollars(answer.value_per_share)}`, 'strip');
  await picture(page, 'desktop', true);
});

test('The other three answers are those of projection and chair', async (page, {origin}) => {
  await open(page, origin);
  const chair = await api(origin, '/v1/scenarios/amd-base/chair'), projection = await api(origin, '/v1/scenarios/amd-base/projection');
  same(await page.locator('#hold data').textContent(), percent(chair.hold_probability), 'hold probability');
  same(await page.locator('#chair data').textContent(), dollars(chair.chair_value_per_share), 'chair');
  same(await page.locator('#share data').textContent(), percent(projection.inference_share.at(-1).value), 'inference share');
  same(await page.locator('#years tbody tr').count(), 10, 'years');
});

test('A slider moves the answer to what the API says of the override, and the address holds it', async (page, {origin}) => {
  await open(page, origin);
  await moveTo(page, GROWTH, '3');
  const wanted = await valued(origin, 'amd-base', '?set=/terminal/growth:0.03');
  await untilHeadline(page, wanted);
  await page.waitForURL(`${origin}/#scenario=amd-base&set=/terminal/growth:0.03`);
  await picture(page, 'moved');
});

test('A reload keeps what was moved, and Reset takes it back', async (page, {origin}) => {
  await open(page, origin, '#scenario=amd-base&set=/terminal/growth:0.03&set=/chair/hazard:0.06');
  const wanted = await valued(origin, 'amd-base', '?set=/terminal/growth:0.03&set=/chair/hazard:0.06');
  await untilHeadline(page, wanted);
  await page.reload();
  await untilHeadline(page, wanted);
  same(await slider(page, GROWTH).inputValue(), '3', 'slider after the reload');
  await page.getByRole('button', {name: 'Reset', exact: true}).click();
  await untilHeadline(page, await valued(origin, 'amd-base'));
  await page.waitForURL(`${origin}/#scenario=amd-base`);
});

test('The keyboard moves a slider by its step', async (page, {origin}) => {
  await open(page, origin);
  await slider(page, HAZARD).focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/set=\/chair\/hazard:/);
  const moved = Number(new URL(page.url()).hash.split('hazard:')[1]);
  check(moved > 0.04 && moved < 0.05, `hazard ${moved}`);
  await untilHeadline(page, await valued(origin, 'amd-base', `?set=${HAZARD}:${moved}`));
});

test('A number typed beside a slider may lie beyond the slider', async (page, {origin}) => {
  await open(page, origin);
  const box = rowOf(page, '/price').locator('input[type=number]');
  await box.fill('2500');
  await box.press('Enter');
  await page.waitForURL(/set=\/price:2500/);
  await until(page, () => document.querySelector('#value small').textContent === 'expensive');
  same(await slider(page, '/price').inputValue(), '2500', 'slider');
});

test('After a fast drag the answer is that of the last position', async (page, {origin}) => {
  await open(page, origin);
  await slider(page, GROWTH).evaluate(async (input) => {
    for (let i = 0; i <= 60; i++) {
      input.value = 1 + i * 0.05;
      input.dispatchEvent(new Event('input', {bubbles: true}));
      await new Promise((resolve) => setTimeout(resolve, 7));
    }
  });
  const value = Number(await slider(page, GROWTH).inputValue()) / 100;
  await untilHeadline(page, await valued(origin, 'amd-base', `?set=${GROWTH}:${Number(value.toPrecision(12))}`));
});

test('What the service refuses is said at the driver, and mending it clears it', async (page, {origin, complaints}) => {
  await open(page, origin);
  const box = rowOf(page, GROWTH).locator('input[type=number]');
  await box.fill('20');
  await box.press('Enter');
  await rowOf(page, GROWTH).locator('.fault').waitFor();
  const problem = await api(origin, `/v1/scenarios/amd-base/valuation?set=${GROWTH}:0.2`);
  same(await rowOf(page, GROWTH).locator('.fault').textContent(), problem.errors[0].detail, 'fault');
  same(await page.locator('#strip').textContent(), problem.title, 'strip');
  check(await page.locator('body.old').count(), 'the old answers are dimmed');
  await picture(page, 'refused');
  await rowOf(page, GROWTH).getByRole('button', {name: /^Reset/}).click();
  await untilHeadline(page, await valued(origin, 'amd-base'));
  check(await rowOf(page, GROWTH).locator('.fault').isHidden(), 'the fault is gone');
  const others = complaints.filter((one) => !one.includes('422'));
  complaints.splice(0, complaints.length, ...others); // the browser reports each refusal on its console
});

test('A link to a number that the document does not have is refused in words', async (page, {origin, complaints}) => {
  await page.goto(`${origin}/#scenario=amd-base&set=/terminal/grwth:0.03`);
  await page.locator('#alert').waitFor();
  check((await page.locator('#alert').textContent()).includes('grwth'), 'the alert names it');
  complaints.splice(0, complaints.length, ...complaints.filter((one) => !one.includes('422')));
});

test('Another scenario can be chosen, and the back of its link is that scenario', async (page, {origin}) => {
  await open(page, origin);
  await page.locator('#scenario').selectOption('nvda-base');
  await untilHeadline(page, await valued(origin, 'nvda-base'));
  await page.waitForURL(`${origin}/#scenario=nvda-base`);
  check((await page.title()).startsWith('NVIDIA'), await page.title());
});

test('Every built-in scenario is shown without a fault', async (page, {origin}) => {
  const {items} = await api(origin, '/v1/scenarios');
  await open(page, origin);
  for (const {id} of items.filter((item) => item.builtin)) {
    await page.locator('#scenario').selectOption(id);
    await untilHeadline(page, await valued(origin, id));
    check(await page.locator('#alert').isHidden(), `${id} has an alert`);
  }
  check(items.filter((item) => item.builtin).length >= 4, 'there are built-in scenarios');
});

test('Any other number of the document can be moved too', async (page, {origin}) => {
  await open(page, origin);
  await page.locator('#more').selectOption('/dilution/basic');
  await moveTo(page, '/dilution/basic', await slider(page, '/dilution/basic').getAttribute('max'));
  await page.waitForURL(/set=\/dilution\/basic:/);
  const moved = new URL(page.url()).hash.split('basic:')[1];
  await untilHeadline(page, await valued(origin, 'amd-base', `?set=/dilution/basic:${moved}`));
  await page.reload();
  await slider(page, '/dilution/basic').waitFor();
});

test('The changes can be saved as a variant, which is chosen then; its name is text, not markup', async (page, {origin}) => {
  await open(page, origin, '#scenario=amd-base&set=/terminal/growth:0.03');
  const name = '<img src=x onerror="alert(1)"> & slower';
  await page.locator('#variant').fill(name);
  await page.getByRole('button', {name: 'Save'}).click();
  await page.getByText(`Saved as ${name}.`).waitFor();
  const id = await page.locator('#scenario').inputValue();
  const stored = await api(origin, `/v1/scenarios/${id}`);
  same(stored.parent, 'amd-base', 'parent');
  same(stored.document.terminal.growth, 0.03, 'growth');
  same(await page.locator('#scenario option:checked').textContent(), name, 'option');
  await untilHeadline(page, await valued(origin, id));
  same(await page.locator('img[src="x"]').count(), 0, 'images from the name');
});

test('The year table is downloaded as the CSV that the API gives', async (page, {origin}) => {
  await open(page, origin, '#scenario=amd-base&set=/terminal/growth:0.03');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', {name: 'Download CSV'}).click()]);
  same(download.suggestedFilename(), 'amd-base.csv', 'file name');
  const response = await fetch(`${origin}/v1/scenarios/amd-base/valuation?set=/terminal/growth:0.03`, {headers: {Accept: 'text/csv'}});
  same(readFileSync(await download.path(), 'utf8'), await response.text(), 'content');
});

test('A scenario without a market and a chair says so', async (page, {origin}) => {
  const small = {schema: 1, name: 'No chair', company: 'PLAIN', valuation_date: '2026-04-23', price: 100, base_year_end: '2025-12-31', horizon: 3,
    segments: [{id: 'all', base: 10000, growth: 0.1, margin: 0.25}], operations: {base_revenue: 10000, tax: {rate: 0.2}, reinvestment: {sales_to_capital: 2}},
    discount: {capm: {risk_free: 0.04, erp: 0.05, beta_unlevered: 1.1}}, terminal: {method: 'exit_multiple', multiple: 12, metric: 'ebit'}, dilution: {basic: 500}};
  const {id} = await post(origin, '/v1/scenarios', small);
  await open(page, origin, `#scenario=${id}`);
  await untilHeadline(page, await valued(origin, id));
  same(await page.locator('#chair').textContent(), '–', 'chair');
  same(await page.locator('#share').textContent(), '–', 'share');
  same(await page.locator('#hold-question').textContent(), 'Will the chair hold three years?', 'question');
  check(await page.locator('#loss-chart').isHidden(), 'no chart of the loss');
  await slider(page, '/discount/capm/beta_unlevered').waitFor();
});

test('The charts are read with the arrow keys, and have their figures as tables', async (page, {origin}) => {
  await open(page, origin);
  await page.locator('#loss-chart svg').first().focus();
  await page.keyboard.press('ArrowRight');
  const chair = await api(origin, '/v1/scenarios/amd-base/chair');
  const said = await page.locator('#loss-chart .readout').textContent();
  check(said.includes(dollars(chair.value_if_lost[0].value_per_share)), said);
  for (const [chart, rows] of [['share-chart', 11], ['revenue-chart', 10], ['loss-chart', 11]]) same(await page.locator(`#${chart} tbody tr`).count(), rows, chart);
});

test('Every control has a name, and Tab reaches the skip link first', async (page, {origin}) => {
  await open(page, origin);
  const nameless = await page.evaluate(() => [...document.querySelectorAll('input, select, button, a')]
    .filter((one) => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim() || one.title)).map((one) => one.outerHTML));
  same(nameless.join(), '', 'controls without a name');
  await page.keyboard.press('Tab');
  same(await page.evaluate(() => document.activeElement.className), 'skip', 'first stop');
});

for (const scheme of ['light', 'dark'])
  test(`Text stands out from its ground, ${scheme}`, async (page, {origin}) => {
    await page.emulateMedia({colorScheme: scheme});
    await open(page, origin);
    const ratios = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const luminance = (name) => {
        const hex = style.getPropertyValue(name).trim().replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
        const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ratio = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
      return ['--ink', '--muted', '--accent', '--cheap', '--fair', '--expensive'].flatMap((text) => ['--ground', '--card'].map((ground) => [text, ground, ratio(text, ground)]));
    });
    const weak = ratios.filter(([, , ratio]) => ratio < 4.5);
    same(weak.join(' '), '', 'pairs under 4.5');
    await picture(page, scheme);
  });

test('Nothing is wider than a phone of 360 pixels', async (page, {origin}) => {
  await page.setViewportSize({width: 360, height: 780});
  for (const [path, ready] of [['/', '#value data'], ['/docs', '#content section'], ['/problems/stale-revision', 'main']]) {
    await page.setExtraHTTPHeaders({});
    await page.goto(origin + path);
    await page.locator(ready).first().waitFor();
    await page.waitForTimeout(300);
    await page.evaluate(() => document.fonts.ready.then(() => true));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    same(over, 0, `${path} is too wide by`);
    await picture(page, `phone${path.replaceAll('/', '-')}`, path === '/');
  }
});

test('The reference lists every operation and every driver, and filters them', async (page, {origin}) => {
  await page.goto(`${origin}/docs`);
  await page.locator('#content section').first().waitFor();
  const openapi = await api(origin, '/openapi.json');
  for (const item of Object.values(openapi.paths)) for (const {operationId} of Object.values(item)) same(await page.locator(`section#${operationId.toLowerCase()}`).count(), 1, operationId);
  same(await page.locator('td', {hasText: /^\/chair\/retention$/}).count(), 1, 'rows of /chair/retention');
  await picture(page, 'docs');
  await page.locator('#filter').fill('/chair/retention');
  const left = await page.locator('#content section:visible').count();
  same(left, 1, 'sections left');
  await picture(page, 'docs-filtered');
});

test('The pages’ files may be kept for ever, the pages themselves are asked again', async (page, {origin}) => {
  const kept = {};
  page.on('response', (response) => { kept[new URL(response.url()).pathname] = response.headers()['cache-control']; });
  await open(page, origin);
  const names = ['app.js', 'style.css', 'icon.svg'];
  for (const end = Date.now() + PATIENCE; !names.every((name) => `/assets/${name}` in kept) && Date.now() < end;) await page.waitForTimeout(20);
  for (const name of names) check(kept[`/assets/${name}`]?.includes('immutable'), `${name}: ${kept[`/assets/${name}`]}`);
  same(kept['/'], 'no-cache', 'the page');
});

const server = await startServer(binary);
const browser = await startBrowser();
const good = await runAll(browser, server.origin).finally(() => browser.close());
await server.stop();
process.exit(good ? 0 : 1);
