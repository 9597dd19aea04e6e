import type { NodeId, RingId, View } from '@coterie/sdk';
import { holdsMaster, holdsTieBreaker, isMember, majority, tally, type Tally } from './calculation.js';
import { NodeFlag, NodeState, NodeTable, type VotingNode } from './nodes.js';
import type { FixedRules, Rules, TieBreaker } from './rules.js';

/** A node's word about itself. */
export interface NodeWord {
  readonly votes: number;
  readonly expectedVotes: number;
  readonly flags: number;
}

interface Change {
  /** May quorum become smaller? Else it only grows. */
  readonly decrease: boolean;
  /** Expect only those who are here. */
  readonly byMembers: boolean;
}

/**
 * Counts votes and decides about quorum: everything votequorum knows, without messages, clients or timers.
 * Every member that hears the same words in the same order decides the same.
 */
export class Votes {
  readonly nodes: NodeTable;
  /** Votes that quorum takes. */
  quorum = 0;
  quorate = false;
  /** Why (not). */
  reason = 'votes were not counted yet';
  ring: RingId;
  members: readonly NodeId[] = [];
  /** Not quorate before every expected vote was here at the same time. */
  waitingForAll = false;
  /** What allow_downscale does not go below. */
  barrier = 0;
  /** The highest expected votes ever seen, kept on disk. */
  trackedBarrier: number;
  /** Of the members when last quorate. */
  lowest: NodeId | undefined;
  highest: NodeId | undefined;
  /** Does the side of a member whose device says so win? */
  masterWins = false;
  lastManStanding: boolean;
  rules: Rules;
  /** From a new ring until all its members have spoken: nothing is decided then. */
  private synchronising = false;
  /** Did the window of last_man_standing pass meanwhile? */
  private shrinkDue = false;
  private previousMembers: readonly NodeId[] = [];

  constructor(
    nodeId: NodeId,
    private readonly fixed: FixedRules,
    rules: Rules,
    trackedBarrier: number,
  ) {
    this.nodes = new NodeTable(nodeId);
    this.ring = { representative: nodeId, sequence: 0 };
    this.lastManStanding = fixed.lastManStanding;
    this.trackedBarrier = trackedBarrier;
    this.rules = rules;
    this.adopt(rules);
    if (rules.waitForAll) this.setWaiting(true);
    this.count();
  }

  /** To try something on: what is done to the copy is not done to this one. */
  copy(): Votes {
    const copy = Object.create(Votes.prototype) as Votes;
    return Object.assign(copy, this, { nodes: this.nodes.copy() });
  }

  get self(): VotingNode {
    return this.nodes.self;
  }

  /** Takes changed rules over; they count from the next word that is heard, this node's own included. */
  configure(rules: Rules): void {
    const followed = this.rules.waitForAll;
    this.rules = rules;
    this.adopt(rules);
    if (!rules.waitForAll) this.setWaiting(false);
    // A node that is not quorate and now needs a single vote must not become quorate alone. corosync misses this.
    else if (!followed && !this.quorate) this.setWaiting(true);
  }

  private adopt(rules: Rules): void {
    this.self.votes = rules.votes;
    this.self.expectedVotes = this.fixed.trackExpectedVotes
      ? Math.max(rules.expectedVotes, this.trackedBarrier)
      : rules.expectedVotes;
    this.nodes.device.votes = rules.device?.votes ?? 0;
    this.barrier = this.self.expectedVotes;
  }

  /** A new ring. True: the window of last_man_standing starts. (votequorum_sync_init) */
  install(view: View): boolean {
    this.synchronising = true;
    if (view.members.length > 1) this.self.flags &= ~NodeFlag.first;
    let left = false;
    for (const nodeId of this.members) {
      if (view.members.includes(nodeId)) continue;
      left = true;
      const node = this.nodes.get(nodeId);
      if (node) node.state = NodeState.dead;
    }
    this.previousMembers = this.members;
    this.members = view.members;
    this.ring = view.ring;
    return this.lastManStanding && this.mayShrink(left);
  }

