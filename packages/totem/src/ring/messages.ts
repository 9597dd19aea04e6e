import type { NodeId, Slab } from '@coterie/sdk';
import { MAX_NODES } from '../wire/header.js';
import { decodeMcastHeader, MCAST_ENCAPSULATED } from '../wire/mcast.js';
import type { McastHeader } from '../wire/mcast.js';
import { decodeMergeDetect, encodeMergeDetect, MERGE_DETECT_SIZE } from '../wire/merge-detect.js';
import { seqLt } from '../wire/sequence.js';
import type { RingContext } from './context.js';
import { union } from './node-set.js';
import { deliver } from './operational.js';
import { noteRecovered } from './recovery.js';
import { advanceAru } from './token.js';

/** A message packet (totemsrp message_handler_mcast): into the sort queue, or the sign of another ring. */
export function receiveMcast(r: RingContext, slab: Slab, offset: number, length: number): void {
  const header = r.mcast;
  let reason: string | undefined = decodeMcastHeader(slab.view, offset, length, header);
  if (reason === undefined) {
    r.counters.mcast_rx++;
    const ours = header.representative === r.ring.representative && header.ringSequence === r.ring.sequence;
    if (!ours) return foreignRing(r, header.systemFrom, header.ringSequence, 7, 8);
    reason = refusal(r, header);
  }
  if (reason !== undefined) {
    if (reason !== 'mcast_duplicate') r.counters.drop(reason);
    else if (contradicts(r, slab, offset, length)) {
      r.counters.drop('mcast_conflict');
      r.ports.log.error(
        `two different messages of node ${header.nodeId} claim one place in the order of the ring`,
        {
          seq: header.seq,
        },
      );
      r.contradicted = true;
    }
    return;
  }
  slab.retain();
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  queue.add(header.seq, slab, offset, length);
  if (r.state === 'recovery') noteRecovered(r, slab.view, offset, length);
  if (seqLt(r.highSeqReceived, header.seq)) r.highSeqReceived = header.seq;
  advanceAru(r);
  if (r.state === 'operational') deliver(r, r.highSeqReceived, false);
}

/**
 * Where two messages claimed one place, members may wait for what they will never hear: with the next ring all begin
 * anew. corosync goes on.
 */
export function endContradiction(r: RingContext): void {
  if (r.contradicted && r.state === 'operational' && mayDisturb(r, r.me)) r.transitions.gather(7);
}

function refusal(r: RingContext, header: McastHeader): string | undefined {
  const recovering = r.state === 'recovery';
  // The id of a ring being formed: nobody may send on it yet.
  if (r.state === 'commit') return 'mcast_state';
  if (!(recovering ? r.newMembers : r.members).includes(header.nodeId)) return 'mcast_not_member';
  // A member that has installed the ring already may send on it; it sends again what this node then lacks.
  const encapsulated = header.encapsulated === MCAST_ENCAPSULATED;
  if (recovering !== encapsulated) return 'mcast_state';
  const queue = recovering ? r.recovery : r.regular;
  if (queue.has(header.seq) || !seqLt(queue.released, header.seq)) return 'mcast_duplicate';
  return queue.inWindow(header.seq) ? undefined : 'mcast_window';
}

/** A repeated message is the same to the last byte; the first one heard counts whatever comes later. */
function contradicts(r: RingContext, slab: Slab, offset: number, length: number): boolean {
  const queue = r.state === 'recovery' ? r.recovery : r.regular;
  if (!queue.get(r.mcast.seq, r.packet)) return false;
  if (r.packet.length !== length) return true;
  const known = r.packet.slab!.bytes;
  for (let i = 0; i < length; i++) if (known[r.packet.offset + i] !== slab.bytes[offset + i]) return true;
  return false;
}

export function receiveMergeDetect(r: RingContext, view: DataView, offset: number, length: number): void {
  const packet = r.mergeDetect;
  const reason = decodeMergeDetect(view, offset, length, packet);
  if (reason !== undefined) return r.counters.drop(reason);
  r.counters.memb_merge_detect_rx++;
  if (packet.representative === r.ring.representative && packet.ringSequence === r.ring.sequence) return;
  foreignRing(r, packet.systemFrom, packet.ringSequence, 9, 10);
}

/** Somebody is on another ring: try to form one together. */
function foreignRing(
  r: RingContext,
  from: NodeId,
  sequence: number,
  running: 7 | 9,
  gathering: 8 | 10,
): void {
  if (r.state === 'operational') {
    // A member's packet of a lower ring was delayed on its way: ring sequences only grow.
    if (from === r.me || (r.members.includes(from) && sequence < r.ring.sequence)) return;
    if (!mayDisturb(r, from)) return r.counters.drop('foreign_too_often');
    r.proc = union(r.proc, [from]);
    r.transitions.gather(running);
  } else if (r.state === 'gather' && !r.proc.includes(from)) {
    r.proc = union(r.proc, [from]);
    r.transitions.gather(gathering);
  }
}

/**
 * One node ends this ring at most once a token timeout: one that is heard but never joins (a one-way link, a
 * forger) must not keep the others from their work.
 */
function mayDisturb(r: RingContext, from: NodeId): boolean {
  const now = r.ports.clock.now();
  const last = r.foreignGathers.get(from);
  if (last !== undefined && now - last < r.settings.token) return false;
  if (r.foreignGathers.size >= MAX_NODES) r.foreignGathers.clear();
  r.foreignGathers.set(from, now);
  return true;
}

/** An idle ring's representative makes the ring known to others. */
export function announceRing(r: RingContext): void {
  if (r.state !== 'operational' || !r.isRepresentative) return;
  const { representative, sequence } = r.ring;
  r.arena.reserve(MERGE_DETECT_SIZE);
  r.broadcast(
    encodeMergeDetect(
      { nodeId: r.me, systemFrom: r.me, representative, ringSequence: sequence },
      r.arena.slab.view,
      r.arena.offset,
    ),
  );
  r.counters.memb_merge_detect_tx++;
}
