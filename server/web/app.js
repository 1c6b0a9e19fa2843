// The page: one stored scenario, the drivers that were moved, and what the API answers. Nothing is computed here.
// The address holds all of it, "#scenario=ID&set=POINTER:NUMBER&…", so that a link is a result.

const $ = (id) => document.getElementById(id);
const state = {
  id: '', stored: null, schema: null,
  moved: new Map(), // pointer -> number, in the order they were first moved
  shown: new Map(), // pointer -> the slider's row
  answer: {},       // the newest answers: valuation, projection, chair
};

// ---------------------------------------------------------------- numbers and words

const formats = {};
const format = (options) => (formats[JSON.stringify(options)] ??= new Intl.NumberFormat('en', options));
const dollars = (x) => format({style: 'currency', currency: 'USD'}).format(x);
const compact = (millions, least = 3) =>
  format({style: 'currency', currency: 'USD', notation: 'compact', minimumSignificantDigits: least, maximumSignificantDigits: 3}).format(millions * 1e6);
const percent = (x, digits = 0) =>
  format({style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits}).format(x);
const plain = (x, digits = 0) => format({minimumFractionDigits: digits, maximumFractionDigits: digits}).format(x);
const words = (name) => name.replaceAll('_', ' ').replaceAll('-', ' ');
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const COUNTS = ['', 'one year', ...['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map((n) => n + ' years')];
const yearsInWords = (n) => COUNTS[n] ?? `${n} years`;

// ---------------------------------------------------------------- elements

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function table(heads, rows, sumLast = false) {
  const cells = (row, tag) => row.map((cell, i) =>
    element(i && tag !== 'head' ? 'td' : 'th', {scope: tag === 'head' ? 'col' : i ? null : 'row'}, cell));
  return element('table', {},
    element('thead', {}, element('tr', {}, ...cells(heads, 'head'))),
    element('tbody', {}, ...rows.map((row, i) =>
      element('tr', {class: sumLast && i === rows.length - 1 ? 'sum' : null}, ...cells(row, 'body')))));
}

// ---------------------------------------------------------------- the API

async function ask(path, options = {}) {
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail || answer.title), {problem: answer});
  return answer;
}

const post = (path, body, signal) => ask(path, {
  method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body), signal,
});

const overrides = () => [...state.moved].map(([pointer, value]) => ({pointer, value}));

function query() {
  const sets = [...state.moved].map(([pointer, value]) => 'set=' + encodeURIComponent(`${pointer}:${value}`));
  return sets.join('&').replaceAll('%2F', '/').replaceAll('%3A', ':');
}

const questionPath = (name) => `/v1/scenarios/${state.id}/${name}${state.moved.size ? '?' + query() : ''}`;

// ---------------------------------------------------------------- the document and its schema

