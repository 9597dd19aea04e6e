import type { NodeId } from '@coterie/sdk';
import type { Explanation, QuorumChange } from './explanation.js';
import { NodeState } from './nodes.js';
import type { Votes } from './votes.js';

/** A node that is not here, and the votes that it would bring. */
export interface AbsentNode {
  readonly nodeId: NodeId;
  readonly votes: number;
}

/**
 * Tries on a copy what could happen next: each absent node coming, each member going. If none of them alone would
 * change anything, how few together would.
 */
export function explain(votes: Votes, absent: readonly AbsentNode[]): Explanation {
  const { quorate, reason } = votes;
  return { quorate, reason, changes: quorate ? losses(votes) : gains(votes, absent) };
}

function losses(votes: Votes): QuorumChange[] {
  const others = [...votes.nodes]
    .filter((node) => node.state === NodeState.member && node !== votes.self)
    .sort((a, b) => b.votes - a.votes)
    .map(({ nodeId }) => nodeId);
  const lost = (nodes: readonly NodeId[]) => !without(votes, nodes).quorate;
  return fewest(others, lost).map((nodes) => ({ what: 'loss', nodes }));
}

function gains(votes: Votes, absent: readonly AbsentNode[]): QuorumChange[] {
  const strongest = [...absent].sort((a, b) => b.votes - a.votes);
  const gained = (nodes: readonly AbsentNode[]) => together(votes, nodes).quorate;
  const changes: QuorumChange[] = fewest(strongest, gained).map((nodes) => ({
    what: 'join',
    nodes: nodes.map(({ nodeId }) => nodeId),
  }));
  if (votes.waitingForAll) {
    const copy = votes.copy();
    copy.cancelWaitForAll();
    if (copy.quorate) changes.push({ what: 'cancel-wait-for-all', nodes: [] });
  }
  const { totalVotes } = votes.tally();
  const copy = votes.copy();
  copy.setExpected(totalVotes);
  if (totalVotes > 0 && copy.quorate) changes.push({ what: 'expected-votes', nodes: [], votes: totalVotes });
  return changes;
}

/** Each alone that is enough; or, if none is, as many from the front as are; or nothing. */
function fewest<T>(all: readonly T[], enough: (some: readonly T[]) => boolean): T[][] {
  const alone = all.filter((each) => enough([each]));
  if (alone.length > 0) return alone.map((each) => [each]);
  for (let count = 2; count <= all.length; count++) {
    const first = all.slice(0, count);
    if (enough(first)) return [first];
  }
  return [];
}

function without(votes: Votes, nodes: readonly NodeId[]): Votes {
  const copy = votes.copy();
  const members = copy.members.filter((nodeId) => !nodes.includes(nodeId));
  copy.install({ ring: copy.ring, members });
  copy.settle();
  return copy;
}

function together(votes: Votes, nodes: readonly AbsentNode[]): Votes {
  const copy = votes.copy();
  const members = [...copy.members, ...nodes.map(({ nodeId }) => nodeId)].sort((a, b) => a - b);
  copy.install({ ring: copy.ring, members });
  for (const { nodeId, votes: theirs } of nodes) {
    copy.heard(nodeId, { votes: theirs, expectedVotes: copy.self.expectedVotes, flags: 0 });
  }
  copy.settle();
  return copy;
}
