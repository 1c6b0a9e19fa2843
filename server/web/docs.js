// The reference: /openapi.json and /schema/scenario.json, laid out to be read.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
  made.append(...children.filter((child) => child != null && child !== ''));
  return made;
}

const code = (text) => element('code', {}, text);
const slug = (text) => text.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '').toLowerCase();

// Text in which `words` are code and a blank line begins a paragraph.
const inline = (text) => text.split('`').map((part, i) => (i % 2 ? code(part) : part));
const prose = (text) => (text ?? '').split('\n\n').filter(Boolean).map((part) => element('p', {}, ...inline(part)));

function table(heads, rows) {
  return element('div', {class: 'scroll'}, element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', {scope: 'col'}, head)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, ...[cell].flat())))))));
}

let api;
const resolve = (node) => (node?.$ref ? resolve(node.$ref.slice(2).split('/').reduce((at, part) => at[part], api)) : node);
const nameOf = (node) => node?.$ref?.split('/').at(-1);

// What a schema is, in a few words; those with names link to their section.
function typeOf(schema) {
  const name = nameOf(schema);
  if (name) return [element('a', {href: '#schema-' + slug(name)}, name)];
  if (schema.oneOf) return schema.oneOf.flatMap((one, i) => (i ? [' or ', ...typeOf(one)] : typeOf(one)));
  if (schema.const !== undefined) return [code(JSON.stringify(schema.const))];
  const types = [schema.type ?? 'any value'].flat();
  if (types.includes('array')) return ['array of ', ...(schema.items ? typeOf(schema.items) : ['any value']), ...types.filter((type) => type !== 'array').map((type) => ` or ${type}`)];
  return [types.join(' or ') + (schema.format ? ` (${schema.format})` : '')];
}

const short = (x) => (Math.abs(x) >= 1e6 ? x.toExponential().replace('e+', 'e') : String(x));

function boundsOf(schema) {
  const bound = (sign, x) => (x === undefined ? '' : `${sign}\u00a0${short(x)}`);
  const said = [
    bound('>', schema.exclusiveMinimum) || bound('≥', schema.minimum),
    bound('<', schema.exclusiveMaximum) || bound('≤', schema.maximum),
    schema.minItems !== undefined || schema.maxItems !== undefined ? `${schema.minItems ?? 0} to ${schema.maxItems ?? '…'} elements` : '',
    schema.enum ? schema.enum.map((one) => String(one)).join(' | ') : '',
  ].filter(Boolean);
  return said.join(', ');
}

const example = (content) => {
  const named = Object.values(content.examples ?? {}).map(resolve)[0];
  return content.example !== undefined ? {value: content.example} : named;
};
const show = (value) => element('pre', {tabindex: 0}, element('code', {}, typeof value === 'string' ? value : JSON.stringify(value, null, 2)));

// ---------------------------------------------------------------- operations

function curlOf(method, path, operation) {
  const given = (operation.parameters ?? []).map(resolve);
  const address = path.replace(/\{(\w+)\}/g, (_, name) => {
    const found = given.find((one) => one.in === 'path' && one.name === name);
    return found?.example ?? found?.schema.enum?.[0] ?? name;
  });
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const query = given.filter((one) => one.in === 'query' && one.required).map((one) => `${one.name}=${one.example}`).join('&');
  const target = location.origin + address;
  const lines = [`curl -s${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} ${query ? `'${target}?${query}'` : target}`];
  if (['put', 'patch', 'delete'].includes(method)) lines.push(`-H 'If-Match: "1"'`);
  if (type) lines.push(`-H 'Content-Type: ${type}'`);
  const body = content && example(content)?.value;
  if (body !== undefined) lines.push(`-d '${JSON.stringify(body)}'`);
  else if (type) lines.push('--data-binary @FILE');
  return lines.join(' \\\n  ');
}

function parametersOf(operation) {
  const rows = (operation.parameters ?? []).map(resolve).map((one) => [code(one.name), one.in + (one.required ? ', required' : ''), typeOf(resolve(one.schema)), boundsOf(resolve(one.schema)),
    inline((one.description ?? '') + (one.schema.default !== undefined ? ` Default ${one.schema.default}.` : ''))]);
  return rows.length ? [element('h4', {}, 'Parameters'), table(['Name', 'Where', 'Type', 'Bounds', 'Meaning'], rows)] : [];
}

function contentOf(content) {
  return Object.entries(content ?? {}).flatMap(([type, one], i) => [i ? ', ' : '', code(type), ...(nameOf(one.schema) ? [' ', ...typeOf(one.schema)] : [])]);
}

function drawOperation(path, method, operation) {
  const answers = Object.entries(operation.responses).map(([status, answer]) => [code(status), inline(resolve(answer).description ?? ''), contentOf(resolve(answer).content)]);
  const good = Object.values(operation.responses).map(resolve).flatMap((answer) => Object.values(answer.content ?? {}))[0];
  const shown = good && example(good);
  const body = operation.requestBody;
  return element('section', {id: slug(operation.operationId), 'data-find': `${method} ${path} ${operation.summary} ${operation.operationId}`},
    element('h3', {}, element('span', {class: 'verb'}, method.toUpperCase()), code(path)),
    element('p', {}, operation.summary + '.'), ...prose(operation.description),
    ...parametersOf(operation),
    ...(body ? [element('h4', {}, 'Body' + (body.required ? '' : ', optional')), element('p', {}, ...contentOf(body.content))] : []),
    element('h4', {}, 'As a call'), show(curlOf(method, path, operation)),
    element('details', {}, element('summary', {}, `Answers: ${Object.keys(operation.responses).join(', ')}`), table(['Status', 'Meaning', 'Content'], answers)),
    shown ? element('details', {}, element('summary', {}, 'Example of an answer'), show(shown.value)) : null);
}

// ---------------------------------------------------------------- schemas of answers

function drawSchema(name, schema) {
  const of = schema.type === 'array' ? schema.items : schema;
  const rows = Object.entries(of?.properties ?? {}).map(([member, inner]) => [code(member), typeOf(inner), (of.required ?? []).includes(member) ? 'always' : 'sometimes', boundsOf(inner), inline(inner.description ?? resolve(inner).description ?? '')]);
  const plain = rows.length ? null : element('p', {}, ...typeOf(schema), boundsOf(schema) && `: ${boundsOf(schema)}`);
  return element('section', {id: 'schema-' + slug(name), 'data-find': `${name} ${Object.keys(of?.properties ?? {}).join(' ')}`}, element('h3', {}, name),
    ...prose(schema.description), plain, rows.length ? table(['Member', 'Type', 'There', 'Bounds', 'Meaning'], rows) : null);
}

// ---------------------------------------------------------------- the document's members

function formsOf(node, root) {
  const target = node.$ref ? node.$ref.slice(2).split('/').reduce((at, part) => at[part], root) : null;
  return [node, target].filter(Boolean).flatMap((one) => [one, ...(one.oneOf ?? [])]);
}

// Every member of the document below a node, as rows of the table; a path is one row, with the bounds of its numbers.
function driverRows(node, pointer, root, group) {
  return Object.entries(node.properties ?? {}).flatMap(([name, member]) => {
    const here = `${pointer}/${name}`, forms = formsOf(member, root), number = forms.find((form) => boundsOf(form)) ?? member;
    const isPath = Boolean(member.$ref), inside = forms.find((form) => form.properties && !isPath), items = !isPath && forms.find((form) => form.items?.properties)?.items;
    const needed = (node.required ?? []).includes(name);
    const row = {group: member['x-group'] ?? group, pointer: here + (items ? '/…' : ''), cells: [
      code(here + (items ? '/*' : '')), isPath ? 'path' : inside ? 'object' : items ? 'list' : number.enum ? 'word' : [member.type ?? 'value'].flat().join(' or '), member['x-unit'] ?? '',
      inside || items ? '' : boundsOf(number), needed ? 'required' : member.default !== undefined && !inside ? String(member.default) : '–', inline(member.description ?? '')]};
    const below = inside ? driverRows(inside, here, root, row.group) : items ? driverRows(items, here + '/*', root, row.group) : [];
    return [row, ...below];
  });
}

function drawDrivers(schema) {
  const rows = driverRows(schema, '', schema, '');
  const groups = Map.groupBy ? Map.groupBy(rows, (row) => row.group) : new Map([['', rows]]);
  return [...groups].map(([group, some]) => element('section', {id: 'drivers-' + slug(group || 'general'), 'data-find': some.map((row) => row.pointer).join(' ')},
    element('h3', {}, group ? group.replaceAll('_', ' ') : 'general'), table(['Pointer', 'Kind', 'Unit', 'Bounds', 'Default', 'Meaning'], some.map((row) => row.cells))));
}

// ---------------------------------------------------------------- the page

function drawAll(schema) {
  const content = document.getElementById('content'), contents = document.getElementById('contents');
  const operations = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item).filter(([, one]) => one.operationId).map(([method, one]) => ({path, method, one})));
  content.replaceChildren(element('h1', {}, api.info.title + ' API'), element('p', {class: 'note'}, `Version ${api.info.version}. ${api.info.summary}`), ...prose(api.info.description));
  const part = (title, sections, links, intro) => {
    content.append(element('div', {class: 'part'}, element('h2', {id: 'part-' + slug(title)}, title), ...prose(intro), ...sections));
    contents.append(element('div', {class: 'part'}, element('h2', {}, title), element('ul', {}, ...links)));
  };
  for (const tag of api.tags) {
    const own = operations.filter(({one}) => one.tags.includes(tag.name));
    part(tag.name, own.map(({path, method, one}) => drawOperation(path, method, one)),
      own.map(({path, method, one}) => element('li', {}, element('a', {href: '#' + slug(one.operationId)}, element('span', {class: 'verb'}, method.toUpperCase()), path))), tag.description);
  }
  const drivers = drawDrivers(schema);
  const linkTo = (section) => element('li', {}, element('a', {href: '#' + section.id}, section.querySelector('h3').textContent));
  part('The scenario document', drivers, drivers.map(linkTo), 'Every member with its pointer, by which overrides name it. A path is a number, an array with one number a year, or a ramp `{"start", "end", "shape", "from", "to"}`; its bounds hold for each number. An asterisk stands for the index in a list.');
  const schemas = Object.entries(api.components.schemas).map(([name, one]) => drawSchema(name, one));
  part('What bodies hold', schemas, schemas.map(linkTo), 'The members of questions and answers. Answers hold no other members.');
}

// Shows the sections and links that the words fit, and hides the others.
function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll('[data-find]')) {
    const found = words.every((word) => section.dataset.find.toLowerCase().includes(word));
    section.hidden = !found;
    const link = document.querySelector(`#contents a[href="#${section.id}"]`);
    if (link) link.parentElement.hidden = !found;
  }
  for (const part of document.querySelectorAll('.part')) part.hidden = !part.querySelector('section:not([hidden]), li:not([hidden])');
}

async function start() {
  const [description, schema] = await Promise.all(['/openapi.json', '/schema/scenario.json'].map(async (path) => (await fetch(path)).json()));
  api = description;
  drawAll(schema);
  document.getElementById('filter').addEventListener('input', (event) => filter(event.target.value));
  document.getElementById('contents').open = matchMedia('(min-width: 52rem)').matches;
  if (location.hash.length > 1) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

start().catch((error) => document.getElementById('content').append(element('p', {class: 'alert', role: 'alert'}, `The reference cannot be drawn: ${error.message}`)));
