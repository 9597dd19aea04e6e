import type { NodeId } from '@coterie/sdk';

/** Where a node stands, with votequorum's numbers. */
export const NodeState = { member: 1, dead: 2, leaving: 3 } as const;
export type NodeState = (typeof NodeState)[keyof typeof NodeState];

/** Bits of a nodeinfo message. */
export const NodeFlag = {
  quorate: 1,
  leaving: 2,
  waitingForAll: 4,
  first: 8,
  deviceRegistered: 16,
  deviceAlive: 32,
  deviceCastsVote: 64,
  deviceMasterWins: 128,
} as const;

/** What is known of a node that was a member once. */
export interface VotingNode {
  readonly nodeId: NodeId;
  state: NodeState;
  votes: number;
  expectedVotes: number;
  flags: number;
}

/** A ring has at most so many members (corosync: PROCESSOR_COUNT_MAX). */
const CAPACITY = 384;

/** All nodes met since the start, dead ones included, ascending. */
export class NodeTable implements Iterable<VotingNode> {
  readonly self: VotingNode;
  /** The quorum device, as the members know it; no node of the table. */
  readonly device = { votes: 0 };
  private readonly known = new Map<NodeId, VotingNode>();
  private ordered: VotingNode[] = [];

  constructor(nodeId: NodeId) {
    this.self = {
      nodeId,
      state: NodeState.member,
      votes: 1,
      expectedVotes: 0,
      flags: NodeFlag.first,
    };
    this.insert(this.self);
  }

  copy(): NodeTable {
    const copy = new NodeTable(this.self.nodeId);
    for (const node of this) Object.assign(copy.enter(node.nodeId)!, node);
    copy.device.votes = this.device.votes;
    return copy;
  }

  get(nodeId: NodeId): VotingNode | undefined {
    return this.known.get(nodeId);
  }

  /** Whose votes an administrator means: 0 is the quorum device. */
  voter(nodeId: NodeId): { votes: number } | undefined {
    return nodeId === 0 ? this.device : this.known.get(nodeId);
  }

  /** The node, entered as dead and without votes if it is new; a dead node makes room in a full table. */
  enter(nodeId: NodeId): VotingNode | undefined {
    const known = this.known.get(nodeId);
    if (known) return known;
    if (this.known.size >= CAPACITY && !this.forgetOneDead()) return undefined;
    const node: VotingNode = { nodeId, state: NodeState.dead, votes: 0, expectedVotes: 0, flags: 0 };
    this.insert(node);
    return node;
  }

  [Symbol.iterator](): Iterator<VotingNode> {
    return this.ordered[Symbol.iterator]();
  }

  private insert(node: VotingNode): void {
    this.known.set(node.nodeId, node);
    this.ordered = [...this.known.values()].sort((a, b) => a.nodeId - b.nodeId);
  }

  private forgetOneDead(): boolean {
    const dead = this.ordered.find((node) => node.state === NodeState.dead);
    return dead !== undefined && this.known.delete(dead.nodeId);
  }
}
