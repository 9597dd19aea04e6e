import assert from 'node:assert/strict';
import { CsError, value, type Codec } from '@coterie/sdk';
import { Track } from '../dist/quorum-wire.js';
import * as lib from '../dist/votequorum-wire.js';
import { InfoFlag, VoteRequest } from '../dist/votequorum-wire.js';
import { Lab, LabNode } from './lab.js';
import { FakeStorage, type FakeClient } from './ports.js';

const on = value.u8(1);

function asker(lab: Lab, node: LabNode, client: FakeClient) {
  return <T>(id: number, codec: Codec<T>, value: T): number => {
    node.request('votequorum', client, id, codec, value);
    lab.settle();
    return client.answer().error;
  };
}

function flagsOf(node: LabNode): number {
  const client = node.connect('votequorum');
  node.request('votequorum', client, VoteRequest.info, lib.InfoOf, { nodeId: node.nodeId });
  return client.answer().view.getUint32(52, true);
}

describe('votequorum', () => {
  it('is quorate with a majority, on every member alike', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    assert.deepEqual(lab.quorate(), []);
    lab.form([1]);
    assert.deepEqual(lab.quorate(), []);
    lab.form([1, 2, 3]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
    lab.form([1, 2], [3]);
    assert.deepEqual(lab.quorate(), [1, 2]);
    assert.equal(lab.node(3).dump().reason, '1 of 3 votes, quorum is 2');
    lab.form([1, 2, 3]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
  });

  it('takes no part without the provider: every side is quorate', () => {
    const lab = new Lab({ votes: [1, 1, 1], provider: false });
    assert.equal(lab.node(1).votequorum.active, false);
    lab.form([1], [2, 3]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
    assert.deepEqual(lab.node(1).database.keys('runtime.votequorum.'), []);
    assert.equal(lab.delivered.length, 0);
  });

  it("shows its numbers under corosync's keys", () => {
    const lab = new Lab({ votes: [1, 1, 1, 1], settings: { auto_tie_breaker: on, wait_for_all: on } });
    const { database } = lab.node(2);
    const shown = () =>
      Object.fromEntries(
        database.keys('runtime.votequorum.').map((key) => [key.slice(19), database.get(key)?.value]),
      );
    const before = { this_node_id: 2, ev_barrier: 4, atb_type: 1, two_node: 0, wait_for_all_status: 1 };
    assert.deepEqual(shown(), before);
    lab.form([1, 2, 3, 4]);
    const after = { ...before, wait_for_all_status: 0, lowest_node_id: 1, highest_node_id: 4 };
    assert.deepEqual(shown(), after);
  });

  it('answers what corosync answers to administrators', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(1);
    const client = node.connect('votequorum');
    const ask = asker(lab, node, client);
    assert.equal(ask(VoteRequest.setExpected, lib.SetExpected, { votes: 0 }), CsError.INVALID_PARAM);
    assert.equal(ask(VoteRequest.setExpected, lib.SetExpected, { votes: 2 }), CsError.INVALID_PARAM);
    assert.equal(ask(VoteRequest.setExpected, lib.SetExpected, { votes: 0xffffffff }), CsError.INVALID_PARAM);
    assert.equal(ask(VoteRequest.setExpected, lib.SetExpected, { votes: 5 }), CsError.OK);
    assert.equal(lab.node(3).dump().quorum, 3);
    assert.equal(ask(VoteRequest.setVotes, lib.SetVotes, { votes: 1, nodeId: 9 }), CsError.NAME_NOT_FOUND);
    assert.equal(ask(VoteRequest.setVotes, lib.SetVotes, { votes: 0, nodeId: 2 }), CsError.INVALID_PARAM);
    assert.equal(ask(VoteRequest.info, lib.InfoOf, { nodeId: 9 }), CsError.NOT_EXIST);
    node.full = true;
    assert.equal(ask(VoteRequest.setExpected, lib.SetExpected, { votes: 4 }), CsError.NO_RESOURCES);
  });

  it('tells a tracker each change once, and refuses a second trackstart', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(1);
    const client = node.connect('votequorum');
    const ask = asker(lab, node, client);
    const track = { context: 7n, flags: Track.changesOnly };
    assert.equal(ask(VoteRequest.trackStop, lib.InfoOf, { nodeId: 0 }), CsError.NOT_EXIST);
    assert.equal(ask(VoteRequest.trackStart, lib.TrackStart, track), CsError.OK);
    assert.equal(ask(VoteRequest.trackStart, lib.TrackStart, track), CsError.EXIST);
    lab.form([1], [2, 3]);
    assert.deepEqual(
      client.take().map(({ id }) => id),
      [lib.VoteEvent.nodelist, lib.VoteEvent.quorum],
    );
    assert.equal(ask(VoteRequest.trackStop, lib.InfoOf, { nodeId: 0 }), CsError.OK);
    lab.form([1, 2, 3]);
    assert.deepEqual(client.take(), []);
  });

  it('keeps waiting messages in order until there is room', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    const ring = lab.install([1, 2, 3]);
    lab.node(1).full = true;
    assert.equal(lab.node(1).votequorum.sync.process(), 'again');
    assert.equal(lab.node(1).votequorum.sync.process(), 'again');
    lab.node(1).full = false;
    lab.complete(ring);
    const words = lab.delivered.filter(({ from }) => from === 1).map(({ body }) => body.getUint32(0, true));
    assert.deepEqual(words, [1, 1, 0]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
  });

  it('lowers what is expected when the window of last_man_standing has passed', () => {
    const lab = new Lab({ votes: [1, 1, 1, 1], settings: { last_man_standing: on } });
    lab.form([1, 2, 3, 4]);
    lab.form([1, 2, 3], [4]);
    lab.advance(9_999);
    assert.equal(lab.node(1).dump().highestExpected, 4);
    lab.advance(1);
    assert.equal(lab.node(1).dump().highestExpected, 3);
    lab.form([1, 2], [3]);
    lab.advance(10_000);
    assert.deepEqual(lab.quorate(), [1, 2]);
    assert.equal(lab.node(2).dump().highestExpected, 2);
  });

  it('keeps the highest expected votes on disk', () => {
    const settings = { expected_votes_tracking: on };
    const lab = new Lab({ votes: [1, 1, 1, 1, 1], settings });
    lab.form([1, 2, 3, 4, 5]);
    const storage = lab.node(1).storage;
    assert.deepEqual([...(storage.files.get('ev_tracking') ?? [])], [5, 0, 0, 0]);
    const smaller = new LabNode(1, { votes: [1, 1, 1], settings, storage });
    smaller.start();
    assert.equal(smaller.dump().quorum, 3);

    const broken = new FakeStorage();
    broken.failing = true;
    const node = new LabNode(1, { votes: [1, 1, 1], settings, storage: broken });
    node.start();
    assert.match(node.logger.lines.join('\n'), /error The highest expected votes/);
  });

  it('says that it leaves, with allow_downscale', () => {
    const lab = new Lab({ votes: [1, 1, 1, 1, 1], settings: { allow_downscale: on } });
    lab.form([1, 2, 3, 4, 5]);
    lab.node(5).votequorum.leaving();
    lab.settle();
    assert.equal(lab.node(1).dump().nodes[4]?.state, 3);
  });

  it('implies wait_for_all when a reload leaves two nodes (G3)', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    lab.form([1], [2, 3]);
    assert.deepEqual(lab.quorate(), [2, 3]);
    for (const id of [1, 2]) {
      const node = lab.node(id);
      node.nodelist.configure([1, 1]);
      node.database.set('quorum.two_node', on);
      lab.settle();
    }
    assert.equal(flagsOf(lab.node(2)) & InfoFlag.waitForAll, InfoFlag.waitForAll);
    assert.deepEqual(lab.quorate(), [2, 3], 'node 1 must not become quorate alone');
    assert.equal(lab.node(1).dump().waitingForAll, true);
    lab.node(2).database.set('quorum.two_node', value.u8(0));
    lab.settle();
    assert.equal(flagsOf(lab.node(2)) & InfoFlag.waitForAll, 0);
  });

  it('says the same as the quorum service after a reload from one node to three (G4)', () => {
    const lab = new Lab({ votes: [1], settings: { wait_for_all: on } });
    const node = lab.node(1);
    lab.form([1]);
    assert.deepEqual([node.quorate, flagsOf(node) & InfoFlag.quorate], [true, InfoFlag.quorate]);
    node.nodelist.reload([1, 1, 1]);
    lab.settle();
    assert.deepEqual([node.quorate, flagsOf(node) & InfoFlag.quorate], [false, 0]);
    assert.equal(node.dump().waitingForAll, true);
  });

  it('waits for the end of a reload, and ignores one that failed', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const { database } = lab.node(1);
    const reloading = 'config.totemconfig_reload_in_progress';
    database.set(reloading, on);
    database.set('quorum.expected_votes', value.u32(7));
    lab.settle();
    assert.equal(lab.node(2).dump().highestExpected, 3);
    database.set('config.reload_status', value.i32(CsError.INVALID_PARAM));
    database.set(reloading, value.u8(0));
    lab.settle();
    assert.equal(lab.node(2).dump().highestExpected, 3);
    database.set(reloading, on);
    database.set('config.reload_status', value.i32(CsError.OK));
    database.set(reloading, value.u8(0));
    lab.settle();
    assert.equal(lab.node(2).dump().highestExpected, 7);
  });

  it('stops waiting for all on every member when one key is set', () => {
    const lab = new Lab({ votes: [1, 1, 1], settings: { wait_for_all: on } });
    lab.form([1, 2]);
    assert.deepEqual(lab.quorate(), []);
    lab.node(1).database.set('quorum.cancel_wait_for_all', on);
    lab.settle();
    assert.deepEqual(lab.quorate(), [1, 2]);
    assert.equal(lab.node(1).database.get('quorum.cancel_wait_for_all')?.value, 0);
  });
});
