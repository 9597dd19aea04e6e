import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { MAX_NODES, PacketType, headerNodeId, writeHeader } from './header.js';
import { readRingSequence, writeRingSequence } from './ring-id.js';

const FIXED_SIZE = 33;

/** A proposal for the next membership, or the farewell of a node (memb_join). */
export interface Join {
  /** From the header; 0 makes it a LEAVE. */
  readonly nodeId: NodeId;
  readonly systemFrom: NodeId;
  /** The nodes considered; a LEAVE names those that stay behind. */
  readonly proc: readonly NodeId[];
  /** The nodes given up; the last one of a LEAVE is the leaver. */
  readonly failed: readonly NodeId[];
  /** Sequence of the sender's current ring. */
  readonly ringSequence: number;
}

export type DecodedJoin =
  { readonly join: Join; readonly reason?: never } | { readonly join?: never; readonly reason: DropReason };

/** Bytes of a join with lists of these lengths. */
export function joinSize(procCount: number, failedCount: number): number {
  return FIXED_SIZE + 4 * (procCount + failedCount);
}

/**
 * Reads a packet that `checkHeader` says is a join. Refused are lists that no honest node sends: too long, with
 * node 0 or one node twice, a join whose sender does not count itself in, a LEAVE whose sender is not the leaver.
 */
export function decodeJoin(view: DataView, offset: number, length: number): DecodedJoin {
  if (length < FIXED_SIZE) return { reason: 'join_short' };
  const procCount = view.getUint32(offset + 17, true);
  const failedCount = view.getUint32(offset + 21, true);
  // Each on its own: the sum of two u32 is what overflowed in CVE-2026-35092.
  if (procCount > MAX_NODES || failedCount > MAX_NODES) return { reason: 'join_count' };
  if (length < joinSize(procCount, failedCount)) return { reason: 'join_short' };

  const join: Join = {
    nodeId: headerNodeId(view, offset),
    systemFrom: view.getUint32(offset + 13, true),
    proc: readNodeIds(view, offset + FIXED_SIZE, procCount),
    failed: readNodeIds(view, offset + FIXED_SIZE + 4 * procCount, failedCount),
    ringSequence: readRingSequence(view, offset + 25),
  };
  const reason = checkJoin(join);
  return reason === undefined ? { join } : { reason };
}

function readNodeIds(view: DataView, offset: number, count: number): NodeId[] {
  const ids: NodeId[] = [];
  for (let i = 0; i < count; i++) ids.push(view.getUint32(offset + 4 * i, true));
  return ids;
}

function checkJoin(join: Join): DropReason | undefined {
  const { nodeId, systemFrom, proc, failed } = join;
  if (join.ringSequence < 0) return 'ring_seq';
  if (proc.includes(0) || failed.includes(0)) return 'join_list_node_id';
  if (hasDuplicates(proc) || hasDuplicates(failed)) return 'join_duplicate';
  if (nodeId === 0) {
    return failed.at(-1) === systemFrom && !proc.includes(systemFrom) ? undefined : 'join_leave';
  }
  return nodeId === systemFrom && proc.includes(nodeId) ? undefined : 'join_sender';
}

function hasDuplicates(ids: readonly NodeId[]): boolean {
  return new Set(ids).size !== ids.length;
}

/** Writes the packet and returns its size. */
export function encodeJoin(join: Join, view: DataView, offset: number): number {
  const { proc, failed } = join;
  writeHeader(view, offset, PacketType.join, 0, join.nodeId);
  view.setUint32(offset + 13, join.systemFrom, true);
  view.setUint32(offset + 17, proc.length, true);
  view.setUint32(offset + 21, failed.length, true);
  writeRingSequence(view, offset + 25, join.ringSequence);
  writeNodeIds(view, offset + FIXED_SIZE, proc);
  writeNodeIds(view, offset + FIXED_SIZE + 4 * proc.length, failed);
  return joinSize(proc.length, failed.length);
}

function writeNodeIds(view: DataView, offset: number, ids: readonly NodeId[]): void {
  for (let i = 0; i < ids.length; i++) view.setUint32(offset + 4 * i, ids[i]!, true);
}