function at(document, pointer) {
  return pointer.split('/').slice(1).reduce((value, part) => value?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

const target = (node) => (node.$ref?.startsWith('#') ? at(state.schema, node.$ref.slice(1)) : null);

// What is said of a value: by its own node, by what that refers to, and by the forms that it may have.
const forms = (node) => [node, target(node)].filter(Boolean).flatMap((one) => [one, ...(one.oneOf ?? [])]);

function member(node, part) {
  for (const form of forms(node)) {
    if (form.properties?.[part]) return form.properties[part];
    if (/^\d+$/.test(part) && form.items) return form.items;
  }
  return null;
}

// What the schema says of the number at a pointer: meaning, unit, bounds, default. What it does not say of an end or
// an element of a path, it says of the path.
function describe(pointer) {
  let node = state.schema;
  const found = {meaning: '', unit: ''};
  for (const part of pointer.split('/').slice(1)) {
    node = node && member(node, part);
    if (!node) break;
    const own = forms(node);
    const pick = (...names) => own.flatMap((form) => names.map((name) => form[name])).find((value) => value !== undefined);
    const isEnd = part === 'start' || part === 'end' || /^\d+$/.test(part);
    if (!isEnd || !found.meaning) found.meaning = node.description ?? found.meaning;
    found.unit = pick('x-unit') || (isEnd ? found.unit : '');
    const low = pick('minimum', 'exclusiveMinimum'), high = pick('maximum', 'exclusiveMaximum');
    if (!isEnd || found.low === undefined) Object.assign(found, {low, openLow: pick('exclusiveMinimum') !== undefined});
    if (!isEnd || found.high === undefined) Object.assign(found, {high, openHigh: pick('exclusiveMaximum') !== undefined});
    found.fallback = pick('default');
  }
  return found;
}

const baseValue = (pointer) => at(state.stored.document, pointer) ?? describe(pointer).fallback;

// ---------------------------------------------------------------- which drivers, and what they are called

const NAMES = {
  price: 'Share price', wacc: 'Discount rate', growth: 'Growth', ronic: 'Return on new capital', hazard: 'Yearly risk of losing it',
  retention: 'Revenue kept each year after', floor: 'Revenue never lost', margin_loss: 'Margin lost with it', ceiling: 'Ceiling',
  silicon_content: 'Part spent on silicon', total_spend: 'Spend', risk_free: 'Risk-free rate', erp: 'Equity risk premium',
  beta_unlevered: 'Unlevered beta', multiple: 'Exit multiple', k: 'Slope', mid: 'Midpoint', base: 'Revenue', rate: 'Rate', nol: 'Losses carried forward', basic: 'Shares outstanding',
  rsu: 'Restricted stock units', 'inference_share/floor': 'Floor',
};
const PLACES = {
  terminal: 'beyond the horizon', chair: 'chair', market: 'market', inference_share: 'inference share', discount: '',
  operations: '', bridge: '', seats: '', segments: '', dilution: '', capm: '', options: 'option', warrants: 'warrant',
  observations: 'seen',
};

// The number or numbers of a path that a slider can move: a constant, the ends of a ramp, the first of a list.
function ends(pointer) {
  const value = baseValue(pointer);
  if (typeof value === 'number') return [pointer];
  if (Array.isArray(value)) return [pointer + '/0'];
  return typeof value?.start === 'number' ? [pointer + '/start', pointer + '/end'] : [];
}

function baseYear() {
  const end = new Date(state.stored.document.base_year_end + 'T00:00:00Z');
  return new Date(end - 182 * 864e5).getUTCFullYear();
}

// The calendar year for which an end or an element of a path stands.
function yearOf(pointer) {
  const [, path, last] = pointer.match(/^(.*)\/([^/]+)$/);
  const fromZero = /^\/(seats|market)\//.test(path) && !/growth$/.test(path);
  if (/^\d+$/.test(last)) return baseYear() + Number(last) + (fromZero ? 0 : 1);
  const ramp = at(state.stored.document, path);
  const horizon = state.stored.document.horizon ?? 10;
  return baseYear() + (last === 'start' ? ramp.from ?? (fromZero ? 0 : 1) : ramp.to ?? horizon);
}

// within: the pointer of what the heading above it names already.
function labelOf(pointer, within = '') {
  const parts = pointer.split('/').slice(1), known = within.split('/').length - 1;
  const isNumber = (part) => /^\d+$/.test(part);
  let suffix = '';
  const list = Array.isArray(baseValue(pointer.slice(0, pointer.lastIndexOf('/')))) && isNumber(parts.at(-1));
  if ((list || parts.at(-1) === 'start' || parts.at(-1) === 'end') && parts.length > 1) {
    suffix = `, ${yearOf(pointer)}`;
    parts.pop();
  }
  const said = parts.map((part, i) => {
    if (i < known) return '';
    const item = isNumber(part) && at(state.stored.document, '/' + parts.slice(0, i + 1).join('/'));
    if (item) return item.id ?? (item.year ? String(item.year) : `${Number(part) + 1} ${item.holder ? `(${item.holder})` : ''}`.trim());
    const name = NAMES[`${parts[i - 1]}/${part}`] ?? NAMES[part];
    return i === parts.length - 1 ? name?.toLowerCase() ?? words(part) : PLACES[part] ?? words(part);
  });
  const text = said.filter(Boolean).join(': ').replace(/: (?=.*:)/g, ' ');
  return capital(text) + suffix;
}

// The main drivers of a document, in groups: every one of them a number of the document or a default of the schema.
function mainDrivers() {
  const doc = state.stored.document;
  const seat = doc.segments.find((segment) => segment.chair && segment.seat) ?? doc.segments.find((segment) => segment.seat);
  const seatAt = seat ? (doc.seats ?? []).findIndex((one) => one.id === seat.seat) : -1;
  const paths = (prefix, names) => names.flatMap((name) => ends(`${prefix}/${name}`));
  return [
    ['Price and discount', '', [...paths('', ['price']), ...paths('/discount', ['wacc']),
      ...(doc.discount.capm ? paths('/discount/capm', ['risk_free', 'erp', 'beta_unlevered']) : [])]],
    ['Beyond the horizon', '/terminal', paths('/terminal', ['growth', 'wacc', 'ronic', 'multiple'])],
    ['The chair', '/chair', doc.chair ? paths('/chair', ['hazard', 'retention', 'floor', 'margin_loss']) : []],
    [`The seat ${seat?.seat}: share of silicon`, `/seats/${seatAt}`, seatAt >= 0 ? paths(`/seats/${seatAt}`, ['training', 'inference']) : []],
    ['The market', '/market', doc.market ? [...paths('/market/inference_share', ['ceiling', 'k', 'mid']),
      ...paths('/market', ['total_spend', 'growth', 'silicon_content'])] : []],
    ['Margins', '', doc.segments.flatMap((_, i) => ends(`/segments/${i}/margin`))],
  ].map(([title, within, pointers]) => ({title, within, pointers: pointers.filter((pointer) => Number.isFinite(baseValue(pointer)))}));
}

// Every other number of the document that can be moved.
function otherDrivers(taken) {
  const found = [];
  const walk = (value, pointer) => {
    if (typeof value === 'number') {
      if (!taken.has(pointer) && describe(pointer).unit && !/\/(from|to|horizon|lag|base_year|year)$/.test(pointer)) found.push(pointer);
    } else if (value && typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) walk(inner, `${pointer}/${name}`);
    }
  };
  for (const [name, value] of Object.entries(state.stored.document))
    if (name !== 'uncertainty' && name !== 'sources') walk(value, '/' + name);
  return found;
}

// ---------------------------------------------------------------- sliders

const PLAIN_RATIOS = /capture|sales_to_capital|beta|multiple|sigma|\/k$/;

// How a number is shown: times factor, with a sign; and the range that its slider spans, on a grid through base.
function scaleOf(pointer, base) {
  const {unit, low, high, openLow, openHigh} = describe(pointer);
  const isPercent = /^decimal/.test(unit) && !PLAIN_RATIOS.test(pointer);
  const isMoney = unit === 'USD million';
  const factor = isPercent ? 100 : isMoney ? 1e-3 : 1;
  const sign = isPercent ? '%' : isMoney ? 'bn $' : unit === 'USD per share' ? '$' : unit === 'million shares' ? 'm' : '';
  const shown = base * factor;
  const reach = unit === 'calendar year' ? 10 : Math.max(Math.abs(shown) * (isPercent && shown > 50 ? 0.5 : 1), isPercent ? 4 : 0.1);
  const step = unit === 'calendar year' ? 0.1 : stepFor(reach / 80);
  const most = (bound, open) => Math.max(0, Math.floor(Math.abs(bound * factor - shown) / step - (open ? 1e-6 : -1e-6)));
  const steps = Math.round(reach / step);
  const down = low === undefined ? steps : Math.min(steps, most(low, openLow));
  const up = high === undefined ? steps : Math.min(steps * (unit === 'USD per share' ? 2 : 1), most(high, openHigh));
  const round = (x) => Number(x.toPrecision(12));
  return {factor, sign, step, min: round(shown - down * step), max: round(shown + up * step), shown: round(shown)};
}

function stepFor(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return Number(([1, 2, 5, 10].find((n) => n * power >= wanted * 0.999) * power).toPrecision(3));
}

function sourceOf(pointer) {
  const fitting = (state.stored.document.sources ?? []).filter((source) => (pointer + '/').startsWith(source.pointer + '/'));
  return fitting.sort((a, b) => b.pointer.length - a.pointer.length)[0];
}

function driverRow(pointer, within = '') {
  const base = baseValue(pointer), scale = scaleOf(pointer, base), {meaning} = describe(pointer), source = sourceOf(pointer);
  const id = 'driver' + pointer.replaceAll('/', '-'), label = labelOf(pointer);
  const range = element('input', {type: 'range', id, min: scale.min, max: scale.max, step: scale.step, 'data-pointer': pointer});
  const box = element('input', {type: 'number', step: 'any', 'aria-label': `${label}, ${scale.sign || 'number'}`});
  const why = element('div', {id: id + '-why', hidden: true}, element('p', {class: 'why'}, ...meaning.split('`').map((part, i) => (i % 2 ? element('code', {}, part) : part))),
    source ? element('p', {class: 'why'}, (source.kind ? capital(source.kind) + ': ' : '') + source.text) : null);
  const fault = element('p', {class: 'fault', role: 'alert', hidden: true});
  const about = element('button', {type: 'button', 'aria-expanded': 'false', 'aria-controls': why.id, 'aria-label': `About ${label}`, title: 'What it is', class: 'about',
    onclick: () => { why.hidden = !why.hidden; about.setAttribute('aria-expanded', String(!why.hidden)); }}, '?');
  const back = element('button', {type: 'button', 'aria-label': `Reset ${label}`, title: 'Back to the scenario’s own', hidden: true,
    onclick: () => { move(pointer, base); range.focus(); }}, '×');
  const read = (text) => Number((Number(text) / scale.factor).toPrecision(12));
  range.addEventListener('input', () => move(pointer, Number(range.value) === scale.shown ? base : read(range.value)));
  box.addEventListener('change', () => (box.value !== '' ? move(pointer, read(box.value)) : show()));
  const row = element('div', {class: 'driver'},
    element('div', {class: 'head'}, element('label', {for: id, title: label}, labelOf(pointer, within)), back, about, box, element('span', {class: 'unit'}, scale.sign)),
    range, fault, why);
  function show() {
    const value = state.moved.get(pointer) ?? base;
    const shown = Number((value * scale.factor).toPrecision(10));
    range.min = Math.min(scale.min, shown);
    range.max = Math.max(scale.max, shown);
    range.value = shown;
    range.setAttribute('aria-valuetext', `${shown} ${scale.sign}`.trim());
    if (document.activeElement !== box || box.value === '' || Number(box.value) !== shown) box.value = shown;
    row.classList.toggle('moved', state.moved.has(pointer));
    back.hidden = !state.moved.has(pointer);
  }
  function blame(text) {
    fault.textContent = text ?? '';
    fault.hidden = !text;
    range.setAttribute('aria-invalid', String(Boolean(text)));
  }
  state.shown.set(pointer, {row, show, blame});
  show();
  return row;
}

function move(pointer, value) {
  if (value === baseValue(pointer)) state.moved.delete(pointer);
  else state.moved.set(pointer, value);
  state.shown.get(pointer)?.show();
  changed();
}

function drawSliders() {
  state.shown.clear();
  const groups = mainDrivers().filter(({pointers}) => pointers.length);
  const taken = new Set(groups.flatMap(({pointers}) => pointers)), open = matchMedia('(min-width: 52rem)').matches ? 4 : 1;
  const isOpen = (group, i) => i < open || group.pointers.some((pointer) => state.moved.has(pointer));
  $('sliders').replaceChildren(...groups.map((group, i) =>
    element('details', {open: isOpen(group, i)}, element('summary', {}, group.title), ...group.pointers.map((pointer) => driverRow(pointer, group.within)))));
  $('sliders').append(element('details', {id: 'extra', open: true, hidden: true}, element('summary', {}, 'Others')));
  for (const pointer of state.moved.keys()) if (!taken.has(pointer)) addExtra(pointer);
  fillMore(taken);
}

function addExtra(pointer) {
  if (state.shown.has(pointer) || !Number.isFinite(baseValue(pointer))) return;
  $('extra').hidden = false;
  $('extra').append(driverRow(pointer));
}

function fillMore(taken) {
  const groups = Object.groupBy ? Object.groupBy(otherDrivers(taken), (pointer) => pointer.split('/')[1]) : {'': otherDrivers(taken)};
  $('more').replaceChildren(element('option', {value: ''}, 'choose …'), ...Object.entries(groups).map(([name, pointers]) =>
    element('optgroup', {label: capital(words(name))}, ...pointers.map((pointer) => element('option', {value: pointer}, labelOf(pointer))))));
}

// ---------------------------------------------------------------- asking: one round at a time, the newest state next

let frame = 0, round = null;

function changed() {
  $('reset').disabled = state.moved.size === 0;
  $('save').querySelector('button').disabled = state.moved.size === 0;
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    askAll();
    writeAddress();
  });
}

