import assert from 'node:assert/strict';
import { CsError, empty } from '@coterie/sdk';
import { Model, QuorumRequest, Track, TrackFlags } from '../dist/quorum-wire.js';
import { Lab, type LabNode } from './lab.js';
import type { FakeClient } from './ports.js';

function words(view: DataView, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => view.getUint32(at + 4 * index, true));
}

function track(node: LabNode, client: FakeClient, flags: number): void {
  node.request('quorum', client, QuorumRequest.trackStart, TrackFlags, { flags });
}

describe('quorum service', () => {
  it('sends clients of model 0 one notification, fields where C programs read them', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 3]);
    const node = lab.node(1);
    const client = node.connect('quorum');
    track(node, client, Track.changes | Track.current);
    const [event, reply] = client.take();
    assert.ok(event && reply);
    assert.deepEqual([event.kind, event.id, event.size], ['event', 3, 48 + 8]);
    assert.deepEqual(words(event.view, 24, 8), [1, 0, 5, 0, 2, 1, 3, 0]);
    assert.deepEqual([reply.kind, reply.id, reply.error], ['response', 1, CsError.OK]);
    lab.form([1, 2, 3]);
    assert.deepEqual(
      client.take().map(({ id }) => id),
      [3],
    );
  });

  it('sends clients of model 1 the node list, then the verdict about it', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(1);
    const client = node.connect('quorum');
    node.request('quorum', client, QuorumRequest.modelType, Model, { model: 1 });
    assert.deepEqual(words(client.answer().view, 24, 1), [1]);
    track(node, client, Track.changes);
    const [nodelist, verdict] = client.take();
    assert.ok(nodelist && verdict);
    assert.deepEqual([nodelist.id, nodelist.size], [7, 64 + 12]);
    assert.deepEqual(words(nodelist.view, 24, 13), [1, 0, 5, 0, 3, 0, 0, 0, 0, 1, 2, 3, 0]);
    assert.deepEqual([verdict.id, verdict.size], [6, 56 + 12]);
    assert.deepEqual(words(verdict.view, 24, 11), [1, 0, 1, 0, 5, 0, 3, 1, 2, 3, 0]);

    lab.form([1], [2, 3]);
    const [shrunk, lost, ...more] = client.take();
    assert.ok(shrunk && lost);
    assert.equal(more.length, 0);
    assert.deepEqual(words(shrunk.view, 40, 8), [1, 0, 0, 0, 2, 1, 2, 3]);
    assert.deepEqual(words(lost.view, 24, 1), [0]);
    lab.form([1, 2, 3]);
    const [grown] = client.take();
    assert.ok(grown);
    assert.deepEqual(words(grown.view, 40, 10), [3, 0, 2, 0, 0, 1, 2, 3, 2, 3]);
  });

  it('names a node that went and came back between two rings as left and joined', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(1);
    const client = node.connect('quorum');
    node.request('quorum', client, QuorumRequest.modelType, Model, { model: 1 });
    track(node, client, Track.changesOnly);
    client.take();
    lab.boot(3);
    lab.form([1, 2, 3]);
    const [nodelist] = client.take();
    assert.ok(nodelist);
    assert.deepEqual(words(nodelist.view, 40, 10), [3, 0, 1, 0, 1, 1, 2, 3, 3, 3]);
  });

  it('refuses a second trackstart and still tells each change once (G5)', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(1);
    const client = node.connect('quorum');
    track(node, client, Track.changesOnly);
    assert.equal(client.answer().error, CsError.OK);
    track(node, client, Track.changesOnly);
    assert.equal(client.answer().error, CsError.EXIST);
    lab.form([1, 2], [3]);
    assert.equal(client.take().length, 1);
    node.request('quorum', client, QuorumRequest.trackStop, empty, undefined);
    node.request('quorum', client, QuorumRequest.trackStop, empty, undefined);
    assert.deepEqual(
      client.take().map(({ error }) => error),
      [CsError.OK, CsError.OK],
    );
    lab.form([1, 2, 3]);
    assert.deepEqual(client.take(), []);
  });

  it('knows models 0 and 1 only', () => {
    const lab = new Lab({ votes: [1] });
    const node = lab.node(1);
    const client = node.connect('quorum');
    node.request('quorum', client, QuorumRequest.modelType, Model, { model: 2 });
    assert.equal(client.answer().error, CsError.INVALID_PARAM);
  });

  it('says without a provider that it has none and is quorate', () => {
    const lab = new Lab({ votes: [1, 1], provider: false });
    const node = lab.node(1);
    const client = node.connect('quorum');
    const ask = (id: number) => {
      node.request('quorum', client, id, empty, undefined);
      return client.answer().view.getUint32(24, true);
    };
    assert.deepEqual([ask(QuorumRequest.type), ask(QuorumRequest.quorate)], [0, 1]);
    track(node, client, Track.changesOnly);
    client.take();
    lab.form([1]);
    assert.deepEqual(
      client.take().map(({ id }) => id),
      [3],
    );
  });
});
