import type { OrfToken } from '../wire/orf-token.js';
import type { RingContext } from './context.js';
import { SORT_QUEUE_SIZE } from './sort-queue.js';
import { seqLt } from '../wire/sequence.js';

/**
 * Packets this node may send at this visit: its share of the window by its share of the ring's backlog
 * (Totem §7.4; totemsrp fcc_calculate). Also notes the backlog for the token.
 */
export function transmitsAllowed(r: RingContext, token: OrfToken): number {
  const { maxMessages, windowSize } = r.settings;
  // Unsigned like totemsrp: a count above the window does not stop the ring.
  const free = (windowSize - token.fcc) >>> 0;
  let allowed = Math.min(maxMessages, free);
  r.currentBacklog = r.state === 'recovery' ? r.retransQueue.length : r.groups.sendQueue.length;
  const backlog = (token.backlog + r.currentBacklog - r.previousBacklog) >>> 0;
  if (backlog !== 0) {
    const share = Math.floor((windowSize * r.previousBacklog) / backlog);
    if (share > 0) allowed = Math.min(allowed, share);
  }
  return allowed;
}

/** What may be sent without running ahead of messages that some member still lacks. */
export function withinSortQueue(r: RingContext, token: OrfToken, allowed: number): number {
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  const limit = (queue.released + SORT_QUEUE_SIZE - allowed - r.settings.windowSize) >>> 0;
  return seqLt(limit, token.seq) ? 0 : allowed;
}

/** Accounts for what was sent (totemsrp fcc_token_update). */
export function accountSent(r: RingContext, token: OrfToken, sent: number): void {
  token.fcc = (token.fcc + sent - r.transmitCount) >>> 0;
  token.backlog = (token.backlog + r.currentBacklog - r.previousBacklog) >>> 0;
  r.transmitCount = sent;
  r.previousBacklog = r.currentBacklog;
}
