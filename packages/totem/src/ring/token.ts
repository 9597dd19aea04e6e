import { encodeMcastHeader, McastHeader } from '../wire/mcast.js';
import type { OrfToken } from '../wire/orf-token.js';
import { decodeOrfToken, encodeOrfToken, MAX_RTR, orfTokenSize } from '../wire/orf-token.js';
import { seqLt, seqLte } from '../wire/sequence.js';
import type { RingContext } from './context.js';
import { accountSent, transmitsAllowed, withinSortQueue } from './flow-control.js';
import { union } from './node-set.js';
import { deliver } from './operational.js';
import { isRecovered, nextMember, recoveryFinished } from './recovery.js';
import { SORT_QUEUE_SIZE } from './sort-queue.js';
import { tokenIsHeld } from './token-hold.js';

/** A visit of the token (Totem §7.1; totemsrp message_handler_orf_token, whose order of steps this keeps). */
export function receiveToken(r: RingContext, view: DataView, offset: number, length: number): void {
  const token = r.token;
  const reason = decodeOrfToken(view, offset, length, token) ?? refusal(r, token);
  if (reason !== undefined) {
    if (reason !== 'token_duplicate') r.counters.drop(reason);
    return;
  }
  // Messages sent before this token may still wait in another socket: hear them first.
  r.ports.transport.drain();
  if (r.tokenDiscarded || r.left) return;

  r.counters.orf_token_rx++;
  noteRotation(r);
  noteIdle(r, token);
  r.tokenHeld = tokenIsHeld(r);
  r.holdCancelDue = true;
  if (r.state === 'operational') releaseMessages(r, token);
  r.groups.flush();

  const lastAru = r.lastAru;
  r.lastAru = token.aru;
  let allowed = transmitsAllowed(r, token);
  const retransmitted = retransmit(r, token, allowed);
  allowed -= retransmitted;
  requestMissing(r, token);
  if (r.settings.cancelTokenHoldOnRetransmit && (token.rtrCount > 0 || retransmitted > 0))
    r.tokenHeld = false;
  const sent = sendMessages(r, token, withinSortQueue(r, token, allowed));
  accountSent(r, token, retransmitted + sent);
  updateTokenAru(r, token);
  if (failedToReceive(r, token, lastAru)) return;

  r.tokenSeq = token.tokenSeq;
  token.tokenSeq = (token.tokenSeq + 1) >>> 0;
  const installed = r.state === 'recovery' && recoveryFinished(r, token);
  forward(r, token);
  if (installed) r.transitions.operational();
  if (r.state === 'operational') deliver(r, r.highSeqReceived, false);
  if (!r.left) r.upcalls.tokenForwarded();
}

/** Why a well-formed token is not this ring's next one. Nothing of it has taken effect. */
function refusal(r: RingContext, token: OrfToken): string | undefined {
  if (token.representative !== r.ring.representative || token.ringSequence !== r.ring.sequence)
    return 'token_ring';
  if (seqLte(token.tokenSeq, r.tokenSeq)) return 'token_duplicate';
  if (!r.newMembers.includes(token.nodeId)) return 'token_sender';
  // Only who has lowered the aru raises it again: in a stranger's name it would stay for ever.
  if (token.aruAddr !== 0 && !r.newMembers.includes(token.aruAddr)) return 'token_aru_addr';
  if (seqLt(token.seq, r.lastSeq) || seqLt(token.seq, token.aru)) return 'token_seq';
  if ((token.seq - r.aru) >>> 0 >= SORT_QUEUE_SIZE) return 'token_seq';
  return undefined;
}

function noteRotation(r: RingContext): void {
  const now = r.ports.clock.now();
  if (r.lastTokenAt >= 0) {
    const rotation = now - r.lastTokenAt;
    r.meanRotation += (rotation - r.meanRotation) / 16;
    const { tokenWarning } = r.settings;
    if (tokenWarning > 0 && rotation > tokenWarning && r.state === 'operational')
      r.ports.log.warn(
        `the token was away for ${Math.round(rotation)} ms; after ${r.tokenLossTimeout} ms it is lost`,
      );
  }
  r.lastTokenAt = now;
}

/** Nothing new since the last visit: look for other rings, and count towards holding the token. */
function noteIdle(r: RingContext, token: OrfToken): void {
  if (token.seq === r.lastSeq) {
    if (!r.mergeTimer.running) r.mergeTimer.start(r.settings.merge);
    r.seqUnchanged++;
  } else {
    r.mergeTimer.stop();
    r.seqUnchanged = 0;
  }
  r.holdTimer.stop();
  r.lastSeq = token.seq;
}

/** What all have had for two visits is needed by nobody. */
function releaseMessages(r: RingContext, token: OrfToken): void {
  let upTo = seqLt(token.aru, r.lastAru) ? token.aru : r.lastAru;
  if (seqLt(r.highDelivered, upTo)) upTo = r.highDelivered;
  r.regular.release(upTo);
}

