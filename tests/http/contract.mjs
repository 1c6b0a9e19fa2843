// Holds an exchange against the description of the API: is this status documented there, with these fields, this
// media type and a body of that shape? Counts what was seen, so that a test can ask what never was.
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

export class Contract {
  constructor(api, read) {
    this.api = api;
    this.ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
    addFormats(this.ajv);
    this.ajv.addSchema(api, 'api');
    this.validators = new Map();
    this.operations = Object.entries(api.paths).flatMap(([template, item]) => METHODS.filter(method => item[method]).map(method => ({
      template, method: method.toUpperCase(), operation: item[method], id: item[method].operationId,
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) })));
    this.problems = new Map([...read('include/secondchair/problems.def').matchAll(/^SC_PROBLEM\((\w+), (\d+), "([^"]*)", (\w+)\)/gm)]
      .map(([, name, status, title, retryable]) => [`/problems/${name.replace(/_/g, '-')}`, { status: Number(status), title, retryable: retryable === 'true' }]));
    this.seen = { problems: new Set(), faults: new Set(), operations: new Set(), exchanges: 0 };
  }
  resolve(value) {
    return value?.$ref ? value.$ref.split('/').slice(1).reduce((node, step) => node[step.replace(/~1/g, '/').replace(/~0/g, '~')], this.api) : value;
  }
  // At the schema at this pointer into the description.
  validator(pointer) {
    if (!this.validators.has(pointer)) this.validators.set(pointer, this.ajv.compile({ $ref: `api#${pointer}` }));
    return this.validators.get(pointer);
  }
  // The operations of a target's path, whatever the method. Fixed segments win over {…}.
  at(target) {
    const path = target.split('?')[0];
    const all = this.operations.filter(operation => operation.pattern.test(path));
    const exact = all.filter(operation => !operation.template.includes('{'));
    return exact.length ? exact : all;
  }
  check(request, answer) {
    const { method, target } = request;
    const wrong = what => { throw new Error(`${method} ${target.slice(0, 120)} → ${answer.status} breaks the contract: ${what}`); };
    this.seen.exchanges++;
    checkEvery(answer, wrong);
    const operations = this.at(target);
    const own = operations.find(operation => operation.method === (method === 'HEAD' ? 'GET' : method));
    if (answer.status >= 400) this.checkProblem(request, answer, wrong);
    if (method === 'OPTIONS' && answer.status < 400) return this.checkOptions(operations, answer, wrong);
    if (answer.status === 405 || answer.headers.allow) checkAllow(operations, answer, wrong);
    if (!own) {
      const expected = operations.length ? [405, 403, 400, 413, 414, 431] : [404, 400, 413, 414, 431];
      if (!expected.includes(answer.status)) wrong(`an address without this operation answers ${expected.join(' or ')}`);
      return undefined;
    }
    this.seen.operations.add(`${own.id} ${answer.status}`);
    const documented = own.operation.responses[answer.status];
    if (!documented) return wrong('the status is not documented for this operation');
    const response = this.resolve(documented);
    this.checkFields(response, answer, wrong);
    this.checkDue(own, response, answer, wrong);
    return this.checkBody(own, documented, response, request, answer, wrong);
  }
  checkProblem({ method }, answer, wrong) {
    if (answer.headers['content-type'] !== 'application/problem+json') wrong(`a problem is ${answer.headers['content-type']}`);
    if (answer.headers['cache-control'] !== 'no-store') wrong(`a problem has Cache-Control ${answer.headers['cache-control']}`);
    if (method === 'HEAD') return;
    const problem = answer.json;
    if (!problem) wrong('a problem has no body');
    const validate = this.validator('/components/schemas/Problem');
    if (!validate(problem)) wrong(`its problem ${this.ajv.errorsText(validate.errors)}: ${answer.text.slice(0, 300)}`);
    const known = this.problems.get(problem.type);
    if (!known) wrong(`${problem.type} is not in problems.def`);
    if (known.status !== answer.status || problem.status !== answer.status) wrong(`${problem.type} says ${problem.status}, problems.def ${known.status}`);
    if (known.title !== problem.title) wrong(`its title is ${problem.title}`);
    if (problem.instance !== answer.headers['x-request-id']) wrong(`its instance is ${problem.instance}, the request id ${answer.headers['x-request-id']}`);
    if (!problem.detail.trim()) wrong('its detail is empty');
    for (const fault of problem.errors ?? []) {
      if (fault.detail.trim().length < 8) wrong(`the detail of ${fault.pointer} is "${fault.detail}"`);
      this.seen.faults.add(fault.code);
    }
    if ([429, 503].includes(answer.status) && !/^[1-9]\d*$/.test(answer.headers['retry-after'] ?? '')) wrong(`Retry-After is ${answer.headers['retry-after']}`);
    this.seen.problems.add(problem.type);
  }
  checkOptions(operations, answer, wrong) {
    if (answer.status !== 204) wrong('OPTIONS answers 204');
    if (answer.bytes.length) wrong('OPTIONS has a body');
    checkAllow(operations, answer, wrong);
  }
  checkFields(response, answer, wrong) {
    for (const [name, reference] of Object.entries(response.headers ?? {})) {
      const field = this.resolve(reference), text = answer.headers[name.toLowerCase()];
      if (text === undefined) {
        if (field.required) wrong(`the field ${name} is missing`);
        continue;
      }
      const value = field.schema.type === 'integer' ? Number(text) : text;
      if (!this.ajv.validate(field.schema, value)) wrong(`the field ${name} is ${text}`);
    }
  }
  // Fields that the description leaves open and the rules of API.md do not.
  checkDue({ operation, method }, response, answer, wrong) {
    const { headers, status } = answer, declared = Object.keys(response.headers ?? {});
    const good = status < 400;
    const stream = headers['content-type'] === 'text/event-stream'; // begun before the answer is known
    if (stream && headers['cache-control'] !== 'no-store') wrong(`a stream of events has Cache-Control ${headers['cache-control']}`);
    const asked = method === 'GET' || operation.tags?.includes('Questions');
    const unkept = stream || (asked && headers['cache-control'] === 'no-store'); // of what must not be kept there is no ETag
    for (const name of ['ETag', 'Cache-Control', 'Location']) if (good && declared.includes(name) && !headers[name.toLowerCase()] && !(name === 'ETag' && unkept)) wrong(`the field ${name} is missing`);
    if (good && declared.includes('Server-Timing') && !headers['server-timing'] && !stream) wrong('Server-Timing is missing');
    if (good && method !== 'GET' && headers.etag && ['PUT', 'PATCH', 'DELETE'].includes(method) && headers['cache-control'] !== 'no-store') wrong(`a write has Cache-Control ${headers['cache-control']}`);
    const types = Object.keys(this.resolve(operation.responses[200])?.content ?? {});
    const named = (headers.vary ?? '').split(/\s*,\s*/).map(name => name.toLowerCase());
    if ((status === 200 || status === 304) && types.length > 1 && !operation.parameters.some(p => p.$ref?.endsWith('/AssetName')) && operation.operationId !== 'getJobResult' && !named.includes('accept')) wrong(`Vary is ${headers.vary}, where the answer depends on Accept`);
  }
  checkBody({ template, method, operation }, documented, response, request, answer, wrong) {
    const type = answer.headers['content-type'];
    if (!response.content) {
      if (answer.bytes.length) wrong('a body is not documented');
      if (type) wrong(`Content-Type is ${type} where there is no body`);
      return;
    }
    const media = (type ?? '').split(';')[0];
    if (!response.content[media]) wrong(`the media type ${type} is not documented`);
    if (request.method === 'HEAD') { if (answer.bytes.length) wrong('HEAD has a body'); return; }
    if (!/json$/.test(media) || media.endsWith('ndjson')) return;
    checkNumbers(answer.text, wrong);
    const base = documented.$ref ? documented.$ref.slice(1) : `/paths/${template.replace(/~/g, '~0').replace(/\//g, '~1')}/${method.toLowerCase()}/responses/${answer.status}`;
    const validate = this.validator(`${encodeURI(base)}/content/${encodeURIComponent(media.replace(/\//g, '~1'))}/schema`);
    if (!validate(answer.json)) wrong(`the body ${this.ajv.errorsText(validate.errors)}`);
  }
}

