import { CsError, Database, inject, token, type Cluster, type DatabaseValue, type Infer } from '@coterie/sdk';
import { apply, type Change } from './change.js';
import { ChangeKind, ChangeMessage, ClusterMessage } from './cluster-wire.js';
import type { Stamp, TransferredMap } from './state-transfer.js';
import { valueFromBytes, valueToBytes } from './value-bytes.js';

/** Keys below it are the same on all members. */
export const CLUSTER = 'cluster.';
/** Bytes that all keys and values may have together: they travel whenever members that were apart meet. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Bytes of a value (ICMAP_MAX_VALUE_LEN), and a string's NUL. */
const MAX_VALUE = 16 * 1024 + 1;

const NOTHING = new Uint8Array(0);

export const Replicated = token<ReplicatedMap>('ReplicatedMap');

/**
 * The part of the database that all members share. A change goes to them through the ring and is made where it
 * comes out, so all make the same ones in the same order, and the sender learns what came of it. A change
 * that comes out in another ring than it was sent in is made by nobody.
 */
export class ReplicatedMap implements TransferredMap {
  stamp: Stamp = { quorateIn: 0, changes: 0 };
  private cluster: Cluster | undefined;
  private bytes = 0;
  /** Who waits for a change of this node to come out, by its number. */
  private readonly waiting = new Map<number, (error: CsError) => void>();
  private lastNumber = 0;

  constructor(@inject(Database) private readonly database: Database) {}

  connect(cluster: Cluster): void {
    this.cluster = cluster;
  }

  /**
   * Sends a change; `done` hears what came of it. TRY_AGAIN: this member is not quorate or is synchronising, has no
   * room to send, or the ring changed before the change came out; NO_SPACE: the map has no room.
   */
  submit(change: Change, done: (error: CsError) => void): void {
    const { cluster } = this;
    if (cluster === undefined || !cluster.quorate || cluster.synchronising) return done(CsError.TRY_AGAIN);
    const number = (this.lastNumber + 1) >>> 0;
    const message = encodeChange(change, cluster.view.ring.sequence, number);
    if (message.value.length > MAX_VALUE) return done(CsError.INVALID_PARAM);
    if (message.expected.length > MAX_VALUE) return done(CsError.FAILED_OPERATION);
    if (!cluster.multicast(ClusterMessage.change, ChangeMessage, message)) return done(CsError.TRY_AGAIN);
    this.lastNumber = number;
    this.waiting.set(number, done);
  }

  /** A change has come out. */
  heard(message: Infer<typeof ChangeMessage>, own: boolean): CsError {
    const error = this.make(message);
    if (own) {
      const done = this.waiting.get(message.number);
      this.waiting.delete(message.number);
      done?.(error);
    }
    return error;
  }

  *entries(): Iterable<[string, DatabaseValue]> {
    for (const key of this.database.keys(CLUSTER)) {
      const value = this.database.get(key);
      if (value) yield [key, value];
    }
  }

  fits(entries: ReadonlyMap<string, DatabaseValue>): boolean {
    let bytes = 0;
    for (const [key, value] of entries) {
      if (!key.startsWith(CLUSTER)) return false;
      bytes += sizeOf(key, value);
    }
    return bytes <= MAX_BYTES;
  }

  agreed(ring: number): void {
    this.stamp = { ...this.stamp, quorateIn: ring };
  }

  /** Trackers hear of what is different. */
  adopt(stamp: Stamp, entries: ReadonlyMap<string, DatabaseValue>): void {
    for (const key of this.database.keys(CLUSTER)) if (!entries.has(key)) this.database.delete(key);
    for (const [key, value] of entries) apply(this.database, { kind: 'set', key, value });
    this.bytes = 0;
    for (const [key, value] of this.entries()) this.bytes += sizeOf(key, value);
    this.stamp = stamp;
  }

  private make(message: Infer<typeof ChangeMessage>): CsError {
    if (message.ring !== this.cluster?.view.ring.sequence) return CsError.TRY_AGAIN;
    const change = decodeChange(message);
    if (change === undefined || !change.key.startsWith(CLUSTER)) return CsError.INVALID_PARAM;
    const { key } = change;
    const before = sizeOf(key, this.database.get(key));
    const growth = 'value' in change ? sizeOf(key, change.value) - before : 0;
    if (growth > 0 && this.bytes + growth > MAX_BYTES) return CsError.NO_SPACE;
    const error = apply(this.database, change);
    if (error !== CsError.OK) return error;
    this.bytes += sizeOf(key, this.database.get(key)) - before;
    this.stamp = { quorateIn: message.ring, changes: this.stamp.changes + 1 };
    return error;
  }
}

function sizeOf(key: string, value: DatabaseValue | undefined): number {
  return value ? key.length + valueToBytes(value).length : 0;
}

function encodeChange(change: Change, ring: number, number: number): Infer<typeof ChangeMessage> {
  const value = 'value' in change ? change.value : undefined;
  const expected = 'expected' in change ? change.expected : undefined;
  return {
    ...{ ring, number, kind: ChangeKind[change.kind], key: change.key },
    step: change.kind === 'adjust' ? change.step : 0,
    type: value?.type ?? 0,
    value: value ? valueToBytes(value) : NOTHING,
    expectedType: expected?.type ?? 0,
    expected: expected ? valueToBytes(expected) : NOTHING,
  };
}

/** Undefined if a value is none of its type. */
function decodeChange(message: Infer<typeof ChangeMessage>): Change | undefined {
  const { kind, key, step } = message;
  const value = valueFromBytes(message.type, message.value);
  switch (kind) {
    case ChangeKind.set:
      return value && { kind: 'set', key, value };
    case ChangeKind.delete:
      return { kind: 'delete', key };
    case ChangeKind.adjust:
      return { kind: 'adjust', key, step };
    case ChangeKind.exchange: {
      const expected = valueFromBytes(message.expectedType, message.expected);
      if ((message.type !== 0 && !value) || (message.expectedType !== 0 && !expected)) return undefined;
      return { kind: 'exchange', key, expected, value };
    }
    default:
      return undefined;
  }
}