  private mayShrink(left: boolean): boolean {
    const present = this.members.length;
    if (present >= this.quorum && left) return true;
    // corosync asks for the lowest node whatever the tie-breaker is; a side that is not quorate shrinks nothing.
    return present <= this.quorum && this.rules.tieBreaker !== 'none' && isMember(this.nodes, this.lowest);
  }

  /** The window of last_man_standing has passed. */
  shrink(): void {
    this.shrinkDue = this.synchronising;
    if (this.synchronising || !this.lastManStanding || !this.quorate) return;
    this.recalculate({ decrease: true, byMembers: true });
  }

  /** All members of the new ring have spoken. */
  settle(): void {
    this.synchronising = false;
    this.count();
    if (this.shrinkDue) this.shrink();
  }

  private count(): void {
    this.recalculate({ decrease: false, byMembers: false });
  }

  /** A member speaks of itself; false: the table of nodes is full. */
  heard(from: NodeId, word: NodeWord): boolean {
    const known = this.nodes.get(from) !== undefined;
    const node = this.nodes.enter(from);
    if (!node) return false;
    const { votes, expectedVotes, flags, state } = node;
    const leaving = (word.flags & NodeFlag.leaving) !== 0;
    // Of this node's own flags the table is right: the word may be older.
    if (node !== this.self) node.flags = word.flags;
    node.votes = word.votes;
    node.state = leaving ? NodeState.leaving : NodeState.member;
    const leads = (word.flags & NodeFlag.quorate) !== 0;
    const follow = leads && !this.quorate && node !== this.self;
    if (follow) this.self.expectedVotes = word.expectedVotes;
    node.expectedVotes =
      leads || this.fixed.trackExpectedVotes ? word.expectedVotes : this.self.expectedVotes;
    if (node.votes > 1) this.lastManStanding = false;
    if (
      !known ||
      node === this.self ||
      (word.flags & NodeFlag.first) !== 0 ||
      votes !== node.votes ||
      expectedVotes !== node.expectedVotes ||
      flags !== node.flags ||
      state !== node.state
    ) {
      this.recalculate({ decrease: leaving || follow, byMembers: leaving });
    }
    const settled = leads && (word.flags & NodeFlag.waitingForAll) === 0;
    if (settled && node !== this.self) this.setWaiting(false);
    return true;
  }

  /** A member tells the votes of the quorum device. */
  heardDevice(from: NodeId, votes: number): void {
    const sender = this.nodes.get(from);
    const follow = !this.quorate && sender !== undefined && (sender.flags & NodeFlag.quorate) !== 0;
    const { device } = this.nodes;
    const before = device.votes;
    device.votes = follow ? votes : Math.max(before, votes);
    if (device.votes !== before) this.count();
  }

  /** An administrator sets the votes to expect; 0 changes nothing but the barrier. */
  setExpected(votes: number): void {
    this.expect(votes);
    this.barrier = votes;
    if (this.fixed.trackExpectedVotes) {
      this.self.expectedVotes = Math.max(this.self.expectedVotes, this.trackedBarrier);
    }
    this.recalculate({ decrease: true, byMembers: false });
  }

  setVotes(nodeId: NodeId, votes: number): void {
    const voter = this.nodes.voter(nodeId);
    if (!voter) return;
    voter.votes = votes;
    this.recalculate({ decrease: true, byMembers: false });
  }

  cancelWaitForAll(): void {
    this.setWaiting(false);
    this.count();
  }

  /** Would the cluster keep its quorum with so many expected votes? */
  mayExpect(votes: number): boolean {
    const { totalVotes, voters } = this.tally();
    const quorum = this.quorumOf(votes, totalVotes, voters);
    return votes >= totalVotes && !(this.quorate && quorum > totalVotes);
  }

  /** Would the votes present still reach the quorum that they make? */
  mayVote(voter: { votes: number }, votes: number): boolean {
    const before = voter.votes;
    voter.votes = votes;
    const { totalVotes, highestExpected, voters } = this.tally();
    const present = this.present();
    voter.votes = before;
    // A device's votes are expected from when they are known, also while it casts none (recalculate_quorum).
    const quorum = this.quorumOf(Math.max(highestExpected, present.totalVotes), totalVotes, voters);
    return quorum >= Math.floor(totalVotes / 2) && quorum <= totalVotes;
  }

