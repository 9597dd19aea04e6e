import type { NodeId, RingId, SlabPool, Timer } from '@coterie/sdk';
import { PacketQueue, PacketRef } from '../groups/packet-queue.js';
import type { RingState, TotemUpcalls } from '../evs.js';
import type { TotemSettings } from '../settings.js';
import type { RingTimer, TotemPorts } from '../totem.js';
import type { CommitToken } from '../wire/commit-token.js';
import { HoldCancel } from '../wire/hold-cancel.js';
import { McastHeader } from '../wire/mcast.js';
import { MergeDetect } from '../wire/merge-detect.js';
import { OrfToken } from '../wire/orf-token.js';
import { RingCounters } from './counters.js';
import type { NodeSet } from './node-set.js';
import { PacketArena } from './packet-arena.js';
import { SORT_QUEUE_SIZE, SortQueue } from './sort-queue.js';

/** The process-group layer as the ring sees it: where packets to send come from and received ones go. */
export interface GroupLayer {
  /** Closes the packet being filled, so that it can be sent at this token. */
  flush(): void;
  /** The queue that the token may send from now. */
  readonly sendQueue: PacketQueue;
  /** A totempg packet in the agreed order. */
  deliver(from: NodeId, view: DataView, offset: number, length: number): void;
  /** A ring is being installed: what is sent from now on goes ahead of ordinary messages until the layer above acknowledges. */
  awaitSynchronised(): void;
  /** The old ring is closed: what is delivered from now on is assembled apart. */
  transitional(): void;
  /** Forget what left nodes sent in part. */
  drop(left: readonly NodeId[]): void;
}

/** Changes of state; set once by the ring, so that the states need not import one another. */
export interface Transitions {
  gather(reason: GatherReason): void;
  commit(token: CommitToken): void;
  recovery(token: CommitToken): void;
  operational(): void;
}

/** Why a membership round begins (totemsrp's gather_from codes). */
export const gatherReasons = {
  0: 'consensus timeout',
  2: 'the token was lost in the operational state',
  3: 'the consensus timeout expired',
  4: 'the token was lost in the commit state',
  5: 'the token was lost in the recovery state',
  6: 'failed to receive',
  7: 'foreign message in the operational state',
  8: 'foreign message in the gather state',
  9: 'merge in the operational state',
  10: 'merge in the gather state',
  11: 'merge during join',
  12: 'join in the operational state',
  13: 'join in the commit state',
  14: 'join in the recovery state',
  15: 'interface change',
} as const;
export type GatherReason = keyof typeof gatherReasons;

/** What was known of the last operational ring when it ended; kept through failed attempts to form the next one. */
export interface OldRing {
  aru: number;
  highSeqReceived: number;
}

/** Everything a ring remembers; the names are those of the Totem paper and of totemsrp.c. */
export class RingContext {
  readonly me: NodeId;
  /** What the numbers of every ring's messages and tokens begin behind (SEQNO_START_MSG, SEQNO_START_TOKEN). */
  readonly startSeq: number;
  state: RingState = 'operational';
  ring: RingId;
  /** The last *operational* ring, however many attempts have failed since. */
  oldRing: RingId;
  /** Highest ring sequence heard of (`token_ring_id_seq`). */
  highestRingSequence: number;
  /** When {@link highestRingSequence} was last raised for somebody who is further ahead than is believed. */
  caughtUpAt = -Infinity;
  /** By how much. */
  catchUpStep = 0;

  proc: NodeSet = [];
  failed: NodeSet = [];
  /** Of the last operational ring; nobody before the first. */
  members: NodeSet = [];
  newMembers: NodeSet = [];
  transMembers: NodeSet = [];
  /** Senders whose old messages are delivered even behind a gap. */
  deliverMembers: NodeSet = [];
  /** Nodes that said the same as this one in the current round. */
  readonly consensus = new Set<NodeId>();

  aru = 0;
  highSeqReceived = 0;
  highDelivered = 0;
  lastAru = 0;
  lastSeq = 0;
  tokenSeq = 0xffffffff;
  seqUnchanged = 0;
  tokenHeld = false;
  receivedFlag = true;
  installSeq = 0;
  retransFlagCount = 0;
  rotationCounter = 0;
  setRetransFlag = false;
  aruCount = 0;
  failedToReceive = false;
  saved: OldRing | undefined;
  originatedToken = false;
  tokenDiscarded = true;
  /** A hold cancel still has an effect: once a visit of the token, so that a flood of them has none. */
  holdCancelDue = false;
  left = false;