// A round that the drivers have left behind is waited for a moment, so that a drag shows answers on a slow line
// too, and then aborted.
async function askAll() {
  if (round) {
    const older = round;
    if (!older.again) setTimeout(() => older.abort.abort(), 400);
    older.again = true;
    return;
  }
  const mine = (round = {abort: new AbortController(), again: false, id: state.id});
  const body = {scenario: state.id, overrides: overrides()};
  const has = (name) => state.stored.document[name] !== undefined;
  const asked = {valuation: true, projection: has('market'), chair: has('chair')};
  const names = Object.keys(asked);
  const results = await Promise.allSettled(names.map((name) => (asked[name] ? post('/v1/' + name, body, mine.abort.signal) : null)));
  round = null;
  if (mine.id === state.id && !mine.abort.signal.aborted) take(names, results, body.overrides);
  if (mine.again) askAll();
}

function take(names, results, asked) {
  const failed = results.find((result) => result.status === 'rejected' && result.reason.name !== 'AbortError');
  names.forEach((name, i) => { if (results[i].status === 'fulfilled') state.answer[name] = results[i].value; });
  showProblem(failed?.reason, asked);
  document.body.classList.toggle('old', Boolean(failed));
  $('answers').setAttribute('aria-busy', 'false');
  if (!failed && state.answer.valuation) drawAll();
}

