import { encodeHoldCancel, HOLD_CANCEL_SIZE } from '../wire/hold-cancel.js';
import type { RingContext } from './context.js';

/** An idle ring's representative keeps the token; thresholds differ by one, as in totemsrp. */
export function tokenIsHeld(r: RingContext): boolean {
  const { seqnoUnchangedConst } = r.settings;
  return r.isRepresentative ? r.seqUnchanged > seqnoUnchangedConst : r.seqUnchanged >= seqnoUnchangedConst;
}

/** There is something to send: ask the representative for the token, once. */
export function cancelHold(r: RingContext): void {
  if (!r.tokenHeld || r.state !== 'operational') return;
  r.tokenHeld = false;
  r.arena.reserve(HOLD_CANCEL_SIZE);
  const { representative, sequence } = r.ring;
  const cancel = { nodeId: r.me, representative, ringSequence: sequence };
  r.broadcast(encodeHoldCancel(cancel, r.arena.slab.view, r.arena.offset));
  r.counters.token_hold_cancel_tx++;
  // The representative does not hear its own multicast.
  if (r.isRepresentative) releaseHeldToken(r);
}

/** At most one resend a rotation, however many ask (a flood must not multiply tokens). */
export function releaseHeldToken(r: RingContext): void {
  r.seqUnchanged = 0;
  if (!r.isRepresentative || !r.holdCancelDue) return;
  r.holdCancelDue = false;
  r.holdTimer.stop();
  resendToken(r);
}

/** Sends the last token again; nothing in the gather state, which has none. */
export function resendToken(r: RingContext): void {
  if (r.state === 'gather' || r.left) return;
  r.transmitToken();
  r.tokenRetransmitTimer.start(r.settings.tokenRetransmit);
}
