import { headerNodeId } from '../wire/header.js';
import { MCAST_SIZE } from '../wire/mcast.js';
import { seqLt } from '../wire/sequence.js';
import type { RingContext } from './context.js';
import { without } from './node-set.js';
import { adoptRecovered } from './recovery.js';

/**
 * Installs the new ring: the rest of the old one, transitional configuration, what survivors of the old ring
 * still had, regular configuration (EVS; totemsrp memb_state_operational_enter, whose order of steps this keeps).
 */
export function enterOperational(r: RingContext): void {
  const old = r.saved ?? { aru: r.aru, highSeqReceived: r.highSeqReceived };
  const newAru = r.aru;
  r.consensus.clear();
  adoptRecovered(r);
  r.saved = undefined;

  r.aru = old.aru;
  deliver(r, old.highSeqReceived, false);
  const left = without(r.members, r.transMembers);
  const joined = without(r.newMembers, r.transMembers);
  const members = r.newMembers;
  const transitional = r.transMembers;
  r.members = members;
  r.upcalls.configuration({ kind: 'transitional', ring: r.ring, members: transitional, left, joined: [] });
  r.groups.awaitSynchronised();
  deliver(r, old.highSeqReceived, true);
  r.groups.transitional();
  r.groups.drop(left);
  startRing(r, newAru);
  r.counters.operational_entered++;
  r.counters.continuous_gather = 0;
  r.enter('operational', 'recovery is complete');
  r.upcalls.configuration({ kind: 'regular', ring: r.ring, members, left: [], joined });
}

/** What recovery sent counts as delivered; its queue becomes the ring's. */
function startRing(r: RingContext, newAru: number): void {
  const old = r.regular;
  r.regular = r.recovery;
  r.recovery = old;
  old.reset(r.startSeq);
  let highest = r.highSeqReceived;
  while (highest !== r.startSeq && !r.regular.has(highest)) highest = (highest - 1) >>> 0;
  r.highDelivered = highest;
  r.regular.release(highest);
  r.aru = newAru;
  r.lastAru = r.startSeq;
  r.proc = r.newMembers;
  r.failed = [];
  r.receivedFlag = true;
  r.retransFlagCount = 0;
  r.rotationCounter = 0;
  r.oldRing = r.ring;
}

/**
 * Delivers in order up to `end` (totemsrp messages_deliver_to_app). With `skip` holes are passed over, and behind
 * one only messages of {@link RingContext.deliverMembers} count: others may depend on what is missing.
 */
export function deliver(r: RingContext, end: number, skip: boolean): void {
  const queue = r.regular;
  while (seqLt(r.highDelivered, end) && !r.left) {
    const seq = (r.highDelivered + 1) >>> 0;
    if (!queue.get(seq, r.packet)) {
      if (!skip) return;
      r.highDelivered = seq;
      continue;
    }
    r.highDelivered = seq;
    const { offset, length } = r.packet;
    const view = r.packet.slab!.view;
    const from = headerNodeId(view, offset);
    if (skip && !r.deliverMembers.includes(from)) continue;
    // The queue is the old ring's until the new one is installed.
    r.ports.observer?.delivered(r.oldRing, seq, from, view, offset, length);
    r.groups.deliver(from, view, offset + MCAST_SIZE, length - MCAST_SIZE);
  }
}