// A fault is shown at its driver; what has no driver on the page, above the answers.
function showProblem(error, asked = []) {
  for (const row of state.shown.values()) row.blame(null);
  $('alert').hidden = true;
  if (!error) return;
  const problem = error.problem ?? {title: 'The service does not answer', detail: error.message};
  const faults = (problem.errors ?? []).map((fault) => {
    const place = fault.pointer.match(/^\/overrides\/(\d+)/);
    return {...fault, pointer: place ? asked[place[1]]?.pointer ?? fault.pointer : fault.pointer};
  });
  for (const fault of faults) state.shown.get(fault.pointer)?.blame(fault.detail);
  $('strip').replaceChildren(element('b', {class: 'expensive'}, problem.title));
  $('alert').hidden = faults.length > 0 && faults.every((fault) => state.shown.has(fault.pointer));
  const list = element('ul', {}, ...faults.map((fault) => element('li', {}, element('code', {}, fault.pointer), ' ' + fault.detail)));
  $('alert').replaceChildren(element('b', {}, problem.title + '. '), problem.detail ?? '', ...(faults.length > 1 ? [list] : []));
}

// ---------------------------------------------------------------- the four answers

function drawAll() {
  drawAnswers(state.answer);
  drawShare(state.answer.projection);
  drawRevenue(state.answer.valuation);
  drawLoss(state.answer);
  drawYears(state.answer.valuation);
  drawBridge(state.answer.valuation);
  drawChecks(state.answer.valuation);
  $('engine').textContent = `Model ${state.answer.valuation.engine}, scenario ${state.id}, revision ${state.answer.valuation.scenario.revision}.`;
}

const amount = (value, text) => element('data', {value}, text);

