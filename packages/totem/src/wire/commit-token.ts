import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { MAX_NODES, PacketType, headerNodeId, writeHeader } from './header.js';
import { RING_ID_SIZE, readRingSequence, writeRing } from './ring-id.js';

const FIXED_SIZE = 41;
const ENTRY_SIZE = RING_ID_SIZE + 12;

/** What a member brings along from its old ring; all zero until it has had the commit token. */
export interface CommitEntry {
  representative: NodeId;
  ringSequence: number;
  aru: number;
  highDelivered: number;
  /** 1 if the member has every message of its old ring that it knows of. */
  receivedFlag: number;
}

/** The token that forms a ring: its members enter what they have of the past (memb_commit_token). */
export interface CommitToken {
  /** Who passed it on. */
  nodeId: NodeId;
  tokenSeq: number;
  /** The ring being formed; the representative is its first member. */
  representative: NodeId;
  ringSequence: number;
  /** Unused. */
  retransFlag: number;
  /** How many members have filled in their entry. */
  membIndex: number;
  /** Ascending (unsigned), at least one. */
  readonly members: readonly NodeId[];
  /** One a member, in the same order. */
  readonly entries: readonly CommitEntry[];
}

export type DecodedCommitToken =
  | { readonly token: CommitToken; readonly reason?: never }
  | { readonly token?: never; readonly reason: DropReason };

/** Bytes of a commit token for so many members. */
export function commitTokenSize(memberCount: number): number {
  return FIXED_SIZE + (4 + ENTRY_SIZE) * memberCount;
}

/** Reads a packet that `checkHeader` says is a commit token. */
export function decodeCommitToken(view: DataView, offset: number, length: number): DecodedCommitToken {
  if (length < FIXED_SIZE) return { reason: 'commit_short' };
  const count = view.getUint32(offset + 37, true);
  if (count === 0 || count > MAX_NODES) return { reason: 'commit_count' };
  if (length < commitTokenSize(count)) return { reason: 'commit_short' };

  const members: NodeId[] = [];
  const entries: CommitEntry[] = [];
  for (let i = 0; i < count; i++) {
    members.push(view.getUint32(offset + FIXED_SIZE + 4 * i, true));
    entries.push(readEntry(view, offset + FIXED_SIZE + 4 * count + ENTRY_SIZE * i));
  }
  const token: CommitToken = {
    nodeId: headerNodeId(view, offset),
    tokenSeq: view.getUint32(offset + 13, true),
    representative: view.getUint32(offset + 17, true),
    ringSequence: readRingSequence(view, offset + 21),
    retransFlag: view.getUint32(offset + 29, true),
    membIndex: view.getInt32(offset + 33, true),
    members,
    entries,
  };
  const reason = checkCommitToken(token);
  return reason === undefined ? { token } : { reason };
}

function readEntry(view: DataView, offset: number): CommitEntry {
  return {
    representative: view.getUint32(offset, true),
    ringSequence: readRingSequence(view, offset + 4),
    aru: view.getUint32(offset + 12, true),
    highDelivered: view.getUint32(offset + 16, true),
    receivedFlag: view.getUint32(offset + 20, true),
  };
}

function checkCommitToken(token: CommitToken): DropReason | undefined {
  const { members, membIndex } = token;
  if (token.nodeId === 0) return 'node_id';
  if (token.ringSequence < 0 || token.entries.some((entry) => entry.ringSequence < 0)) return 'ring_seq';
  if (membIndex < 0 || membIndex > members.length) return 'commit_index';
  // Ascending from 1 also means: no node 0, nobody twice.
  if (members.some((id, i) => id <= (i === 0 ? 0 : members[i - 1]!))) return 'commit_order';
  if (token.representative !== members[0]) return 'commit_representative';
  return undefined;
}

/** Writes the packet and returns its size. */
export function encodeCommitToken(token: CommitToken, view: DataView, offset: number): number {
  const { members, entries } = token;
  writeHeader(view, offset, PacketType.commitToken, 0, token.nodeId);
  view.setUint32(offset + 13, token.tokenSeq, true);
  writeRing(view, offset + 17, token.representative, token.ringSequence);
  view.setUint32(offset + 29, token.retransFlag, true);
  view.setInt32(offset + 33, token.membIndex, true);
  view.setUint32(offset + 37, members.length, true);
  for (let i = 0; i < members.length; i++) {
    view.setUint32(offset + FIXED_SIZE + 4 * i, members[i]!, true);
    writeEntry(view, offset + FIXED_SIZE + 4 * members.length + ENTRY_SIZE * i, entries[i]!);
  }
  return commitTokenSize(members.length);
}

function writeEntry(view: DataView, offset: number, entry: CommitEntry): void {
  writeRing(view, offset, entry.representative, entry.ringSequence);
  view.setUint32(offset + 12, entry.aru, true);
  view.setUint32(offset + 16, entry.highDelivered, true);
  view.setUint32(offset + 20, entry.receivedFlag, true);
}
