import assert from 'node:assert/strict';
import { majority } from '../dist/calculation.js';
import { NodeFlag, NodeState, NodeTable } from '../dist/nodes.js';
import type { FixedRules, Rules } from '../dist/rules.js';
import { Votes } from '../dist/votes.js';

const fixedRules: FixedRules = {
  waitForAll: undefined,
  lastManStanding: false,
  lastManStandingWindow: 10_000,
  tieBreaker: 'none',
  allowDownscale: false,
  trackExpectedVotes: false,
};

function votesOf(expectedVotes: number, rules: Partial<Rules> = {}, fixed: Partial<FixedRules> = {}): Votes {
  const all: Rules = {
    votes: 1,
    expectedVotes,
    twoNode: false,
    waitForAll: false,
    tieBreaker: 'none',
    device: undefined,
    deviceAllowed: true,
    warnings: [],
    ...rules,
  };
  return new Votes(1, { ...fixedRules, ...fixed }, all, 0);
}

let sequence = 0;

/** Node 1 and `others` form a ring; all of them say what they are. */
function meet(
  votes: Votes,
  others: readonly number[],
  word = { votes: 1, expectedVotes: 0, flags: 0 },
): void {
  const ring = { representative: 1, sequence: ++sequence };
  votes.install({ ring, members: [1, ...others] });
  votes.heard(1, { ...votes.self });
  for (const id of others) votes.heard(id, word);
  votes.settle();
}