function drawAnswers({valuation: v, projection: p, chair: c}) {
  const horizon = v.years.length;
  const shares = p?.inference_share;
  $('share').replaceChildren(...(shares ? [amount(shares.at(-1).value, percent(shares.at(-1).value)), element('small', {}, ` in ${shares.at(-1).year}`)] : ['–']));
  $('share-note').textContent = shares ? shareNote(shares, p) : 'This scenario has no market.';
  $('hold-question').textContent = `Will the chair hold ${yearsInWords(horizon)}?`;
  $('hold').replaceChildren(...(c ? [amount(c.hold_probability, percent(c.hold_probability)), element('small', {}, ' that it does')] : ['–']));
  $('hold-note').textContent = c ? holdNote(c) : 'This scenario has no chair to lose.';
  $('chair').replaceChildren(...(c ? [amount(c.chair_value_per_share, dollars(c.chair_value_per_share)), element('small', {}, ' a share')] : ['–']));
  $('chair-note').textContent = c ? `${compact(c.chair_value)} in all: a share is worth ${dollars(c.value_if_held)} if the chair is held for good, ${dollars(c.value_if_lost[0].value_per_share)} if it is lost at once.`
    : 'This scenario has no chair to lose.';
  $('value').replaceChildren(amount(v.value_per_share, dollars(v.value_per_share)), ' ', element('small', {class: v.verdict}, v.verdict));
  $('value-note').textContent = `The value is ${percent(Math.abs(v.upside), 1)} ${v.upside < 0 ? 'under' : 'over'} the price of ${dollars(v.price)}. Within ${percent(v.fair_band)} is fair.`;
  $('strip').replaceChildren(element('b', {}, `${state.stored.company} ${dollars(v.price)}`), ' is ', element('b', {class: v.verdict}, v.verdict), element('span', {}, `: worth ${dollars(v.value_per_share)}`));
  drawScale(v, c);
}

function shareNote(shares, p) {
  const last = shares.at(-1), band = last.low === null ? '' : ` (${percent(p.bands.level)} band: ${percent(last.low)} to ${percent(last.high)})`;
  return `of the spend on AI compute, from ${percent(shares[0].value)} in ${shares[0].year}${band}.`;
}

function holdNote(c) {
  if (c.break_even_hold_probability === null) return c.break_even_reason;
  return `The price of ${dollars(c.price)} is right if it is ${percent(c.break_even_hold_probability)}.`;
}

// The price with its fair band and the value on one line, and the range from a chair lost at once to one never lost.
function drawScale(v, c) {
  const low = c?.value_if_lost[0].value_per_share ?? v.value_per_share, high = v.value_if_held;
  const all = [low, high, v.value_per_share, v.price * (1 - v.fair_band), v.price * (1 + v.fair_band)];
  const width = Math.max(160, $('scale').clientWidth), x = linear(Math.min(...all), Math.max(...all), 8, width - 8);
  const line = (attributes) => svg('line', attributes);
  $('scale').replaceChildren(svg('svg', {width, height: 34, role: 'img', 'aria-label': `Value ${dollars(v.value_per_share)}, price ${dollars(v.price)}; ${dollars(low)} if the chair is lost at once, ${dollars(high)} if it is held`},
    svg('rect', {class: 'fairband', x: x(v.price * (1 - v.fair_band)), width: x(v.price * (1 + v.fair_band)) - x(v.price * (1 - v.fair_band)), y: 4, height: 26}),
    line({class: 'whisker', x1: x(low), x2: x(high), y1: 17, y2: 17}), line({class: 'whisker', x1: x(low), x2: x(low), y1: 12, y2: 22}),
    line({class: 'whisker', x1: x(high), x2: x(high), y1: 12, y2: 22}), line({class: 'price', x1: x(v.price), x2: x(v.price), y1: 2, y2: 32}),
    svg('circle', {class: 'dot', cx: x(v.value_per_share), cy: 17, r: 6})));
}

// ---------------------------------------------------------------- charts

function linear(from, to, low, high) {
  const slope = to === from ? 0 : (high - low) / (to - from);
  return (value) => Number((low + (value - from) * slope).toFixed(2));
}

