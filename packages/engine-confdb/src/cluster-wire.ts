import { bytes, i32, list, message, padding, safeU64, slot, u32, u8 } from '@coterie/sdk';
import { KeyName, KeyValue } from './wire.js';

/** Messages of the cluster map between members. `ring` is the sequence of the ring that they were sent in. */
export const ClusterMessage = { change: 0, here: 1, snapshot: 2 } as const;

export const ChangeKind = { set: 0, delete: 1, adjust: 2, exchange: 3 } as const;

/** Type 0 stands for no value. */
export const ChangeMessage = message({
  ring: safeU64,
  /** The sender's own. */
  number: slot(u32),
  kind: slot(u8),
  step: slot(i32),
  key: KeyName,
  type: slot(u8),
  length: safeU64,
  expectedType: slot(u8),
  expectedLength: safeU64,
  value: bytes('length'),
  expected: bytes('expectedLength'),
});

/** "I run the cluster map, and am quorate in this ring (1), or not (0)." */
export const Here = message({ ring: safeU64, quorate: slot(u8) });

/** A part of a member's map; the parts come in order. */
export const Snapshot = message({
  ring: safeU64,
  quorateIn: safeU64,
  changes: safeU64,
  last: slot(u8),
  count: slot(u32),
  reserved: padding(8),
  items: list(KeyValue, 'count'),
});
