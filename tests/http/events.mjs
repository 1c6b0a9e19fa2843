// Answers as streams of events: what a long question tells while it is computed, and its answer as the last event.
import { events, eventually, is, ok, scenario, small, test } from './harness.mjs';

const EVENTS = { Accept: 'text/event-stream' };
export const FRONTIER = { frontier: { x: { pointer: '/terminal/growth', low: 0, high: 0.05, steps: 201 }, y: { pointer: '/chair/hazard', low: 0, high: 0.5 } } };

export default async function suite({ server }) {
  const base = scenario('amd-base');

  await test('a question answers with its progress and then with the very answer that it gives otherwise', async () => {
    for (const [target, question] of [['/v1/implied', { scenario: 'amd-base', ...FRONTIER }], ['/v1/comparison', { scenario: 'amd-base', with: 'amd-bear' }], ['/v1/scenarios/amd-base/comparison', { with: 'amd-bull' }], ['/v1/sensitivity', { scenario: 'amd-base', method: 'tornado' }], ['/v1/curves/fit', { set: 'gartner' }]]) {
      const plain = await server.post(target, question), { status, headers, text } = await server.post(target, question, { headers: EVENTS });
      is([status, headers['content-type'], headers['x-accel-buffering'], headers.vary], [200, 'text/event-stream', 'no', 'Accept'], `${target}: the head`);
      ok(text.startsWith('retry: '), `it begins with ${text.slice(0, 50)}`);
      const list = events(text), last = list.pop();
      is([last.event, last.data], ['done', plain.text], 'the last event');
      ok(list.every(one => one.event === 'progress'), () => `the events are ${list.map(one => one.event)}`);
      const parts = list.map(one => one.json.progress);
      ok(parts.every((part, i) => part >= 0 && part <= 1 && (i === 0 || part > parts[i - 1])), () => `progress is ${parts}`);
    }
  });
  await test('by GET too, so that a link can be followed by a browser', async () => {
    const target = '/v1/scenarios/amd-base/comparison?with=amd-bull', { text } = await server.get(target, { headers: EVENTS });
    is(events(text).pop().data, (await server.get(target)).text, 'the answer');
    const head = await server.ask('HEAD', target, { headers: EVENTS });
    is([head.status, head.headers['content-type'], head.bytes.length], [200, 'text/event-stream', 0], 'HEAD');
  });
  await test('what is refused before the work begins is a problem as always', async () => {
    await server.refuse('invalid-question', 'POST', '/v1/implied', { json: { scenario: 'amd-base' }, headers: EVENTS });
    await server.refuse('not-found', 'POST', '/v1/scenarios/absent/implied', { json: FRONTIER, headers: EVENTS });
    await server.refuse('not-json', 'POST', '/v1/implied', { body: '{', headers: { ...EVENTS, 'Content-Type': 'application/json' } });
  });
  await test('what fails amid the work is the last event, with the problem that it is otherwise', async () => {
    const question = { scenario: small({ horizon: 10 }), with: base };
    const { json } = await server.refuse('not-computable', 'POST', '/v1/comparison', { json: question });
    const { status, headers, text } = await server.post('/v1/comparison', question, { headers: EVENTS });
    const last = events(text).pop();
    is([status, last.event], [200, 'failed'], 'the last event');
    is({ ...last.json, instance: '' }, { ...json, instance: '' }, 'the problem');
    is(last.json.instance, headers['x-request-id'], 'its instance');
  });
  await test('q-values choose between the answer and the stream of it', async () => {
    const question = { scenario: 'amd-base', with: 'amd-bull' };
    for (const [accept, type] of [['*/*', 'application/json'], ['text/*', 'text/csv; charset=utf-8; header=present'], ['text/event-stream;q=0.9, application/json;q=0.8', 'text/event-stream'], ['application/json, text/event-stream', 'application/json']])
      is((await server.post('/v1/comparison', question, { headers: { Accept: accept } })).headers['content-type'], type, accept);
    await server.refuse('not-acceptable', 'GET', '/v1/scenarios/amd-base/valuation', { headers: EVENTS });
  });
  await test('streams that have ended are not open', async () => {
    const figure = async name => Number(new RegExp(`^secondchair_${name} (\\d+)$`, 'm').exec((await server.get('/metrics')).text)[1]);
    const opened = await figure('streams_opened_total');
    ok(opened >= 5, () => `${opened} were opened`);
    await eventually('no stream is open', async () => await figure('streams_open') === 0);
  });
}
