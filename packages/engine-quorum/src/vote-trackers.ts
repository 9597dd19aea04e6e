import type { Client, Clients } from '@coterie/sdk';
import type { Votes } from './votes.js';
import { ExpectedVotesChange, NodelistChange, QuorumChange, VoteEvent } from './votequorum-wire.js';

/** In `client.state` of a connection that wants to hear of changes. */
interface Tracker {
  /** The client's own, handed back with each event. */
  readonly context: bigint;
}

/** The quorum device has no state of its own in corosync: it shows 0. */
const DEVICE = { nodeId: 0, state: 0 };

/** Tells clients of votequorum what changed. */
export class VoteTrackers {
  constructor(
    private readonly clients: Clients,
    private readonly votes: Votes,
    private readonly deviceRegistered: () => boolean,
  ) {}

  isTracking(client: Client): boolean {
    return client.state !== undefined;
  }

  start(client: Client, context: bigint): void {
    client.state = { context } satisfies Tracker;
  }

  stop(client: Client): void {
    client.state = undefined;
  }

  /** What is, for one client; what changed, below, for all that track. */
  sendCurrent(client: Client, context: bigint): void {
    this.sendNodelist(client, context);
    this.sendQuorum(client, context);
  }

  nodelistChanged(): void {
    for (const [client, context] of this.trackers()) this.sendNodelist(client, context);
  }

  quorumChanged(): void {
    for (const [client, context] of this.trackers()) this.sendQuorum(client, context);
  }

  expectedVotesChanged(): void {
    const { expectedVotes } = this.votes.self;
    for (const [client, context] of this.trackers()) {
      client.dispatch(VoteEvent.expectedVotes, ExpectedVotesChange, { context, expectedVotes });
    }
  }

  private sendQuorum(client: Client, context: bigint): void {
    const nodes = Array.from(this.votes.nodes, ({ nodeId, state }): { nodeId: number; state: number } => ({
      nodeId,
      state,
    }));
    if (this.deviceRegistered()) nodes.push(DEVICE);
    const quorate = this.votes.quorate ? 1 : 0;
    client.dispatch(VoteEvent.quorum, QuorumChange, { quorate, context, nodes });
  }

  private sendNodelist(client: Client, context: bigint): void {
    const { ring, members } = this.votes;
    client.dispatch(VoteEvent.nodelist, NodelistChange, { context, ring, members });
  }

  private *trackers(): Generator<[Client, bigint]> {
    for (const client of this.clients) {
      const tracker = client.state as Tracker | undefined;
      if (tracker) yield [client, tracker.context];
    }
  }
}
