import type { NodeId } from '@coterie/sdk';
import type { TieBreaker } from './rules.js';
import { NodeFlag, NodeState, type VotingNode } from './nodes.js';

/** The votes that are present. */
export interface Tally {
  /** Of members, and of the quorum device where it casts its vote. */
  readonly totalVotes: number;
  /** The highest that any member expects. */
  readonly highestExpected: number;
  /** Members, and the quorum device where it casts its vote. */
  readonly voters: number;
}

/** Counts the members' votes; `deviceVotes` is undefined where no device casts a vote. */
export function tally(nodes: Iterable<VotingNode>, deviceVotes: number | undefined): Tally {
  let totalVotes = deviceVotes ?? 0;
  let voters = deviceVotes === undefined ? 0 : 1;
  let highestExpected = 0;
  for (const node of nodes) {
    if (node.state !== NodeState.member) continue;
    highestExpected = Math.max(highestExpected, node.expectedVotes);
    totalVotes += node.votes;
    voters++;
  }
  return { totalVotes, highestExpected, voters };
}

/**
 * Votes that a majority takes: more than half of what is expected and of what is present (the rule of OpenVMS
 * clusters). A real corosync keeps the result in 8 bits: with 510 expected votes or more it computes a quorum
 * modulo 256. This one does not follow it there.
 */
export function majority(expectedVotes: number, totalVotes: number): number {
  return Math.floor((Math.max(expectedVotes, totalVotes) + 2) / 2);
}

/** Is the node that decides an even split on this side? */
export function holdsTieBreaker(
  breaker: TieBreaker,
  nodes: Iterable<VotingNode>,
  extremes: { readonly lowest: NodeId | undefined; readonly highest: NodeId | undefined },
  members: readonly NodeId[],
  previousMembers: readonly NodeId[],
): boolean {
  if (breaker === 'none') return false;
  if (breaker === 'lowest') return isMember(nodes, extremes.lowest);
  if (breaker === 'highest') return isMember(nodes, extremes.highest);
  // The first listed node decides. One listed before ours that was here until now may live on the other side.
  const position = breaker.findIndex((nodeId) => members.includes(nodeId));
  if (position < 0) return false;
  return !breaker.slice(0, position).some((nodeId) => previousMembers.includes(nodeId));
}

export function isMember(nodes: Iterable<VotingNode>, nodeId: NodeId | undefined): boolean {
  for (const node of nodes) {
    if (node.nodeId === nodeId) return node.state === NodeState.member;
  }
  return false;
}

/** Is a member here whose quorum device votes and says that its side wins? */
export function holdsMaster(nodes: Iterable<VotingNode>): boolean {
  const wanted = NodeFlag.deviceMasterWins | NodeFlag.deviceCastsVote;
  for (const node of nodes) {
    if (node.state === NodeState.member && (node.flags & wanted) === wanted) return true;
  }
  return false;
}
