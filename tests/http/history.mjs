// History: every revision stays as it was; what lies between two is a JSON Patch.
import { digest, is, ok, patch, scenario, test } from './harness.mjs';

export default async function history({ server }) {
  const base = scenario('amd-base');
  const versions = [base];
  let id;
  await test('a scenario is revised twelve times, in every way', async () => {
    const stored = await server.store(base);
    let { etag } = stored;
    ({ id } = stored);
    const edits = [d => { d.price = 280; }, d => { delete d.chair; }, d => { d.segments.push({ id: 'new', base: 5, growth: 0, margin: 0.1 }); }, d => { d.segments.splice(1, 1); }, d => { d.market.growth = 0.2; },
      d => { d.market.growth = { start: 0.5, end: 0.1 }; }, d => { d.tags = []; }, d => { d.name = 'Renamed / with ~ signs'; d.description = ''; }, d => { d.segments.reverse(); }, d => { d.seats[0].training = Array.from({ length: 11 }, (_, i) => 0.8 - i / 50); },
      d => { d.sources = []; d.chair = base.chair; }, d => { Object.assign(d, structuredClone(base)); }];
    for (const edit of edits) {
      const next = structuredClone(versions.at(-1));
      edit(next);
      ({ headers: { etag } } = await server.expect(200, 'PUT', `/v1/scenarios/${id}`, { json: next, headers: { 'If-Match': etag } }));
      versions.push(next);
    }
  });
  await test('each revision is there as it was stored, and may be kept for ever', async () => {
    for (const [i, version] of versions.entries()) {
      const { json, headers } = await server.expect(200, 'GET', `/v1/scenarios/${id}/revisions/${i + 1}`);
      is([json.revision, json.document, json.sha256], [i + 1, version, digest(version)], `revision ${i + 1}`);
      is(headers['cache-control'], 'public, max-age=31536000, immutable', 'Cache-Control');
      await server.expect(304, 'GET', `/v1/scenarios/${id}/revisions/${i + 1}`, { headers: { 'If-None-Match': headers.etag } });
    }
    for (const n of ['0', '14', '-1', '1.0', 'x', '01x', '99999999999999999999', '']) {
      const answer = await server.get(`/v1/scenarios/${id}/revisions/${n}`);
      is(answer.status, 404, `revision ${n}`);
    }
  });
  await test('the revisions are listed newest first, in pages', async () => {
    const seen = [];
    for (let target = `/v1/scenarios/${id}/revisions?limit=5`; target;) {
      const { json, headers } = await server.expect(200, 'GET', target);
      seen.push(...json.items);
      target = headers.link && /<([^>]+)>/.exec(headers.link)[1];
      is(target === undefined, json.next === null, 'the end');
    }
    is(seen.map(item => [item.revision, item.sha256, item.name]), versions.map((version, i) => [i + 1, digest(version), version.name]).reverse(), 'the list');
    is((await server.get(`/v1/scenarios/${id}/revisions`)).json.items.length, versions.length, 'on one page');
    await server.refuse('not-found', 'GET', '/v1/scenarios/nobody/revisions');
  });
  await test('the difference of any two revisions is a JSON Patch that makes the one into the other', async () => {
    for (let from = 1; from <= versions.length; from++)
      for (let to = 1; to <= versions.length; to += (from === 1 || to === 1) ? 1 : 3) {
        const { json } = await server.expect(200, 'GET', `/v1/scenarios/${id}/diff?from=${from}&to=${to}`);
        is(patch(versions[from - 1], json), versions[to - 1], `revision ${from} patched to ${to}`);
        if (from === to) is(json, [], 'no difference');
      }
  });
  await test('the service itself takes its own difference as a patch', async () => {
    const { json: copy } = await server.expect(201, 'POST', '/v1/scenarios', { json: versions[1] });
    const { text } = await server.get(`/v1/scenarios/${id}/diff?from=2&to=9`, { headers: { Accept: 'application/json-patch+json' } });
    const { json } = await server.expect(200, 'PATCH', `/v1/scenarios/${copy.id}`, { patch: text, headers: { 'If-Match': '*' } });
    is(json.sha256, digest(versions[8]), 'the digest');
  });
  await test('without from and to it is the newest change; each type that is offered can be had', async () => {
    const plain = await server.expect(200, 'GET', `/v1/scenarios/${id}/diff`);
    is(patch(versions.at(-2), plain.json), versions.at(-1), 'the newest change');
    for (const type of ['application/json', 'application/json-patch+json']) {
      const { headers, json } = await server.expect(200, 'GET', `/v1/scenarios/${id}/diff`, { headers: { Accept: type } });
      is([headers['content-type'], json], [type, plain.json], type);
    }
    await server.expect(304, 'GET', `/v1/scenarios/${id}/diff`, { headers: { 'If-None-Match': plain.headers.etag } });
    is((await server.get(`/v1/scenarios/${id}/diff?to=1`)).json, [], 'to the first');
    for (const query of ['from=14', 'to=99', 'from=1&to=14']) await server.refuse('not-found', 'GET', `/v1/scenarios/${id}/diff?${query}`);
    ok((await server.get('/v1/scenarios/amd-base/diff')).json.length === 0, 'a scenario of one revision');
  });
  await test('a question can be asked of any revision', async () => {
    for (const revision of [1, 2, 6, 13]) {
      const { json, headers } = await server.expect(200, 'GET', `/v1/scenarios/${id}/valuation?revision=${revision}`);
      is([json.scenario, json.price], [{ id, revision, sha256: digest(versions[revision - 1]) }, versions[revision - 1].price], `revision ${revision}`);
      is(headers['cache-control'], 'no-cache', 'Cache-Control: another version of the model may answer otherwise');
      is((await server.post('/v1/valuation', { scenario: versions[revision - 1] })).json.value_per_share, json.value_per_share, 'as a document sent along');
      is((await server.post(`/v1/valuation?revision=${revision}`, { scenario: id })).json.scenario.revision, revision, 'by id');
    }
    await server.refuse('not-found', 'GET', `/v1/scenarios/${id}/valuation?revision=99`);
    await server.refuse('bad-request', 'POST', '/v1/valuation?revision=1', { json: { scenario: base } });
  });
}
