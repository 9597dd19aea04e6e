import type { PacketRef } from '../groups/packet-queue.js';
import type { CommitToken } from '../wire/commit-token.js';
import {
  decodeMcastHeader,
  encodeMcastHeader,
  McastHeader,
  MCAST_ENCAPSULATED,
  MCAST_SIZE,
} from '../wire/mcast.js';
import type { OrfToken } from '../wire/orf-token.js';
import { encodeOrfToken, orfTokenSize } from '../wire/orf-token.js';
import { seqAdd, seqLt, seqLte } from '../wire/sequence.js';
import { keepCommitToken } from './commit.js';
import type { OldRing, RingContext } from './context.js';
import { nodeSet } from './node-set.js';
import { SORT_QUEUE_SIZE } from './sort-queue.js';

/** Second rotation of the commit token: exchange what members of one old ring lack (Totem §7; totemsrp memb_state_recovery_enter). */
export function enterRecovery(r: RingContext, token: CommitToken): void {
  r.tokenDiscarded = false;
  r.recovery.reset(r.startSeq);
  r.retransQueue.clear();
  r.recovered.fill(0);
  r.tokenSeq = seqAdd(r.startSeq, -1);
  r.lastSeq = r.startSeq;
  keepCommitToken(r, token);

  r.transMembers = nodeSet(
    token.members.filter((id, i) => r.members.includes(id) && sameOldRing(r, token.entries[i]!)),
  );
  const someoneLacks = token.members.some(
    (id, i) => r.transMembers.includes(id) && token.entries[i]!.receivedFlag === 0,
  );
  if (someoneLacks) {
    r.deliverMembers = r.transMembers;
    originate(r, token, r.saved!);
  }

  r.aru = r.highSeqReceived = r.installSeq = r.startSeq;
  r.aruCount = 0;
  r.seqUnchanged = 0;
  r.retransFlagCount = 0;
  r.rotationCounter = 0;
  r.counters.recovery_entered++;
  r.enter('recovery', 'the commit token has come round');
  r.transmitToken();
  r.tokenLossTimer.start(r.tokenLossTimeout);
  r.tokenRetransmitTimer.start(r.settings.tokenRetransmit);
}

function sameOldRing(r: RingContext, entry: { representative: number; ringSequence: number }): boolean {
  return entry.representative === r.oldRing.representative && entry.ringSequence === r.oldRing.sequence;
}

/** Queues, wrapped for the new ring, every old message that some member of the old ring may lack. */
function originate(r: RingContext, token: CommitToken, old: OldRing): void {
  let low = old.highSeqReceived;
  token.entries.forEach((entry, i) => {
    if (r.deliverMembers.includes(token.members[i]!) && sameOldRing(r, entry) && seqLt(entry.aru, low))
      low = entry.aru;
  });
  const range = (old.highSeqReceived - low) >>> 0;
  // A member that claims to lack more than the ring can hold is lying or lost; it gets what there is.
  let seq = range < SORT_QUEUE_SIZE ? low : (old.highSeqReceived - SORT_QUEUE_SIZE + 1) >>> 0;
  const header = new McastHeader();
  header.nodeId = header.systemFrom = r.me;
  header.encapsulated = MCAST_ENCAPSULATED;
  while (seq !== old.highSeqReceived) {
    seq = (seq + 1) >>> 0;
    if (!r.regular.get(seq, r.packet)) continue;
    const { slab, offset, length } = r.packet;
    r.arena.reserve(MCAST_SIZE + length);
    const target = r.arena.slab;
    encodeMcastHeader(header, target.view, r.arena.offset);
    target.bytes.set(slab!.bytes.subarray(offset, offset + length), r.arena.offset + MCAST_SIZE);
    target.retain();
    if (!r.retransQueue.push(target, r.arena.offset, MCAST_SIZE + length)) target.release();
  }
}

/**
 * A message of recovery has come in: if it is of this node's old ring, nobody need send it once more. Without this
 * every survivor sends all of them, and more than the window of the new ring holds would never get through.
 */
export function noteRecovered(r: RingContext, view: DataView, offset: number, length: number): void {
  const place = placeInOldRing(r, view, offset, length);
  if (place >= 0) r.recovered[place] = 1;
}

/** Has the message at the head of the retransmission queue, which is to be sent, been sent by another member? */
export function isRecovered(r: RingContext, { slab, offset, length }: PacketRef): boolean {
  const place = placeInOldRing(r, slab!.view, offset, length);
  return place >= 0 && r.recovered[place] === 1;
}