function ticks(low, high, count = 4) {
  const step = stepFor((high - low) / count || 1), first = Math.ceil(low / step - 1e-9);
  return Array.from({length: Math.floor(high / step + 1e-9) - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// A frame with a value axis and one place for each of names; draw(x, y, bottom, places) fills it, and say(i) is read
// out when the pointer or the arrow keys are on place i.
function chart(host, {title, summary, low, high, axis, names, height = 230, draw, say, legend, rows, heads}) {
  const open = host.querySelector('details')?.open, width = Math.max(260, host.clientWidth - 34);
  const left = 46, right = 10, bottom = height - 22, marks = ticks(low, high);
  const y = linear(Math.min(low, marks[0]), Math.max(high, marks.at(-1)), bottom, 8);
  const band = (width - left - right) / names.length, x = (i) => Number((left + band * (i + 0.5)).toFixed(2));
  const cursor = svg('line', {class: 'cursor', y1: 8, y2: bottom, visibility: 'hidden'});
  const picture = svg('svg', {width, height, role: 'img', tabindex: 0, 'aria-label': `${title}. ${summary}`});
  for (const mark of marks) picture.append(svg('line', {class: 'grid', x1: left, x2: width - right, y1: y(mark), y2: y(mark)}),
    svg('text', {x: left - 6, y: y(mark) + 4, 'text-anchor': 'end'}, axis(mark)));
  const every = Math.ceil(42 / band);
  names.forEach((name, i) => { if (i % every === 0) picture.append(svg('text', {x: x(i), y: height - 6, 'text-anchor': 'middle'}, name)); });
  picture.append(svg('g', {}, ...draw(x, y, {band, bottom, left, right: width - right})), cursor);
  const readout = element('p', {class: 'readout'}, summary);
  let place = -1;
  const point = (i) => {
    place = i;
    cursor.setAttribute('visibility', i < 0 ? 'hidden' : 'visible');
    if (i >= 0) { cursor.setAttribute('x1', x(i)); cursor.setAttribute('x2', x(i)); }
    readout.textContent = i < 0 ? summary : say(i);
  };
  const clamp = (i) => Math.min(names.length - 1, Math.max(0, i));
  picture.addEventListener('pointermove', (event) => point(clamp(Math.floor((event.offsetX - left) / band))));
  picture.addEventListener('pointerleave', () => point(-1));
  picture.addEventListener('blur', () => point(-1));
  picture.addEventListener('keydown', (event) => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by) return;
    event.preventDefault();
    point(clamp(place + by));
    readout.setAttribute('aria-live', 'polite');
  });
  const figures = element('details', {open}, element('summary', {}, 'Figures'), element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title}, table(heads, rows)));
  const focused = host.contains(document.activeElement) && document.activeElement.tagName === 'svg';
  host.replaceChildren(element('figcaption', {}, element('h2', {}, title), readout), picture, legend ?? '', figures);
  if (focused) picture.focus();
}

function drawShare(p) {
  $('share-chart').hidden = !p;
  if (!p) return;
  const rows = p.inference_share, hasBand = rows[0].low !== null;
  const seen = (state.stored.document.market.inference_share?.observations ?? []).filter((one) => one.year >= rows[0].year - 2 && one.year <= rows.at(-1).year);
  const first = Math.min(rows[0].year, ...seen.map((one) => Math.floor(one.year)));
  const names = Array.from({length: rows.at(-1).year - first + 1}, (_, i) => String(first + i));
  const rowOf = (i) => rows.find((row) => row.year === first + i);
  const observed = (year) => seen.filter((one) => Math.floor(one.year) === year).map((one) => one.value !== undefined ? percent(one.value) : [one.low !== undefined ? `at least ${percent(one.low)}` : '', one.high !== undefined ? `at most ${percent(one.high)}` : ''].filter(Boolean).join(', ')).join('; ');
  chart($('share-chart'), {
    title: 'Inference’s share of AI compute spend', low: 0, high: 1, axis: (x) => percent(x), names,
    summary: `${percent(rows[0].value)} in ${rows[0].year}, ${percent(rows.at(-1).value)} in ${rows.at(-1).year}` + (hasBand ? `; shaded: the ${percent(p.bands.level)} band` : '') + (seen.length ? '; marks: what was published' : ''),
    draw: (x, y) => {
      const at = (row) => x(row.year - first), line = (points) => points.map(([a, b]) => `${a},${b}`).join(' ');
      const mark = (one) => one.value !== undefined ? svg('circle', {class: 'seen', cx: x(one.year - first), cy: y(one.value), r: 3.5})
        : svg('path', {class: 'seen', d: `M${x(one.year - first) - 5} ${y(one.low ?? one.high)}h10m-5 0V${y(one.low !== undefined && one.high !== undefined ? one.high : one.low !== undefined ? one.low + 0.06 : one.high - 0.06)}${one.low !== undefined && one.high !== undefined ? 'm-5 0h10' : ''}`});
      return [...(hasBand ? [svg('polygon', {class: 'band', points: line([...rows.map((row) => [at(row), y(row.high)]), ...rows.toReversed().map((row) => [at(row), y(row.low)])])})] : []),
        svg('polyline', {class: 'line', points: line(rows.map((row) => [at(row), y(row.value)]))}), ...seen.map(mark)];
    },
    say: (i) => [rowOf(i) ? `${first + i}: ${percent(rowOf(i).value, 1)}` + (rowOf(i).low !== null ? ` (${percent(rowOf(i).low, 1)} to ${percent(rowOf(i).high, 1)})` : '') : String(first + i), observed(first + i) && `published: ${observed(first + i)}`].filter(Boolean).join('; '),
    heads: ['Year', 'Share', 'Low', 'High', 'Training', 'Inference'],
    rows: rows.map((row, i) => [String(row.year), percent(row.value, 1), row.low === null ? '–' : percent(row.low, 1), row.high === null ? '–' : percent(row.high, 1), compact(p.training_spend[i]), compact(p.inference_spend[i])]),
  });
}

const swatch = (i) => svg('svg', {width: 10, height: 10, 'aria-hidden': 'true'}, svg('rect', {class: `s${i % 8}`, width: 10, height: 10, rx: 2}));

