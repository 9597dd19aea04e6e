import type { NodeId } from '@coterie/sdk';
import type { Join } from '../wire/join.js';
import { encodeJoin, joinSize } from '../wire/join.js';
import { gatherReasons } from './context.js';
import type { GatherReason, RingContext } from './context.js';
import { createCommitToken } from './commit.js';
import type { NodeSet } from './node-set.js';
import { isSubset, nodeSet, sameSet, union, without } from './node-set.js';

/** GATHER: find out who is there (Totem §6.2; totemsrp memb_state_gather_enter). */
export function enterGather(r: RingContext, reason: GatherReason): void {
  r.tokenDiscarded = true;
  r.originatedToken = false;
  r.contradicted = false;
  r.proc = union(r.proc, [r.me]);
  r.tokenLossTimer.stop();
  r.tokenRetransmitTimer.stop();
  r.mergeTimer.stop();
  r.consensus.clear();
  r.consensus.add(r.me);
  r.counters.gather_entered++;
  r.counters.continuous_gather++;
  r.enter('gather', gatherReasons[reason]);
  scheduleJoin(r);
  r.consensusTimer.start(r.settings.consensus);
}

/** `send_join` spreads the joins of many nodes that start at once; it may be longer than `join`. */
export function scheduleJoin(r: RingContext): void {
  const { sendJoin, join } = r.settings;
  if (sendJoin === 0) broadcastJoin(r);
  else if (!r.joinDelayTimer.running) r.joinDelayTimer.start(r.ports.random.below(sendJoin));
  r.joinTimer.start(join);
}

export function broadcastJoin(r: RingContext): void {
  sendJoin(r, {
    nodeId: r.me,
    systemFrom: r.me,
    proc: [...r.proc],
    failed: [...r.failed],
    ringSequence: r.ring.sequence,
  });
  r.ownJoinDue = true;
}

/** A graceful goodbye is a join from node 0 that counts the leaver among the failed (totemsrp memb_leave_message_send). */
export function broadcastLeave(r: RingContext): void {
  sendJoin(r, {
    nodeId: 0,
    systemFrom: r.me,
    proc: [...without(r.proc, [r.me])],
    failed: [...without(r.failed, [r.me]), r.me],
    ringSequence: r.ring.sequence,
  });
}

function sendJoin(r: RingContext, join: Join): void {
  r.arena.reserve(joinSize(join.proc.length, join.failed.length));
  r.broadcast(encodeJoin(join, r.arena.slab.view, r.arena.offset));
  r.counters.memb_join_tx++;
}

/** The own join counts like anybody's: a lone node forms its ring by it. */
export function hearOwnJoin(r: RingContext): void {
  r.ownJoinDue = false;
  if (r.state !== 'gather') return;
  processJoin(r, {
    nodeId: r.me,
    systemFrom: r.me,
    proc: [...r.proc],
    failed: [...r.failed],
    ringSequence: r.ring.sequence,
  });
}

/** Compares a join with what this node believes (Totem §6.2; totemsrp memb_join_process). */
export function processJoin(r: RingContext, join: Join): void {
  const from = join.systemFrom;
  const proc = nodeSet(join.proc);
  const failed = nodeSet(join.failed);

  if (sameSet(proc, r.proc) && sameSet(failed, r.failed)) {
    if (join.nodeId !== 0) r.consensus.add(from);
    if (r.state === 'gather' && consensusAgreed(r)) {
      if (r.failedToReceive) {
        // Unlike the paper, the node that cannot receive accuses itself and goes on alone.
        r.failedToReceive = false;
        r.proc = [r.me];
        r.failed = [];
        r.transitions.commit(createCommitToken(r));
        return;
      }
      if (without(r.proc, r.failed)[0] === r.me) {
        r.transitions.commit(createCommitToken(r));
        return;
      }
    }
  } else if (!(isSubset(proc, r.proc) && isSubset(failed, r.failed)) && !r.failed.includes(from)) {
    if (learn(r, from, proc, failed)) return r.transitions.gather(11);
  }
  if (r.state === 'operational') r.transitions.gather(12);
}

/**
 * Takes over what a join knows beyond this node. False if that is nothing: two strangers that disagree on who has
 * failed would otherwise answer each other's joins without end; the consensus timeout parts them.
 */
function learn(r: RingContext, from: NodeId, proc: NodeSet, failed: NodeSet): boolean {
  const before = r.proc.length + r.failed.length;
  r.proc = union(r.proc, proc);
  if (failed.includes(r.me)) r.failed = union(r.failed, [from]);
  else if (r.members.includes(from)) r.failed = union(r.failed, failed);
  // A stranger's opinion on who has failed does not count.
  return r.proc.length + r.failed.length > before;
}

/**
 * Has every node that is believed alive said the same as this one? A node that has accused itself goes on alone,
 * so it needs nobody: not even when it has counted everybody among the failed (corosync d4db2ea5).
 */
export function consensusAgreed(r: RingContext): boolean {
  const alive = without(r.proc, r.failed);
  return (alive.length > 0 || r.failedToReceive) && alive.every((id) => r.consensus.has(id));
}

/** Who has not agreed in time has failed (totemsrp memb_state_consensus_timeout_expired). */
export function consensusTimedOut(r: RingContext): void {
  r.counters.consensus_timeouts++;
  if (consensusAgreed(r)) {
    // All agree, but the representative's commit token has not come: give it a token timeout.
    r.consensus.clear();
    r.consensus.add(r.me);
    r.tokenLossTimer.start(r.settings.token);
    return;
  }
  const silent = without(r.proc, r.failed).filter((id) => !r.consensus.has(id));
  r.failed = union(r.failed, silent);
  r.transitions.gather(0);
}
