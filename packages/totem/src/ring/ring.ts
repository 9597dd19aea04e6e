import type { NodeId, PacketBatch, SlabPool } from '@coterie/sdk';
import type { TotemUpcalls } from '../evs.js';
import type { TotemSettings } from '../settings.js';
import type { RingTimer, TotemPorts } from '../totem.js';
import { checkHeader, headerNodeId, PacketType } from '../wire/header.js';
import { decodeHoldCancel } from '../wire/hold-cancel.js';
import { enterCommit } from './commit.js';
import { RingContext } from './context.js';
import type { GroupLayer } from './context.js';
import {
  broadcastJoin,
  broadcastLeave,
  consensusTimedOut,
  enterGather,
  hearOwnJoin,
  scheduleJoin,
} from './gather.js';
import { receiveCommitToken, receiveJoin } from './membership.js';
import { announceRing, endContradiction, receiveMcast, receiveMergeDetect } from './messages.js';
import { enterOperational } from './operational.js';
import { PauseDetector } from './pause.js';
import { enterRecovery, restoreOldRing } from './recovery.js';
import { receiveToken } from './token.js';
import { cancelHold, releaseHeldToken, resendToken } from './token-hold.js';

/** LEAVEs that can wait for the token in hand to be done with. */
const MAX_DEFERRED = 16;

/** The single-ring protocol: which packet and which timer does what in which state (corosync: totemsrp.c). */
export class Ring {
  readonly context: RingContext;
  private readonly pause: PauseDetector;
  private deferred: { readonly bytes: DataView; readonly sender: NodeId }[] = [];
  /** Depth of calls from outside: what they make the ring send leaves in one batch at the end. */
  private depth = 0;
  private handlingToken = false;

  constructor(
    settings: TotemSettings,
    ports: TotemPorts,
    upcalls: TotemUpcalls,
    groups: GroupLayer,
    pool: SlabPool,
  ) {
    const timed = (timer: RingTimer, action: (r: RingContext) => void) => () => {
      ports.observer?.expired?.(this.context.state, timer);
      this.run(action);
    };
    const r = new RingContext(
      settings,
      ports,
      upcalls,
      groups,
      {
        gather: (reason) => enterGather(r, reason),
        commit: (token) => enterCommit(r, token),
        recovery: (token) => enterRecovery(r, token),
        operational: () => enterOperational(r),
      },
      pool,
      {
        tokenLoss: timed('tokenLoss', tokenLost),
        tokenRetransmit: timed('tokenRetransmit', resendToken),
        hold: timed('hold', (ring) => {
          if (ring.state === 'operational') resendToken(ring);
        }),
        merge: timed('merge', announceRing),
        join: timed('join', (ring) => {
          if (ring.state === 'gather') scheduleJoin(ring);
        }),
        joinDelay: timed('joinDelay', (ring) => {
          if (ring.state === 'gather') broadcastJoin(ring);
        }),
        consensus: timed('consensus', (ring) => {
          if (ring.state === 'gather') consensusTimedOut(ring);
        }),
      },
    );
    this.context = r;
    this.pause = new PauseDetector(r);
  }

  start(): void {
    this.run((r) => {
      this.pause.start();
      r.transitions.gather(15);
    });
  }

  receive(batch: PacketBatch): void {
    const r = this.context;
    this.depth++;
    for (let i = 0; i < batch.count && !r.left; i++) {
      this.packet(batch, batch.offsets[i]!, batch.lengths[i]!, batch.senders?.[i] ?? 0);
    }
    this.finish();
  }

  private packet(batch: PacketBatch, offset: number, length: number, sender: NodeId): void {
    const r = this.context;
    const { slab } = batch;
    const { view } = slab;
    const type = checkHeader(view, offset, length);
    if (typeof type === 'string') return r.counters.drop(type);
    r.ports.observer?.received?.(r.state, type);
    if (type === PacketType.mcast) return receiveMcast(r, slab, offset, length);
    if (this.handlingToken) return this.defer(type, view, offset, length, sender);
    switch (type) {
      case PacketType.orfToken:
        if (r.tokenDiscarded) return;
        this.handlingToken = true;
        receiveToken(r, view, offset, length);
        this.handlingToken = false;
        this.replay();
        return endContradiction(r);
      case PacketType.join:
        return receiveJoin(r, view, offset, length, sender);
      case PacketType.commitToken:
        return receiveCommitToken(r, view, offset, length);
      case PacketType.mergeDetect:
        return receiveMergeDetect(r, view, offset, length);
      case PacketType.holdCancel:
        return this.holdCancel(view, offset, length);
    }
  }

  /** Packets read while a token is handled: all but a LEAVE come again by themselves. */
  private defer(type: PacketType, view: DataView, offset: number, length: number, sender: NodeId): void {
    if (type !== PacketType.join || headerNodeId(view, offset) !== 0 || this.deferred.length >= MAX_DEFERRED)
      return;
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(view.buffer, view.byteOffset + offset, length));
    this.deferred.push({ bytes: new DataView(copy.buffer), sender });
  }

  private replay(): void {
    if (this.deferred.length === 0) return;
    const waiting = this.deferred;
    this.deferred = [];
    for (const { bytes, sender } of waiting) receiveJoin(this.context, bytes, 0, bytes.byteLength, sender);
  }

  private holdCancel(view: DataView, offset: number, length: number): void {
    const r = this.context;
    const reason = decodeHoldCancel(view, offset, length, r.holdCancel);
    if (reason !== undefined) return r.counters.drop(reason);
    r.counters.token_hold_cancel_rx++;
    const { representative, ringSequence } = r.holdCancel;
    if (representative === r.ring.representative && ringSequence === r.ring.sequence) releaseHeldToken(r);
  }

  /** There is something new to send. */
  messageQueued(): void {
    if (this.context.tokenHeld) this.run(cancelHold);
  }

  leave(): void {
    this.run((r) => {
      if (r.left) return;
      broadcastLeave(r);
      this.stop();
    });
  }

  linkChanged(): void {
    this.run((r) => {
      if (r.state === 'recovery') restoreOldRing(r);
      r.transitions.gather(15);
    });
  }

  private stop(): void {
    const r = this.context;
    r.left = true;
    this.pause.stop();
    for (const timer of [
      r.tokenLossTimer,
      r.tokenRetransmitTimer,
      r.holdTimer,
      r.mergeTimer,
      r.joinTimer,
      r.joinDelayTimer,
      r.consensusTimer,
    ]) {
      timer.stop();
    }
  }

  private run(action: (r: RingContext) => void): void {
    if (this.context.left) return;
    this.depth++;
    action(this.context);
    this.finish();
  }

  /** The end of a call from outside: hear the own join, then let everything go in one batch. */
  private finish(): void {
    const r = this.context;
    if (this.depth === 1 && !this.handlingToken) {
      while (r.ownJoinDue && !r.left) hearOwnJoin(r);
      if (r.left) this.stop();
      r.ports.transport.flush();
    }
    this.depth--;
  }
}

/** The token has not come in time (totemsrp timer_function_orf_token_timeout). */
function tokenLost(r: RingContext): void {
  switch (r.state) {
    case 'operational':
      r.counters.operational_token_lost++;
      return r.transitions.gather(2);
    case 'gather':
      r.counters.gather_token_lost++;
      consensusTimedOut(r);
      return r.transitions.gather(3);
    case 'commit':
      r.counters.commit_token_lost++;
      return r.transitions.gather(4);
    case 'recovery':
      r.counters.recovery_token_lost++;
      restoreOldRing(r);
      return r.transitions.gather(5);
  }
}