/** -1 for a message of another old ring than this node's, or outside of its window. */
function placeInOldRing(r: RingContext, view: DataView, offset: number, length: number): number {
  if (decodeMcastHeader(view, offset + MCAST_SIZE, length - MCAST_SIZE, inner) !== undefined) return -1;
  const { representative, ringSequence, seq } = inner;
  const ours = representative === r.oldRing.representative && ringSequence === r.oldRing.sequence;
  return ours && r.regular.inWindow(seq) ? seq % SORT_QUEUE_SIZE : -1;
}

/** The commit token is back at the representative: the ring's first token (totemsrp orf_token_send_initial), once. */
export function originateToken(r: RingContext): void {
  if (!r.isRepresentative || r.originatedToken) return;
  r.originatedToken = true;
  const token = r.token;
  token.nodeId = r.me;
  token.seq = token.tokenSeq = r.startSeq;
  token.aru = seqAdd(r.startSeq, -1);
  token.aruAddr = r.me;
  token.representative = r.ring.representative;
  token.ringSequence = r.ring.sequence;
  token.backlog = 0;
  token.fcc = 0;
  r.setRetransFlag = r.retransQueue.length > 0;
  token.retransFlag = r.setRetransFlag ? 1 : 0;
  token.rtrCount = 0;
  r.arena.reserve(orfTokenSize(0));
  r.keepToken(nextMember(r), encodeOrfToken(token, r.arena.slab.view, r.arena.offset));
  r.counters.orf_token_tx++;
  r.transmitToken();
}

/** The member the token goes to, in ascending circular order. */
export function nextMember(r: RingContext): number {
  return r.newMembers[(r.newMembers.indexOf(r.me) + 1) % r.newMembers.length]!;
}

/**
 * Counts quiet rotations after the last recovered message (totemsrp, end of message_handler_orf_token). True when
 * every member is known to have everything: time to install the ring.
 */
export function recoveryFinished(r: RingContext, token: OrfToken): boolean {
  if (r.retransQueue.length > 0) {
    if (token.retransFlag === 0) {
      token.retransFlag = 1;
      r.setRetransFlag = true;
    }
  } else if (token.retransFlag !== 0 && r.setRetransFlag) {
    token.retransFlag = 0;
    r.setRetransFlag = false;
  }
  r.retransFlagCount = token.retransFlag === 0 ? r.retransFlagCount + 1 : 0;
  if (r.retransFlagCount === 2) r.installSeq = token.seq;
  if (r.retransFlagCount >= 2 && !r.receivedFlag && seqLte(r.installSeq, r.aru)) {
    r.receivedFlag = true;
    r.deliverMembers = r.transMembers;
  }
  const complete = r.retransFlagCount >= 3 && seqLte(r.installSeq, token.aru);
  r.rotationCounter = complete ? r.rotationCounter + 1 : 0;
  return r.rotationCounter === 2;
}

/** The new ring failed before it was installed: go on from what the old one had (totemsrp old_ring_state_restore). */
export function restoreOldRing(r: RingContext): void {
  if (r.saved === undefined) return;
  r.aru = r.saved.aru;
  r.highSeqReceived = r.saved.highSeqReceived;
}

const inner = new McastHeader();

/** Sorts recovered messages of this node's old ring into it (totemsrp deliver_messages_from_recovery_to_regular). */
export function adoptRecovered(r: RingContext): void {
  const old = r.saved!;
  for (let seq = seqAdd(r.startSeq, 1); seqLte(seq, r.highSeqReceived); seq = seqAdd(seq, 1)) {
    if (!r.recovery.get(seq, r.packet)) continue;
    const slab = r.packet.slab!;
    const offset = r.packet.offset + MCAST_SIZE;
    const length = r.packet.length - MCAST_SIZE;
    if (decodeMcastHeader(slab.view, offset, length, inner) !== undefined) continue;
    if (inner.representative !== r.oldRing.representative || inner.ringSequence !== r.oldRing.sequence)
      continue;
    if (!r.regular.inWindow(inner.seq) || r.regular.has(inner.seq)) continue;
    slab.retain();
    r.regular.add(inner.seq, slab, offset, length);
    if (seqLt(old.highSeqReceived, inner.seq)) old.highSeqReceived = inner.seq;
  }
}
