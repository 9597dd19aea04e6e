import type { NodeId } from '@coterie/sdk';
import type { CommitToken } from '../wire/commit-token.js';
import { decodeCommitToken } from '../wire/commit-token.js';
import type { Join } from '../wire/join.js';
import { decodeJoin } from '../wire/join.js';
import { commitTokenFits } from './commit.js';
import type { RingContext } from './context.js';
import { processJoin } from './gather.js';
import { isSubset } from './node-set.js';
import { originateToken, restoreOldRing } from './recovery.js';

/** A ring cannot have got further ahead than this since the last sign of it: more is not believed at once. */
const MAX_RING_SEQUENCE_JUMP = 2 ** 32;
/** Milliseconds between two lines about nodes under a wrong id. */
const NAME_COMPLAINT_INTERVAL = 60_000;

/**
 * A join or LEAVE, in any state (totemsrp message_handler_memb_join).
 * @param sender the node at whose address it was sent; 0: unknown
 */
export function receiveJoin(
  r: RingContext,
  view: DataView,
  offset: number,
  length: number,
  sender: NodeId,
): void {
  const { join, reason } = decodeJoin(view, offset, length);
  if (join === undefined) return r.counters.drop(reason);
  if (sender !== 0 && join.systemFrom !== sender) return refuseName(r, join.systemFrom, sender);
  if (join.systemFrom === r.me) return;
  if (!believable(r, join.ringSequence)) return r.counters.drop('join_ring_seq');
  r.counters.memb_join_rx++;
  // After a pause the queues are full of joins from the past: they would throw the membership about.
  if (r.ports.clock.now() < r.joinsIgnoredUntil) return r.counters.drop('join_after_pause');
  if (join.ringSequence > r.highestRingSequence) r.highestRingSequence = join.ringSequence;

  switch (r.state) {
    case 'gather':
      return processJoin(r, join);
    case 'operational':
      if (concernsRing(r, join)) processJoin(r, join);
      return;
    case 'commit':
      if (concernsNewRing(r, join)) {
        processJoin(r, join);
        // Processing may have entered it already; the reason counts once.
        if (isState(r, 'commit')) r.transitions.gather(13);
      }
      return;
    case 'recovery':
      if (concernsNewRing(r, join)) {
        forgive(r, join);
        processJoin(r, join);
        restoreOldRing(r);
        r.transitions.gather(14);
      }
  }
}

/** Two nodes with one id would throw each other out for ever: only the one at the address of the nodelist is heard. */
function refuseName(r: RingContext, claimed: NodeId, sender: NodeId): void {
  r.counters.drop('join_address');
  const now = r.ports.clock.now();
  if (now - r.nameRefusedAt < NAME_COMPLAINT_INTERVAL) return;
  r.nameRefusedAt = now;
  r.ports.log.error(
    `node ${sender} says that it is node ${claimed}, which the nodelist has at another address: it is not let in`,
  );
}

/**
 * A number that only a forger can have made up is not stored, nor does it part the nodes for good: forged joins,
 * each within the limit, may have taken some of them further ahead than the others believe. Those catch up, a step a
 * token timeout, each twice as far as the one before while they are told to go on.
 */
function believable(r: RingContext, sequence: number): boolean {
  if (sequence <= r.highestRingSequence + MAX_RING_SEQUENCE_JUMP) return true;
  const now = r.ports.clock.now();
  const since = now - r.caughtUpAt;
  if (since >= r.settings.token) {
    r.caughtUpAt = now;
    r.catchUpStep = since < 2 * r.settings.token ? 2 * r.catchUpStep : MAX_RING_SEQUENCE_JUMP;
    // Never beyond what somebody claims, where the numbers would be used up in vain.
    r.highestRingSequence = Math.min(r.highestRingSequence + r.catchUpStep, sequence);
  }
  return false;
}

/** Not one that counts this node out, nor a stale one of a member from before this ring (corosync cfbb021e). */
function concernsRing(r: RingContext, join: Join): boolean {
  if (join.failed.includes(r.me)) return false;
  return !(r.members.includes(join.systemFrom) && join.ringSequence < r.ring.sequence);
}

function concernsNewRing(r: RingContext, join: Join): boolean {
  return r.newMembers.includes(join.systemFrom) && join.ringSequence >= r.ring.sequence;
}

/**
 * A member that accuses nobody whom this node still does has installed the ring, and forgotten there whom the ring went
 * without. Were this node to repeat it, those would be left out of the next ring as well, in turn for ever.
 */
function forgive(r: RingContext, join: Join): void {
  if (isSubset(r.failed, join.failed)) return;
  r.proc = r.newMembers;
  r.failed = [];
}

/** The compiler does not see that a call changes the state. */
function isState(r: RingContext, state: RingContext['state']): boolean {
  return r.state === state;
}

/** A commit token (totemsrp message_handler_memb_commit_token). */
export function receiveCommitToken(r: RingContext, view: DataView, offset: number, length: number): void {
  const { token, reason } = decodeCommitToken(view, offset, length);
  if (token === undefined) return r.counters.drop(reason);
  r.counters.memb_commit_token_rx++;
  if (r.state === 'gather') {
    if (commitTokenFits(r, token)) r.transitions.commit(token);
  } else if (r.state === 'commit') {
    if (isComplete(r, token)) r.transitions.recovery(token);
  } else if (r.state === 'recovery') {
    if (isComplete(r, token)) originateToken(r);
  }
}

function isComplete(r: RingContext, token: CommitToken): boolean {
  return (
    token.representative === r.ring.representative &&
    token.ringSequence === r.ring.sequence &&
    token.membIndex === token.members.length &&
    token.members.length === r.newMembers.length &&
    token.members.every((id, i) => id === r.newMembers[i])
  );
}
