import type { CommitToken } from '../wire/commit-token.js';
import { commitTokenSize, encodeCommitToken } from '../wire/commit-token.js';
import type { RingContext } from './context.js';
import { nodeSet, sameSet, without } from './node-set.js';
import { seqLt } from '../wire/sequence.js';

/** The representative's proposal (totemsrp memb_state_commit_token_create): ring sequence above any heard of, by 4 (Totem §6.2). */
export function createCommitToken(r: RingContext): CommitToken {
  const members = [...without(r.proc, r.failed)];
  return {
    nodeId: r.me,
    tokenSeq: 0,
    representative: r.me,
    ringSequence: r.highestRingSequence + 4,
    retransFlag: 0,
    membIndex: 0,
    members,
    entries: members.map(() => ({
      representative: 0,
      ringSequence: 0,
      aru: 0,
      highDelivered: 0,
      receivedFlag: 0,
    })),
  };
}

/** First rotation of the commit token: this node enters what it has of its old ring (totemsrp memb_state_commit_enter). */
export function enterCommit(r: RingContext, token: CommitToken): void {
  r.saved ??= { aru: r.aru, highSeqReceived: r.highSeqReceived };
  r.newMembers = nodeSet(token.members);
  fillEntry(r, token, r.saved.aru);
  keepCommitToken(r, token);

  r.joinTimer.stop();
  r.joinDelayTimer.stop();
  r.ownJoinDue = false;
  r.consensusTimer.stop();
  r.ring = { representative: token.representative, sequence: token.ringSequence };
  r.highestRingSequence = r.ring.sequence;
  try {
    r.ports.ringIds.store(r.ring.sequence);
  } catch (error) {
    // Without a stored sequence a restart could use a ring id again: form no ring.
    r.left = true;
    r.upcalls.fatal(error as Error);
    return;
  }
  r.counters.commit_entered++;
  r.enter('commit', 'consensus reached');
  r.tokenRetransmitTimer.start(r.settings.tokenRetransmit);
  r.tokenLossTimer.start(r.settings.token);
  r.transmitCount = 0;
  r.previousBacklog = 0;
  r.currentBacklog = 0;
  // The ring id is on the disk: the token may go.
  r.transmitToken();
}

/** Fills this node's entry (totemsrp memb_state_commit_token_update). */
function fillEntry(r: RingContext, token: CommitToken, savedAru: number): void {
  const index = token.membIndex;
  const mine = token.entries[index]!;
  r.receivedFlag = r.aru === r.highSeqReceived;
  mine.representative = r.oldRing.representative;
  mine.ringSequence = r.oldRing.sequence;
  mine.aru = savedAru;
  mine.highDelivered = r.highDelivered;
  mine.receivedFlag = r.receivedFlag ? 1 : 0;

  // Of the members that were on one ring, those behind the furthest have not received all.
  const sameOldRing = token.entries
    .slice(0, index + 1)
    .filter((e) => e.representative === mine.representative && e.ringSequence === mine.ringSequence);
  const highest = sameOldRing.reduce((aru, e) => (seqLt(aru, e.aru) ? e.aru : aru), mine.aru);
  for (const entry of sameOldRing) if (seqLt(entry.aru, highest)) entry.receivedFlag = 0;
  if (mine.receivedFlag === 0) r.receivedFlag = false;
  token.membIndex = index + 1;
}

/** Makes the commit token the one to (re)transmit, to the next member. */
export function keepCommitToken(r: RingContext, token: CommitToken): void {
  token.nodeId = r.me;
  token.tokenSeq = (token.tokenSeq + 1) >>> 0;
  const next = token.members[(token.members.indexOf(r.me) + 1) % token.members.length]!;
  r.arena.reserve(commitTokenSize(token.members.length));
  r.keepToken(next, encodeCommitToken(token, r.arena.slab.view, r.arena.offset));
  r.counters.memb_commit_token_tx++;
}

/** May this commit token, heard in the gather state, be joined? */
export function commitTokenFits(r: RingContext, token: CommitToken): boolean {
  return (
    sameSet(nodeSet(token.members), without(r.proc, r.failed)) &&
    token.ringSequence > r.ring.sequence &&
    // The token fills from the front: this node's turn is the first empty entry.
    token.members[token.membIndex] === r.me
  );
}