  /** Flow control: packets this node sent at its last visit, and its backlog at the last two (my_trc, my_pbl, my_cbl). */
  transmitCount = 0;
  previousBacklog = 0;
  currentBacklog = 0;
  thisSeqno = 0;

  regular = new SortQueue();
  recovery = new SortQueue();
  readonly retransQueue = new PacketQueue(SORT_QUEUE_SIZE);
  /** By place in {@link regular}: messages of the old ring that the ring being formed has already. */
  readonly recovered = new Uint8Array(SORT_QUEUE_SIZE);

  readonly token = new OrfToken();
  readonly mcast = new McastHeader();
  readonly mergeDetect = new MergeDetect();
  readonly holdCancel = new HoldCancel();
  readonly packet = new PacketRef();
  readonly arena: PacketArena;
  /** The token sent last, for retransmission. */
  readonly sentToken = new PacketRef();
  sentTokenTarget: NodeId = 0;
  /** The own join is heard by its sender too: set until it has been. */
  ownJoinDue = false;
  joinsIgnoredUntil = -Infinity;
  /** When a foreign ring's packet last made this node leave its ring, by sender. */
  readonly foreignGathers = new Map<NodeId, number>();
  /** Two messages have claimed one place in the order of this ring. */
  contradicted = false;
  lastTokenAt = -1;
  nameRefusedAt = -Infinity;
  /** Smoothed time between tokens and share of it spent on work, milliseconds. */
  meanRotation = 0;

  readonly counters = new RingCounters();
  readonly tokenLossTimer: Timer;
  readonly tokenRetransmitTimer: Timer;
  readonly holdTimer: Timer;
  readonly mergeTimer: Timer;
  readonly joinTimer: Timer;
  readonly joinDelayTimer: Timer;
  readonly consensusTimer: Timer;

  constructor(
    public settings: TotemSettings,
    readonly ports: TotemPorts,
    readonly upcalls: TotemUpcalls,
    readonly groups: GroupLayer,
    readonly transitions: Transitions,
    pool: SlabPool,
    expire: Record<RingTimer, () => void>,
  ) {
    this.me = settings.nodeId;
    this.startSeq = ports.startSeq ?? 0;
    // +1: a ring id used before a restart is never used again (totemsrp_memb_ring_id_create_or_load).
    this.highestRingSequence = ports.ringIds.load() + 1;
    this.ring = { representative: this.me, sequence: this.highestRingSequence };
    this.oldRing = this.ring;
    this.arena = new PacketArena(pool);
    const timers = ports.timers;
    this.tokenLossTimer = timers.timer(expire.tokenLoss);
    this.tokenRetransmitTimer = timers.timer(expire.tokenRetransmit);
    this.holdTimer = timers.timer(expire.hold);
    this.mergeTimer = timers.timer(expire.merge);
    this.joinTimer = timers.timer(expire.join);
    this.joinDelayTimer = timers.timer(expire.joinDelay);
    this.consensusTimer = timers.timer(expire.consensus);
  }

  get isRepresentative(): boolean {
    return this.ring.representative === this.me;
  }

  /** Token timeout, or the shorter heartbeat timeout where one is configured. */
  get tokenLossTimeout(): number {
    const { token, tokenRetransmit, heartbeatFailuresAllowed, maxNetworkDelay } = this.settings;
    if (heartbeatFailuresAllowed === 0) return token;
    const heartbeat = heartbeatFailuresAllowed * tokenRetransmit + maxNetworkDelay;
    return heartbeat < token ? heartbeat : token;
  }

  /** Keeps the token (ORF or commit) that stands in the arena, for `target`, to be transmitted and retransmitted. */
  keepToken(target: NodeId, length: number): void {
    const { slab, offset } = this.arena;
    slab.retain();
    this.sentToken.slab?.release();
    this.sentToken.slab = slab;
    this.sentToken.offset = offset;
    this.sentToken.length = length;
    this.sentTokenTarget = target;
  }

  transmitToken(): void {
    const { slab, offset, length } = this.sentToken;
    if (slab !== undefined) this.ports.transport.unicast(this.sentTokenTarget, slab, offset, length);
  }

  /** Sends the packet that stands in the arena to everybody. */
  broadcast(length: number): void {
    this.ports.transport.broadcast(this.arena.slab, this.arena.offset, length);
  }

  enter(state: RingState, reason: string): void {
    this.state = state;
    this.upcalls.stateChanged(state, reason);
  }
}
