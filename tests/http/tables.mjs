// The tables against each other: routes, description, problems and faults say the same, and every entry was seen.
import { contract, is, names, ok, read, test } from './harness.mjs';

// Not provoked by a suite of this folder, and why.
const PROBLEMS_ELSEWHERE = {
  'bad-framing': 'needs raw sockets: tests/http-probe',
  internal: 'has no known cause; whatever makes one is a bug',
  'storage-unavailable': 'needs storage that fails: tests/fault',
  'storage-full': 'needs storage that is full: tests/fault',
};

export default async function tables({ server, whole }) {
  const routes = [...read('server/http/routes.c').matchAll(/^\s*\{"([A-Z]+)", "([^"]+)", (\w+), (\w+), ([^,]+), \{([^}]*)\}, (\w+)\},/gm)]
    .map(([, method, pattern, useCase, run, accepts, offers]) => ({ method, pattern, useCase, run, accepts, offers }));
  const documented = contract.operations.map(({ method, template }) => `${method} ${template}`);
  const routed = routes.map(({ method, pattern }) => `${method} ${pattern}`);
  const TYPES = { JSON: 'application/json', CSV: 'text/csv', HTML: 'text/html', NDJSON: 'application/x-ndjson', SCHEMA: 'application/schema+json', METRICS: 'text/plain', EVENTS: 'text/event-stream', JSON_PATCH: 'application/json-patch+json', MERGE_PATCH: 'application/merge-patch+json' };
  const short = new Map([...read('server/http/routes.c').matchAll(/^#define (\w+) \(?(SC_MEDIA_[^)\n]*)\)?$/gm)].map(([, word, media]) => [word, media.split(/\s*\|\s*/)]));
  const types = word => (short.get(word) ?? [word]).map(name => TYPES[name.replace('SC_MEDIA_', '')]).filter(Boolean);

  await test('every route of routes.c is described in openapi.json', () => {
    ok(routes.length > 25, `only ${routes.length} routes were read`);
    is(routed.filter(route => !documented.includes(route)), [], 'routes that are not described');
  });
  await test('every operation of openapi.json has a route', () => is(documented.filter(operation => !routed.includes(operation)), [], 'operations without a route'));
  await test('each route offers and takes the media types that are described', () => {
    for (const { method, pattern, accepts, offers } of routes) {
      const { operation } = contract.operations.find(one => one.method === method && one.template === pattern);
      const success = contract.resolve(operation.responses[200] ?? operation.responses[201]);
      const offered = offers.split(/,\s*/).flatMap(types), content = Object.keys(success?.content ?? {});
      if (offered.length && content.length) is([...offered].sort(), [...content].sort(), `the types of ${method} ${pattern}`);
      const taken = types(accepts.trim());
      const wanted = Object.keys(operation.requestBody?.content ?? {});
      if (wanted.length) is([...taken].sort(), [...wanted].sort(), `the bodies of ${method} ${pattern}`);
    }
  });
  await test('OPTIONS of every described address names the described methods', async () => {
    for (const template of Object.keys(contract.api.paths)) {
      const { headers } = await server.expect(204, 'OPTIONS', template.replace(/\{\w+\}/g, 'x'));
      const methods = routes.filter(route => route.pattern === template).map(route => route.method);
      for (const method of methods) ok(headers.allow.split(', ').includes(method), `${method} ${template}`);
    }
  });
  await test('the problems of problems.def are those of openapi.json', () => {
    const addresses = names('include/secondchair/problems.def', 'SC_PROBLEM').map(name => `/problems/${name.replace(/_/g, '-')}`);
    is(contract.api.components.schemas.Problem.properties.type.enum, addresses, 'the types');
    is(contract.api.components.parameters.ProblemName.schema.enum, addresses.map(type => type.slice('/problems/'.length)), 'the names');
  });
  await test('the codes of faults.def are those of openapi.json', () => is(contract.api.components.schemas.Fault.properties.code.enum, names('include/secondchair/faults.def', 'SC_FAULT'), 'the codes'));
  await test('the description is a document of OpenAPI whose references all resolve, each operation named once', () => {
    ok(/^3\.1\./.test(contract.api.openapi), contract.api.openapi);
    const walk = node => {
      if (!node || typeof node !== 'object') return;
      if (typeof node.$ref === 'string') ok(contract.resolve(node) !== undefined, `${node.$ref} leads nowhere`);
      Object.values(node).forEach(walk);
    };
    walk(contract.api);
    const ids = contract.operations.map(operation => operation.id);
    is(new Set(ids).size, ids.length, 'operation ids');
  });
  await test('each example of the description has the shape that it is an example of', async () => {
    for (const { operation, id } of contract.operations)
      for (const [status, reference] of Object.entries(operation.responses)) {
        const media = contract.resolve(reference).content?.['application/json'];
        for (const example of Object.values(media?.examples ?? {})) {
          const { value } = contract.resolve(example);
          const validate = contract.ajv.compile({ ...media.schema, $ref: media.schema.$ref && `api${media.schema.$ref}` });
          ok(validate(value), () => `${id} ${status}: ${contract.ajv.errorsText(validate.errors)}`);
        }
      }
  });
  await test('the examples of requests are taken as they stand', async () => {
    for (const { operation, method, template } of contract.operations) {
      if (method !== 'POST' || template.includes('import')) continue;
      for (const [type, media] of Object.entries(operation.requestBody?.content ?? {}))
        for (const example of Object.values(media.examples ?? {})) {
          const answer = await server.ask(method, template.replace('{id}', template.startsWith('/v1/sets') ? 'amd-view' : 'amd-base'), { body: JSON.stringify(contract.resolve(example).value), headers: { 'Content-Type': type } });
          ok(answer.status < 300, `${method} ${template}: ${answer.status} ${answer.text.slice(0, 300)}`);
        }
    }
  });
  if (!whole) return;
  await test('every problem of problems.def was provoked, or is provoked elsewhere', () => {
    const missing = names('include/secondchair/problems.def', 'SC_PROBLEM').map(name => name.replace(/_/g, '-')).filter(name => !contract.seen.problems.has(`/problems/${name}`));
    is(missing.sort(), Object.keys(PROBLEMS_ELSEWHERE).sort(), 'problems that no test provoked');
  });
  await test('every fault of faults.def was provoked', () => {
    const missing = names('include/secondchair/faults.def', 'SC_FAULT').filter(name => !contract.seen.faults.has(name));
    is(missing, [], 'faults that no test provoked');
  });
  await test('every operation of openapi.json succeeded at least once, and was refused where it can be', () => {
    for (const { id, operation } of contract.operations) {
      const statuses = [...contract.seen.operations].filter(entry => entry.startsWith(`${id} `)).map(entry => Number(entry.split(' ')[1]));
      ok(statuses.some(status => status < 300), `${id} never succeeded`);
      for (const status of [304, 404, 412, 428]) if (operation.responses[status] && id !== 'getMetrics') ok(statuses.includes(status), `${id} never answered ${status}`);
    }
  });
}