function checkEvery(answer, wrong) {
  const { headers } = answer;
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(headers['x-request-id'] ?? '')) wrong(`X-Request-Id is ${headers['x-request-id']}`);
  if (headers['x-content-type-options'] !== 'nosniff') wrong('X-Content-Type-Options is not nosniff');
  if (!headers['cache-control']) wrong('there is no Cache-Control');
  if (!headers.date) wrong('there is no Date');
  if (headers['server-timing'] && !/^\w+;dur=\d+(\.\d+)?(, \w+;dur=\d+(\.\d+)?)*$/.test(headers['server-timing'])) wrong(`Server-Timing is ${headers['server-timing']}`);
  const seen = answer.raw.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase());
  for (const name of seen) if (seen.indexOf(name) !== seen.lastIndexOf(name)) wrong(`the field ${name} comes twice`);
}

function checkAllow(operations, answer, wrong) {
  const due = new Set(operations.map(operation => operation.method));
  if (due.has('GET')) due.add('HEAD');
  due.add('OPTIONS');
  const allowed = (answer.headers.allow ?? '').split(/\s*,\s*/);
  if ([...due].sort().join() !== allowed.sort().join()) wrong(`Allow is ${answer.headers.allow}, documented are ${[...due].join(', ')}`);
}

// Each number in its shortest form that reads back as the same double, and no member named twice.
function checkNumbers(text, wrong) {
  const levels = [];
  for (let i = 0; i < text.length;) {
    const c = text[i], level = levels.at(-1);
    if (c === '"') {
      let end = i + 1;
      while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
      if (level?.names && level.key) {
        const name = text.slice(i, end + 1);
        if (level.names.has(name)) wrong(`the member ${name} comes twice`);
        level.names.add(name);
        level.key = false;
      }
      i = end + 1;
      continue;
    }
    if (c === '{') levels.push({ names: new Set(), key: true });
    else if (c === '[') levels.push({});
    else if (c === '}' || c === ']') levels.pop();
    else if (c === ',' && level?.names) level.key = true;
    else if (c === '-' || (c >= '0' && c <= '9')) {
      NUMBER.lastIndex = i;
      const found = NUMBER.exec(text)[0], value = Number(found);
      if (!Number.isFinite(value)) wrong(`the number ${found} is no double`);
      if (digits(found) !== digits(String(value))) wrong(`the number ${found} is not in its shortest form, ${value}`);
      i += found.length;
      continue;
    }
    i++;
  }
}
const digits = text => text.replace(/[eE].*/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