/** Sends again what others ask for and this node has; takes it off the list. */
function retransmit(r: RingContext, token: OrfToken, allowed: number): number {
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  let sent = 0;
  let kept = 0;
  for (let i = 0; i < token.rtrCount; i++) {
    const seq = token.rtrSeq[i]!;
    const ours =
      token.rtrRepresentative[i] === r.ring.representative && token.rtrRingSequence[i] === r.ring.sequence;
    if (!ours) continue;
    if (sent < allowed && queue.get(seq, r.packet)) {
      r.ports.transport.broadcast(r.packet.slab!, r.packet.offset, r.packet.length);
      r.counters.mcast_retx++;
      sent++;
      continue;
    }
    token.rtrRepresentative[kept] = r.ring.representative;
    token.rtrRingSequence[kept] = r.ring.sequence;
    token.rtrSeq[kept++] = seq;
  }
  token.rtrCount = kept;
  return sent;
}

/** Asks for what has been missing at `miss_count_const` visits: earlier it may just be on its way. */
function requestMissing(r: RingContext, token: OrfToken): void {
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  let seq = r.aru;
  while (seqLt(seq, token.seq) && token.rtrCount < MAX_RTR) {
    seq = (seq + 1) >>> 0;
    if (!queue.inWindow(seq)) return;
    if (queue.has(seq) || queue.miss(seq) < r.settings.missCountConst || isListed(token, seq)) continue;
    token.rtrRepresentative[token.rtrCount] = r.ring.representative;
    token.rtrRingSequence[token.rtrCount] = r.ring.sequence;
    token.rtrSeq[token.rtrCount++] = seq;
  }
}

function isListed(token: OrfToken, seq: number): boolean {
  for (let i = 0; i < token.rtrCount; i++) if (token.rtrSeq[i] === seq) return true;
  return false;
}

const header = new McastHeader();

/** Gives the next packets their place in the order and sends them. */
function sendMessages(r: RingContext, token: OrfToken, allowed: number): number {
  const recovering = r.state === 'recovery';
  const source = recovering ? r.retransQueue : r.groups.sendQueue;
  const queue = recovering ? r.recovery : r.regular;
  header.nodeId = header.systemFrom = r.me;
  header.representative = r.ring.representative;
  header.ringSequence = r.ring.sequence;
  let sent = 0;
  while (sent < allowed && source.shift(r.packet)) {
    const { offset, length } = r.packet;
    const slab = r.packet.slab!;
    if (recovering && isRecovered(r, r.packet)) {
      slab.release();
      continue;
    }
    token.seq = (token.seq + 1) >>> 0;
    header.seq = token.seq;
    header.thisSeqno = r.thisSeqno = (r.thisSeqno + 1) >>> 0;
    header.encapsulated = recovering ? 1 : 2;
    encodeMcastHeader(header, slab.view, offset);
    queue.add(token.seq, slab, offset, length);
    if (!recovering) r.ports.observer?.originated(r.ring, token.seq, slab.view, offset, length);
    r.ports.transport.broadcast(slab, offset, length);
    r.counters.mcast_tx++;
    sent++;
  }
  r.highSeqReceived = token.seq;
  advanceAru(r);
  return sent;
}

/** Moves the aru over what is there without a gap. */
export function advanceAru(r: RingContext): void {
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  let next = (r.aru + 1) >>> 0;
  while (seqLte(next, r.highSeqReceived) && queue.has(next)) {
    r.aru = next;
    next = (next + 1) >>> 0;
  }
}

function updateTokenAru(r: RingContext, token: OrfToken): void {
  if (!seqLt(r.aru, token.aru) && token.aruAddr !== r.me && token.aruAddr !== 0) return;
  token.aru = r.aru;
  token.aruAddr = token.aru === token.seq ? 0 : r.me;
}

/** Deliberately unlike the paper: the node that holds the ring up accuses itself (totemsrp failed_to_recv). */
function failedToReceive(r: RingContext, token: OrfToken, lastAru: number): boolean {
  r.aruCount = token.aru === lastAru && token.aruAddr !== 0 ? r.aruCount + 1 : 0;
  if (r.aruCount <= r.settings.failRecvConst || token.aruAddr !== r.me) return false;
  r.ports.log.error('failed to receive: messages on the ring do not reach this node', {
    aru: r.aru,
    seq: token.seq,
  });
  r.failedToReceive = true;
  r.failed = union(r.failed, [r.me]);
  r.aruCount = 0;
  r.transitions.gather(6);
  return true;
}

/** Passes the token on, unless an idle ring's representative holds it; from here the next visit is due. */
function forward(r: RingContext, token: OrfToken): void {
  token.nodeId = r.me;
  const length = orfTokenSize(token.rtrCount);
  r.arena.reserve(length);
  r.keepToken(nextMember(r), encodeOrfToken(token, r.arena.slab.view, r.arena.offset));
  const held = r.isRepresentative && r.tokenHeld;
  if (!held) r.transmitToken();
  // Nothing that the layer above does with deliveries may hold the token up.
  r.ports.transport.flush();
  r.tokenLossTimer.start(r.tokenLossTimeout);
  r.tokenRetransmitTimer.start(r.settings.tokenRetransmit);
  if (held) r.holdTimer.start(r.settings.hold);
}
