// Probes of answers that are streams of server-sent events: what a computation tells while it goes on, readers that
// go, stand still or only listen, and drains.
import { answers, closing, connect, eventually, figured, gate, is, JSON_TYPE, ok, problem, raw, request, start, stop, until } from './harness.mjs';

const EVENTS = 'Accept: text/event-stream\r\n';
const ask = query => request('POST', `/v1/implied?${query}`, JSON_TYPE + EVENTS, '{}');
// The events of a text (HTML 9.2); a comment is {comment: true}.
const events = text => text.split('\n\n').slice(0, -1).map(block => Object.fromEntries(block.split('\n').map(line => {
  const [, name, value] = /^(\w*):? ?(.*)$/.exec(line);
  return name ? [name, value] : ['comment', true];
})));
const of = client => events(answers(client.text)[0]?.body ?? '');
const telling = client => eventually('it tells', () => client.text.includes('event: progress'));
const reader = (port, query) => { const client = connect(port); client.send(ask(query)); return client; };

export default function probe(meanwhile) {
  meanwhile('events: what a computation tells arrives while it goes on, and its answer at last', async () => {
    const s = await start('--compute-threads', '1'), held = gate(), client = reader(s.port, `telling=${held.file}`);
    await eventually('three events', () => of(client).filter(event => event.event === 'progress').length >= 3);
    await figured(s.port, { pool_running: 1, streams_open: 1 });
    held.open();
    const [answer] = await until(client, 1);
    is([answer.status, answer.headers['content-type'], answer.headers['cache-control'], answer.headers['x-accel-buffering'], answer.headers.etag], [200, 'text/event-stream', 'no-store', 'no', undefined], 'the head');
    const list = events(answer.body).filter(event => !event.comment), first = list.shift(), done = list.pop();
    is(first, { retry: '2000' }, 'the first');
    is([done.event, JSON.parse(done.data).length], ['done', 2], 'the last event');
    let before = -1;
    for (const { event, data } of list) {
      const { progress, partial: { step } } = JSON.parse(data);
      is([event, progress], ['progress', 1 - 1 / (1 + step)], 'the event');
      ok(step > before, `step ${step} after ${before}`);
      before = step;
    }
    client.send(request('GET', '/health/live'));
    is((await until(client, 2)).at(-1).status, 200, 'the next request of the connection');
    client.socket.destroy();
    await stop(s);
  });
  meanwhile('events: an answer without progress is one event; a problem before any is a problem, one later the last event', async () => {
    const s = await start(), one = await raw(s.port, ask('q=1'));
    is(events(one.first.body).map(event => event.event), [undefined, 'done'], 'the events');
    problem((await raw(s.port, ask('problem=1'))).first, 422, 'not-computable');
    const { first } = await raw(s.port, ask('problem=1&tell=2')), failed = events(first.body).pop();
    is([failed.event, JSON.parse(failed.data).type, JSON.parse(failed.data).instance], ['failed', '/problems/not-computable', first.headers['x-request-id']], 'the last event');
    const head = await raw(s.port, request('HEAD', '/v1/scenarios/x/implied?tell=2', EVENTS), { heads: [0], closes: true });
    is([head.first.status, head.first.headers['content-type'], head.first.body], [200, 'text/event-stream', ''], 'HEAD');
    await stop(s);
  });
  meanwhile('events: a client that goes away ends its computation, and is missed though there is nothing to tell it', async () => {
    const s = await start('--compute-threads', '2', '--heartbeat-ms', '600000', '--drain-timeout-ms', '20000'), held = gate();
    const talker = reader(s.port, `telling=${held.file}`), silent = reader(s.port, `silent=${held.file}`);
    await telling(talker);
    await telling(silent);
    talker.socket.destroy();
    await figured(s.port, { streams_open: 1, pool_running: 1 });
    silent.socket.destroy();
    await figured(s.port, { streams_open: 0 });
    held.open();
    await figured(s.port, { pool_running: 0 });
    await stop(s);
  });
  meanwhile('events: a heartbeat comes while there is nothing to say; who closed only his sending side reads on', async () => {
    const s = await start('--heartbeat-ms', '100'), held = gate(), client = reader(s.port, `silent=${held.file}`);
    await eventually('heartbeats', () => of(client).filter(event => event.comment).length >= 3);
    client.socket.end();
    const seen = of(client).length;
    await eventually('more of them', () => of(client).length > seen + 20);
    held.open();
    await eventually('the answer', () => client.text.includes('event: done'));
    await stop(s);
  });
  meanwhile('events: no more streams than set; beyond them 503', async () => {
    const s = await start('--streams', '2', '--compute-threads', '4'), held = gate();
    const clients = [0, 1].map(() => reader(s.port, `telling=${held.file}`));
    await figured(s.port, { streams_open: 2 });
    for (const query of ['tell=2', 'q=1']) problem((await raw(s.port, ask(query))).first, 503, 'overloaded');
    clients[0].socket.destroy();
    await figured(s.port, { streams_open: 1 });
    is((await raw(s.port, ask('q=1'))).first.status, 200, 'the next');
    held.open();
    await until(clients[1], 1);
    clients[1].socket.destroy();
    await stop(s);
  });
  meanwhile('events: a reader who stands still is cut', async () => {
    const s = await start('--body-timeout-ms', '400'), client = connect(s.port);
    client.socket.pause();
    client.send(ask('tell=2&fill=15000000'));
    await figured(s.port, { connections_reaped_total: 1, streams_open: 0 });
    client.socket.resume();
    await closing(client);
    ok(client.text.length < 15e6, 'all of it arrived');
    await stop(s);
  });
  meanwhile('events: a drain ends the streams: those that end in time with their answers, others with a problem', async () => {
    const s = await start('--drain-timeout-ms', '20000', '--compute-threads', '4'), short = gate(), long = gate();
    const clients = Array.from({ length: 4 }, (_, i) => reader(s.port, `telling=${(i < 2 ? short : long).file}`));
    await Promise.all(clients.map(telling));
    const stopped = stop(s);
    short.open();
    await stopped;
    await Promise.all(clients.map(closing));
    clients.forEach((client, i) => {
      const last = of(client).pop();
      is([last.event, JSON.parse(last.data).status], i < 2 ? ['done', undefined] : ['failed', 503], `the end of ${i}`);
    });
  });
  meanwhile('events: a drain does not wait for a computation that tells nothing more', async () => {
    const s = await start('--drain-timeout-ms', '20000'), client = reader(s.port, `silent=${gate().file}`);
    await telling(client);
    await stop(s);
    ok(s.err.includes('computations running'), s.err);
    await closing(client);
    ok(client.closed && !client.text.includes('event: done'), 'the connection stayed');
  });
}