function drawRevenue(v) {
  const ids = v.years[0].segments.map((segment) => segment.id), totals = v.years.map((year) => year.revenue);
  chart($('revenue-chart'), {
    title: 'Revenue by segment', low: 0, high: Math.max(...totals), axis: (x) => compact(x, 1), names: v.years.map((year) => year.fiscal.replace('FY20', '’').replace('FY', '')),
    summary: `${compact(totals[0])} in ${v.years[0].fiscal}, ${compact(totals.at(-1))} in ${v.years.at(-1).fiscal}`,
    draw: (x, y, {band}) => v.years.flatMap((year, i) => {
      let below = 0;
      return year.segments.map((segment, s) => {
        const top = y(below + segment.revenue), rect = svg('rect', {class: `s${s % 8}`, x: x(i) - band * 0.36, width: band * 0.72, y: top, height: Math.max(0, y(below) - top)});
        below += segment.revenue;
        return rect;
      });
    }),
    say: (i) => `${v.years[i].fiscal}: ` + v.years[i].segments.map((segment) => `${segment.id} ${compact(segment.revenue)}`).join(', '),
    legend: element('ul', {class: 'legend'}, ...ids.map((id, s) => element('li', {}, swatch(s), id))),
    heads: ['Year', ...ids, 'Total'], rows: v.years.map((year) => [year.fiscal, ...year.segments.map((segment) => compact(segment.revenue)), compact(year.revenue)]),
  });
}

function drawLoss({valuation: v, chair: c}) {
  $('loss-chart').hidden = !c;
  if (!c) return;
  const bars = [...c.value_if_lost.map((row) => ({name: String(row.calendar), value: row.value_per_share, chance: row.probability})),
    {name: 'never', value: c.value_if_held, chance: c.hold_probability}];
  chart($('loss-chart'), {
    title: 'Value of a share by the year in which the chair is lost', low: 0, high: Math.max(v.price, ...bars.map((bar) => bar.value)), axis: (x) => '$' + plain(x), names: bars.map((bar) => bar.name), height: 210,
    summary: `${dollars(bars[0].value)} if lost in ${bars[0].name}, ${dollars(c.value_if_held)} if never; dashed: the price of ${dollars(v.price)}`,
    draw: (x, y, {band, bottom, left, right}) => [
      ...bars.map((bar, i) => svg('rect', {class: i === bars.length - 1 ? 's0' : 's7', x: x(i) - band * 0.36, width: band * 0.72, y: y(bar.value), height: Math.max(0, bottom - y(bar.value))})),
      svg('line', {class: 'price', x1: left, x2: right, y1: y(v.price), y2: y(v.price)})],
    say: (i) => `${bars[i].name === 'never' ? 'Never lost' : 'Lost in ' + bars[i].name}: ${dollars(bars[i].value)}, with probability ${percent(bars[i].chance, 1)}`,
    heads: ['Lost in', 'Probability', 'Value of a share'], rows: bars.map((bar) => [bar.name, percent(bar.chance, 1), dollars(bar.value)]),
  });
}

// ---------------------------------------------------------------- tables

function drawYears(v) {
  const columns = [['Revenue', 'revenue', plain], ['Margin', 'margin', (x) => percent(x, 1)], ['EBIT', 'ebit', plain], ['Tax', 'tax', plain], ['Reinvestment', 'reinvestment', plain],
    ['Free cash flow', 'fcff', plain], ['Discount rate', 'wacc', (x) => percent(x, 1)], ['Factor', 'discount_factor', (x) => plain(x, 3)], ['Present value', 'pv', plain], ['ROIC', 'roic', (x) => percent(x, 0)]];
  const used = columns.filter(([, name]) => v.years.some((year) => year[name] !== null));
  const share = v.terminal_share === null ? '' : ` ${percent(v.terminal_share)} of the firm’s value lies beyond ${v.years.at(-1).fiscal}.`;
  const grid = table(['Year', ...used.map(([head]) => head)], v.years.map((year) => [year.fiscal, ...used.map(([, name, say]) => (year[name] === null ? '–' : say(year[name])))]));
  $('years').replaceChildren(grid);
  $('years').previousElementSibling.textContent = 'USD million unless it says otherwise; of the branch in which the chair is held.' + share;
}

function drawBridge(v) {
  const steps = v.bridge.filter((step, i) => i === 0 || step.amount !== 0);
  const rows = steps.map((step) => [capital(words(step.step)), plain(step.amount), plain(step.balance)]);
  if (steps.at(-1)?.step !== 'equity_value') rows.push(['Equity value', '', plain(v.equity_value)]);
  $('bridge').replaceChildren(element('p', {class: 'note'}, `USD million. Divided by ${plain(v.diluted_shares, 1)} million shares: ${dollars(v.value_if_held)} if the chair is held.`),
    element('div', {class: 'scroll'}, table(['', 'Amount', 'Balance'], rows, true)));
}

