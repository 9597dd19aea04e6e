import type { Infer } from '@coterie/sdk';
import { NodeFlag, type VotingNode } from './nodes.js';
import type { FixedRules } from './rules.js';
import type { Votes } from './votes.js';
import { InfoFlag, type Info } from './votequorum-wire.js';

/** A client's question about a node: its own numbers, and this node's view of the cluster. */
export function infoOf(
  votes: Votes,
  fixed: FixedRules,
  node: VotingNode,
  deviceName: string,
): Infer<typeof Info> {
  const { totalVotes, highestExpected } = votes.tally(node);
  const { rules } = votes;
  const has = (flag: number) => (node.flags & flag) !== 0;
  const bits: [boolean, number][] = [
    [rules.twoNode, InfoFlag.twoNode],
    [votes.quorate, InfoFlag.quorate],
    [rules.waitForAll, InfoFlag.waitForAll],
    [votes.lastManStanding, InfoFlag.lastManStanding],
    [rules.tieBreaker !== 'none', InfoFlag.autoTieBreaker],
    [fixed.allowDownscale, InfoFlag.allowDownscale],
    [has(NodeFlag.deviceRegistered), InfoFlag.deviceRegistered],
    [has(NodeFlag.deviceAlive), InfoFlag.deviceAlive],
    [has(NodeFlag.deviceCastsVote), InfoFlag.deviceCastsVote],
    [has(NodeFlag.deviceMasterWins), InfoFlag.deviceMasterWins],
  ];
  return {
    nodeId: node.nodeId,
    state: node.state,
    votes: node.votes,
    expectedVotes: node.expectedVotes,
    highestExpected,
    totalVotes,
    quorum: votes.quorum,
    flags: bits.reduce((flags, [on, flag]) => (on ? flags | flag : flags), 0),
    deviceVotes: votes.nodes.device.votes,
    deviceName,
  };
}
