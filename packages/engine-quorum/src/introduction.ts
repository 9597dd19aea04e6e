import type { Outbox } from './outbox.js';
import type { Votes } from './votes.js';
import { Fn, NodeInfo } from './wire.js';

/** Tells the members what this node is and knows. */
export class Introduction {
  constructor(
    private readonly votes: Votes,
    private readonly outbox: Outbox,
  ) {}

  self(): void {
    const { nodeId, votes, expectedVotes, flags } = this.votes.self;
    this.outbox.send(Fn.nodeInfo, NodeInfo, { nodeId, votes, expectedVotes, flags });
  }

  device(): void {
    const { votes } = this.votes.nodes.device;
    this.outbox.send(Fn.nodeInfo, NodeInfo, { nodeId: 0, votes, expectedVotes: 0, flags: 0 });
  }
}
