import assert from 'node:assert/strict';
import type { NodeId } from '@coterie/sdk';
import {
  commitTokenSize,
  decodeJoin,
  encodeCommitToken,
  encodeJoin,
  joinSize,
  PacketType,
  type Join,
} from '@coterie/totem/internal';
import { type SimulatedNode, World } from './simulation.js';

/** Node 3 has left its ring for one with node 1; nodes 1 and 2 are only what is sent in their names. */
function gathering(): {
  world: World;
  node: SimulatedNode;
  sequence: number;
  /** What node 3 has said last. */
  said: () => Pick<Join, 'proc' | 'failed'>;
} {
  const world = new World(1, [1, 2, 3], { token: 1000, consensus: 1200 });
  let last: Pick<Join, 'proc' | 'failed'> = { proc: [], failed: [] };
  world.filter = (_from, _to, bytes) => {
    if (bytes[3] === PacketType.join) {
      const { proc, failed } = decodeJoin(
        new DataView(bytes.buffer, bytes.byteOffset),
        0,
        bytes.length,
      ).join!;
      last = { proc, failed };
    }
    return false;
  };
  world.disks.set(3, 100);
  const node = world.start(3);
  assert.ok(world.schedule.runUntil(() => world.stable(), 5000));
  for (let i = 0; i < 2; i++) node.receive(join(1, 3));
  assert.equal(node.totem.state, 'gather');
  return { world, node, sequence: node.ring!.sequence, said: () => last };
}

/** Node 1 says that it sees these nodes. */
function join(...proc: NodeId[]): Uint8Array {
  return joinOf1({ proc, failed: [], ringSequence: 8 });
}

function joinOf1(said: Pick<Join, 'proc' | 'failed' | 'ringSequence'>): Uint8Array {
  const bytes = new Uint8Array(joinSize(said.proc.length, said.failed.length));
  encodeJoin({ nodeId: 1, systemFrom: 1, ...said }, new DataView(bytes.buffer), 0);
  return bytes;
}

/** A commit token of node 1 for a ring of these members, the first `filled` of whom have had it. */
function commitToken(ringSequence: number, filled: number, ...members: NodeId[]): Uint8Array {
  const bytes = new Uint8Array(commitTokenSize(members.length));
  const entry = { representative: 1, ringSequence: 8, aru: 0, highDelivered: 0, receivedFlag: 1 };
  const entries = members.map(() => entry);
  const token = { nodeId: 1, tokenSeq: 1, representative: 1, ringSequence, retransFlag: 0 };
  encodeCommitToken({ ...token, membIndex: filled, members, entries }, new DataView(bytes.buffer), 0);
  return bytes;
}

describe('a node that looks for a ring', () => {
  const tokens: [string, number, number, NodeId[], string][] = [
    ['takes the commit token of a ring of all that it sees', 4, 1, [1, 3], 'commit'],
    ['takes none of a ring with others', 4, 2, [1, 2, 3], 'gather'],
    ['takes none of a ring that is not newer than its own', 0, 1, [1, 3], 'gather'],
    ['takes none before it is its turn', 4, 0, [1, 3], 'gather'],
    ['takes none that it has had', 4, 2, [1, 3], 'gather'],
  ];
  for (const [what, later, filled, members, state] of tokens) {
    it(what, () => {
      const { node, sequence } = gathering();
      node.receive(commitToken(sequence + later, filled, ...members));
      assert.equal(node.totem.state, state);
    });
  }

  it('does not wait for good for the commit token of a representative that has agreed and is gone', () => {
    const { world, node } = gathering();
    assert.ok(
      world.schedule.runUntil(() => world.stable(), 10_000),
      world.lines.join('\n'),
    );
    assert.deepEqual(node.members, [3]);
  });

  /** Nodes 1 and 3 have agreed on a ring without node 2, which has not answered, and node 3 is in its recovery. */
  function recovering() {
    const { world, node, sequence, said } = gathering();
    const accusing = { proc: [1, 2, 3], failed: [2], ringSequence: 8 };
    const agreed = world.schedule.runUntil(() => {
      node.receive(join(1, 2, 3));
      return said().failed.length > 0;
    }, 3000);
    assert.ok(agreed);
    node.receive(joinOf1(accusing));
    const ring = sequence + 4;
    node.receive(commitToken(ring, 1, 1, 3));
    node.receive(commitToken(ring, 2, 1, 3));
    assert.equal(node.totem.state, 'recovery');
    return { world, node, ring, accusing, said };
  }

  it('forgets whom its ring was to go without when a member that has installed it has', () => {
    const { world, node, ring, said } = recovering();
    node.receive(joinOf1({ proc: [1, 3], failed: [], ringSequence: ring }));
    assert.equal(node.totem.state, 'gather');
    world.schedule.runFor(100);
    assert.deepEqual(said(), { proc: [1, 3], failed: [] });
  });

  it('accuses as before when the ring has failed before it was installed', () => {
    const { world, node, ring, accusing, said } = recovering();
    node.receive(joinOf1({ ...accusing, ringSequence: ring }));
    assert.equal(node.totem.state, 'gather');
    world.schedule.runFor(100);
    assert.deepEqual(said(), { proc: [1, 2, 3], failed: [2] });
  });
});