  /** What is here, with the device's votes if `node` says that it casts them. */
  tally(node = this.self): Tally {
    const casts = (node.flags & NodeFlag.deviceCastsVote) !== 0;
    return tally(this.nodes, casts ? this.nodes.device.votes : undefined);
  }

  /** With the device's votes, whether or not it casts them. */
  private present(): Tally {
    return tally(this.nodes, this.nodes.device.votes || undefined);
  }

  private recalculate(change: Change): void {
    const present = this.present();
    if (present.totalVotes > this.self.expectedVotes) this.self.expectedVotes = present.totalVotes;
    if (this.fixed.trackExpectedVotes) {
      this.trackedBarrier = Math.max(this.trackedBarrier, this.self.expectedVotes);
    }
    const { totalVotes, highestExpected, voters } = this.tally();
    const here = change.byMembers ? present.voters : 0;
    const lowered = this.fixed.allowDownscale && change.decrease ? Math.max(this.barrier, here) : here;
    const quorum = this.quorumOf(here > 0 ? lowered : highestExpected, totalVotes, voters);
    const fixed = this.rules.twoNode && voters <= 2;
    this.quorum = change.decrease || fixed ? quorum : Math.max(this.quorum, quorum);
    this.expect(here);
    // corosync decides after each word, so what its nodes say of themselves may depend on who spoke first.
    if (!this.synchronising) this.decide(totalVotes);
  }

  private quorumOf(expectedVotes: number, totalVotes: number, voters: number): number {
    // Each of two nodes goes on alone; fencing decides which survives.
    return this.rules.twoNode && voters <= 2 ? 1 : majority(expectedVotes, totalVotes);
  }

  private expect(votes: number): void {
    if (votes === 0) return;
    for (const node of this.nodes) {
      if (node.state === NodeState.member) node.expectedVotes = votes;
    }
  }

  /** are_we_quorate */
  private decide(totalVotes: number): void {
    const expected = this.self.expectedVotes;
    if (this.rules.waitForAll && this.waitingForAll) {
      if (totalVotes !== expected) {
        this.reason = `waiting for all: ${totalVotes} of ${expected} votes were seen`;
        return;
      }
      this.setWaiting(false);
    }
    this.quorate = totalVotes >= this.quorum;
    this.reason = `${totalVotes} of ${expected} votes, quorum is ${this.quorum}`;
    if (this.quorate) this.markExtremes();
    else if (this.breaksTie(totalVotes)) {
      this.quorate = true;
      this.reason = `half of ${expected} votes, with the tie-breaker (${describe(this.rules.tieBreaker)})`;
    } else if (this.masterWins && holdsMaster(this.nodes)) {
      this.quorate = true;
      this.reason = 'the quorum device says that this side wins';
    }
    if (this.quorate) this.self.flags |= NodeFlag.quorate;
    else this.self.flags &= ~NodeFlag.quorate;
    if (this.rules.waitForAll) this.setWaiting(!this.quorate);
  }

  private breaksTie(totalVotes: number): boolean {
    if (totalVotes !== Math.floor(this.self.expectedVotes / 2)) return false;
    // The others could be quorate by themselves.
    if (this.previousMembers.length - this.members.length >= this.quorum) return false;
    return holdsTieBreaker(this.rules.tieBreaker, this.nodes, this, this.members, this.previousMembers);
  }

  private markExtremes(): void {
    for (const node of this.nodes) {
      if (node.state !== NodeState.member) continue;
      this.lowest = node.nodeId;
      break;
    }
    for (const node of this.nodes) {
      if (node.state === NodeState.member) this.highest = node.nodeId;
    }
  }

  private setWaiting(waiting: boolean): void {
    this.waitingForAll = waiting;
    if (waiting) this.self.flags |= NodeFlag.waitingForAll;
    else this.self.flags &= ~NodeFlag.waitingForAll;
  }
}

function describe(breaker: TieBreaker): string {
  return typeof breaker === 'string' ? breaker : `first of ${breaker.join(' ')}`;
}