function drawChecks(v) {
  const kinds = {fired: 'look', ok: 'ok', not_applicable: 'n/a'};
  const list = (status) => element('ul', {}, ...v.checks.filter((check) => check.status === status).map((check) =>
    element('li', {class: `check ${status}`}, element('b', {}, kinds[status]), element('p', {}, check.detail || capital(words(check.code))))));
  const count = (status) => v.checks.filter((check) => check.status === status).length;
  const open = $('checks').querySelector('details')?.open;
  $('checks').replaceChildren(element('p', {class: 'note'}, count('fired') ? `${count('fired')} of ${v.checks.length} ask for a look.` : `None of ${v.checks.length} asks for a look.`), list('fired'),
    element('details', {open}, element('summary', {}, `${count('ok')} in order, ${count('not_applicable')} not applicable`), list('ok'), list('not_applicable')));
}

function drawSources() {
  const sources = state.stored.document.sources ?? [];
  $('sources').hidden = !sources.length;
  $('sources').querySelector('dl').replaceChildren(...sources.flatMap((source) =>
    [element('dt', {}, element('code', {}, source.pointer), source.kind ? ` (${source.kind})` : ''), element('dd', {}, source.text)]));
}

// ---------------------------------------------------------------- the address, and the scenario that it names

let written = 0;

function writeAddress() {
  const hash = '#' + ['scenario=' + state.id, query()].filter(Boolean).join('&');
  $('link').href = hash;
  $('json').href = questionPath('valuation');
  clearTimeout(written); // browsers refuse more than some hundred changes in half a minute
  written = setTimeout(() => history.replaceState(null, '', hash), 120);
}

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1).replaceAll('+', '%2B'));
  const moved = asked.getAll('set').map((text) => {
    const colon = text.lastIndexOf(':');
    return [text.slice(0, colon), Number(text.slice(colon + 1))];
  });
  return {id: asked.get('scenario'), moved: new Map(moved.filter(([pointer, value]) => pointer.startsWith('/') && Number.isFinite(value)))};
}

async function choose(id, moved = new Map()) {
  state.id = id;
  try {
    const stored = await ask(`/v1/scenarios/${encodeURIComponent(id)}`);
    if (state.id !== id) return;
    Object.assign(state, {stored, moved, answer: {}});
  } catch (error) {
    return showProblem(error);
  }
  round?.abort.abort();
  document.title = `${state.stored.name} – secondchair`;
  $('description').textContent = state.stored.document.description ?? '';
  $('saved').textContent = '';
  if ($('scenario').value !== id) await listScenarios();
  $('scenario').value = id;
  drawSliders();
  drawSources();
  changed();
}

async function listScenarios() {
  const items = [];
  for (let path = '/v1/scenarios?limit=200', pages = 0; path && pages < 20; pages++) {
    const page = await ask(path);
    items.push(...page.items);
    path = page.next && `/v1/scenarios?limit=200&after=${encodeURIComponent(page.next)}`;
  }
  const option = (item) => element('option', {value: item.id}, item.name);
  const group = (label, some) => (some.length ? [element('optgroup', {label}, ...some.map(option))] : []);
  $('scenario').replaceChildren(...group('Built in', items.filter((item) => item.builtin).sort((a, b) => a.id.localeCompare(b.id))), ...group('Stored', items.filter((item) => !item.builtin)));
  return items;
}

async function saveVariant(event) {
  event.preventDefault();
  try {
    const variant = await post(`/v1/scenarios/${state.id}/variants`, {name: $('variant').value.trim(), overrides: overrides()});
    await listScenarios();
    await choose(variant.id);
    $('variant').value = '';
    $('saved').textContent = `Saved as ${variant.name}.`;
  } catch (error) {
    showProblem(error, overrides());
  }
}

async function downloadCsv() {
  try {
    const response = await fetch(questionPath('valuation'), {headers: {Accept: 'text/csv'}});
    if (!response.ok) throw Object.assign(new Error(), {problem: await response.json()});
    const address = URL.createObjectURL(await response.blob());
    element('a', {href: address, download: `${state.id}.csv`}).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  } catch (error) {
    showProblem(error);
  }
}

function listen() {
  $('scenario').addEventListener('change', () => choose($('scenario').value));
  $('reset').addEventListener('click', () => {
    state.moved.clear();
    for (const row of state.shown.values()) row.show();
    changed();
  });
  $('more').addEventListener('change', () => {
    const pointer = $('more').value;
    addExtra(pointer);
    $('more').value = '';
    state.shown.get(pointer)?.row.querySelector('input').focus();
  });
  $('save').addEventListener('submit', saveVariant);
  $('csv').addEventListener('click', downloadCsv);
  addEventListener('hashchange', () => {
    const {id, moved} = readAddress();
    if (id) choose(id, moved);
  });
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth !== width && state.answer.valuation) drawAll();
    width = innerWidth;
  });
}

async function start() {
  listen();
  try {
    const [items, schema] = await Promise.all([listScenarios(), ask('/schema/scenario.json')]);
    state.schema = schema;
    const {id, moved} = readAddress();
    const first = id ?? items.find((item) => item.id === 'amd-base')?.id ?? items[0]?.id;
    if (first) await choose(first, moved);
    else showProblem(new Error('No scenario is stored.'));
  } catch (error) {
    showProblem(error);
  }
}

start();