describe('votes', () => {
  it('take more than half of what is expected and of what is present', () => {
    const table: [expected: number, present: number, quorum: number][] = [
      [1, 1, 1],
      [2, 1, 2],
      [3, 1, 2],
      [4, 4, 3],
      [5, 2, 3],
      [6, 6, 4],
      [3, 7, 4],
      [255, 1, 128],
      [510, 1, 256],
      [0xffffffff, 1, 0x80000000],
    ];
    for (const [expected, present, quorum] of table) assert.equal(majority(expected, present), quorum);
  });

  it('never lower the quorum by themselves', () => {
    const votes = votesOf(5);
    meet(votes, [2, 3, 4, 5]);
    assert.deepEqual([votes.quorum, votes.quorate], [3, true]);
    meet(votes, [2]);
    assert.deepEqual([votes.quorum, votes.quorate], [3, false]);
    assert.equal(votes.nodes.get(5)?.state, NodeState.dead);
  });

  it('raise what is expected to what is there', () => {
    const votes = votesOf(3);
    meet(votes, [2, 3, 4, 5]);
    assert.deepEqual([votes.self.expectedVotes, votes.quorum], [5, 3]);
  });

  it('follow an administrator down, but not below what is there', () => {
    const votes = votesOf(7);
    meet(votes, [2, 3, 4, 5]);
    assert.equal(votes.mayExpect(5), true);
    assert.equal(votes.mayExpect(4), false);
    assert.equal(votes.mayExpect(10), false);
    assert.equal(votes.mayExpect(0), false);
    assert.equal(votes.mayExpect(0xffffffff), false);
    votes.setExpected(5);
    assert.deepEqual([votes.quorum, votes.nodes.get(3)?.expectedVotes], [3, 5]);
  });

  it('count as an administrator says', () => {
    const votes = votesOf(3);
    meet(votes, [2, 3]);
    const second = votes.nodes.voter(2);
    assert.ok(second);
    assert.equal(votes.mayVote(second, 5), true);
    votes.setVotes(2, 5);
    assert.deepEqual([votes.tally().totalVotes, votes.quorum, votes.self.expectedVotes], [7, 4, 7]);
    votes.setVotes(9, 5);
    assert.equal(votes.tally().totalVotes, 7);
  });

  it('of a device that casts none are expected, unless quorum would be lost by that', () => {
    const votes = votesOf(3);
    meet(votes, [2, 3]);
    const { device } = votes.nodes;
    assert.deepEqual(
      [0, 2, 3, 2 ** 32 - 1].map((count) => votes.mayVote(device, count)),
      [true, true, false, false],
    );
    votes.setVotes(0, 2);
    assert.deepEqual([votes.self.expectedVotes, votes.quorum, votes.quorate], [5, 3, true]);
    votes.setVotes(0, 0);
    votes.setExpected(3);
    assert.deepEqual([votes.self.expectedVotes, votes.quorum], [3, 2]);
  });

  it('wait for all until all were there, or a node that need not wait', () => {
    const votes = votesOf(3, { waitForAll: true });
    meet(votes, [2]);
    assert.deepEqual([votes.quorate, votes.waitingForAll], [false, true]);
    meet(votes, [2, 3]);
    assert.deepEqual([votes.quorate, votes.waitingForAll], [true, false]);
    meet(votes, [2]);
    assert.equal(votes.quorate, true);

    const late = votesOf(3, { waitForAll: true });
    meet(late, [2], { votes: 1, expectedVotes: 3, flags: NodeFlag.quorate });
    assert.deepEqual([late.quorate, late.waitingForAll], [true, false]);

    const cancelled = votesOf(3, { waitForAll: true });
    meet(cancelled, [2]);
    cancelled.cancelWaitForAll();
    assert.equal(cancelled.quorate, true);
  });

  it('expect only the survivors after the window of last_man_standing', () => {
    const votes = votesOf(4, {}, { lastManStanding: true });
    meet(votes, [2, 3, 4]);
    assert.equal(
      votes.install({ ring: { representative: 1, sequence: ++sequence }, members: [1, 2, 3] }),
      true,
    );
    votes.shrink();
    assert.equal(votes.self.expectedVotes, 4, 'not while members still have to speak');
    for (const id of [1, 2, 3]) votes.heard(id, { votes: 1, expectedVotes: 4, flags: NodeFlag.quorate });
    votes.settle();
    assert.deepEqual([votes.self.expectedVotes, votes.quorum], [3, 2]);
    votes.heard(2, { votes: 2, expectedVotes: 3, flags: NodeFlag.quorate });
    assert.equal(votes.lastManStanding, false, 'only where each node has one vote');
  });

  it('expect less after a node has left in an orderly way, with allow_downscale not below the barrier', () => {
    const leaving = { votes: 1, expectedVotes: 5, flags: NodeFlag.leaving | NodeFlag.quorate };
    const votes = votesOf(5);
    meet(votes, [2, 3, 4, 5]);
    votes.heard(5, leaving);
    assert.deepEqual([votes.self.expectedVotes, votes.quorum], [4, 3]);
    assert.equal(votes.nodes.get(5)?.state, NodeState.leaving);

    const bounded = votesOf(5, {}, { allowDownscale: true, trackExpectedVotes: true });
    meet(bounded, [2, 3, 4, 5], { votes: 1, expectedVotes: 5, flags: 0 });
    bounded.heard(5, leaving);
    assert.deepEqual([bounded.quorum, bounded.trackedBarrier], [3, 5]);
  });

  it('remember the most that was ever expected', () => {
    const votes = votesOf(3, {}, { trackExpectedVotes: true });
    meet(votes, [2, 3, 4, 5, 6]);
    assert.equal(votes.trackedBarrier, 6);
    votes.setExpected(3);
    assert.equal(votes.self.expectedVotes, 6);
  });

  it('break a tie by the first listed node that cannot be on the other side', () => {
    const rules = { tieBreaker: [2, 1, 3], waitForAll: false };
    const votes = votesOf(4, rules);
    meet(votes, [2, 3, 4]);
    meet(votes, [3]);
    assert.equal(votes.quorate, false, 'node 2 may be on the other side');
    const other = votesOf(4, rules);
    meet(other, [2, 3, 4]);
    meet(other, [2]);
    assert.equal(other.quorate, true);
    assert.equal(other.reason, 'half of 4 votes, with the tie-breaker (first of 2 1 3)');
  });

  it('count a device that casts its vote, and let its master win', () => {
    const device = { votes: 1, timeout: 1, syncTimeout: 1 };
    const votes = votesOf(3, { device });
    meet(votes, []);
    assert.equal(votes.quorate, false);
    votes.self.flags |= NodeFlag.deviceCastsVote;
    votes.heard(1, { ...votes.self });
    assert.deepEqual([votes.quorate, votes.tally().voters], [true, 2]);

    const master = votesOf(5, { device });
    master.masterWins = true;
    master.self.flags |= NodeFlag.deviceCastsVote | NodeFlag.deviceMasterWins;
    meet(master, []);
    assert.deepEqual([master.quorate, master.reason], [true, 'the quorum device says that this side wins']);
  });

  it('take the device votes of a quorate member, else the highest told', () => {
    const votes = votesOf(9);
    meet(votes, [2, 3], { votes: 1, expectedVotes: 9, flags: 0 });
    votes.heardDevice(2, 3);
    votes.heardDevice(3, 1);
    assert.equal(votes.nodes.device.votes, 3);
    votes.nodes.get(3)!.flags = NodeFlag.quorate;
    votes.heardDevice(3, 1);
    assert.equal(votes.nodes.device.votes, 1);
    votes.heardDevice(77, 2);
    assert.equal(votes.nodes.device.votes, 2);
  });
});

describe('NodeTable', () => {
  it('is bounded, and forgets the dead first', () => {
    const table = new NodeTable(1);
    for (let id = 2; id <= 384; id++) {
      const node = table.enter(id);
      assert.ok(node);
      node.state = NodeState.member;
    }
    assert.equal(table.enter(999), undefined);
    table.get(200)!.state = NodeState.dead;
    assert.ok(table.enter(999));
    assert.equal(table.get(200), undefined);
    assert.equal([...table].length, 384);
    assert.deepEqual([...table].map(({ nodeId }) => nodeId).slice(-2), [384, 999]);
  });
});
