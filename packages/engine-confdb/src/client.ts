import { CsError, empty, type DatabaseChange, type DatabaseValue, type Infer } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { read, unless } from './answers.js';
import * as lib from './client-wire.js';
import { CHANGE_EVENT, MapNumber, MapRequest, TrackFlag } from './client-wire.js';
import { valueToBytes } from './value-bytes.js';

const SERVICE = 0;
/** The longest value (icmap), and a string's NUL. */
const ROOM = 16 * 1024 + 1;
const NOTHING = new Uint8Array(0);

export interface ConfdbClientOptions extends Omit<ConnectOptions, 'service'> {
  /**
   * What to look at: `icmap`, everything but the statistics, unless told; `stats`, the statistics; `cluster`, only the
   * keys below `cluster.`, which all members share.
   */
  readonly map?: keyof typeof MapNumber;
}

export interface TrackOptions {
  /** Track all keys that start with the one given. */
  readonly prefix?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Reads and writes the daemon's database by key. Methods throw a ServiceError (of '@coterie/sdk/client') with what
 * the service answered: ACCESS (read-only), NAME_TOO_LONG (no valid key), INVALID_PARAM (value and type do not fit),
 * NO_RESOURCES (too many iterators or trackers); and what `Connection.call` throws.
 *
 * What is written below `cluster.` goes to all members: the promise is fulfilled when this one has made the change.
 * TRY_AGAIN: nothing was changed, because the node is not quorate or the ring was changing. NO_SPACE: all keys there
 * and their values would have more than 4 MiB.
 */
export class ConfdbClient implements AsyncDisposable {
  private trackers = 0n;

  private constructor(private readonly connection: Connection) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: what `connect` of the SDK throws. */
  static async connect({ map = 'icmap', ...options }: ConfdbClientOptions = {}): Promise<ConfdbClient> {
    const connection = await connect({ ...options, service: SERVICE });
    if (map !== 'icmap') {
      await connection.call(MapRequest.selectMap, lib.SelectMap, { map: MapNumber[map] }, empty);
    }
    return new ConfdbClient(connection);
  }

  /** Undefined if there is no such key. */
  async get(key: string): Promise<DatabaseValue | undefined> {
    const answer = this.connection.call(MapRequest.get, lib.Get, { key, length: ROOM }, lib.Value);
    const found = await unlessMissing(answer);
    return found && read(found.type, found.value, key);
  }

  async set(key: string, value: DatabaseValue): Promise<void> {
    const word = { key, type: value.type, value: valueToBytes(value) };
    await this.connection.call(MapRequest.set, lib.Set, word, empty);
  }

  /** True if the key was there. */
  async delete(key: string): Promise<boolean> {
    const answer = this.connection.call(MapRequest.delete, lib.Key, { key }, empty).then(() => true);
    return (await unlessMissing(answer)) ?? false;
  }

  /**
   * Sets the key to `value` if it holds exactly `expected`, type and all; undefined stands for no key, so it can create
   * and delete too. False: the key holds something else, nothing was changed.
   */
  async compareAndSet(
    key: string,
    expected: DatabaseValue | undefined,
    value: DatabaseValue | undefined,
  ): Promise<boolean> {
    const word = {
      ...{ key, type: value?.type ?? 0, expectedType: expected?.type ?? 0 },
      value: value ? valueToBytes(value) : NOTHING,
      expected: expected ? valueToBytes(expected) : NOTHING,
    };
    const answer = this.connection.call(MapRequest.exchange, lib.Exchange, word, empty).then(() => true);
    return (await unless(CsError.FAILED_OPERATION, answer)) ?? false;
  }

  /** Adds `step` (i32) to an integer, wrapping around. NOT_EXIST: no such key; INVALID_PARAM: no integer. */
  async adjust(key: string, step: number): Promise<void> {
    await this.connection.call(MapRequest.adjust, lib.Adjust, { key, step }, empty);
  }

  /** Keys that start with `prefix` and their values, in ascending order of the keys as they are at the start. */
  async *iterate(prefix = ''): AsyncGenerator<{ readonly key: string; readonly value: DatabaseValue }, void> {
    const { connection } = this;
    const iterator = await connection.call(MapRequest.iterate, lib.Key, { key: prefix }, lib.Handle);
    try {
      for (;;) {
        const answer = connection.call(MapRequest.next, lib.Handle, iterator, lib.Item);
        const item = await unless(CsError.NO_SECTIONS, answer);
        if (!item) return;
        const value = await this.get(item.key);
        if (value) yield { key: item.key, value };
      }
    } finally {
      await connection.call(MapRequest.endIteration, lib.Handle, iterator, empty);
    }
  }

  /** Changes of `key`, or of all keys that start with it, from now on until the loop over them ends. */
  async track(
    key: string,
    { prefix = false, signal }: TrackOptions = {},
  ): Promise<AsyncGenerator<DatabaseChange, void>> {
    const { connection } = this;
    const clientHandle = ++this.trackers;
    const events = connection.events(CHANGE_EVENT, lib.Change, signal ? { signal } : {});
    const flags = TrackFlag.add | TrackFlag.modify | TrackFlag.delete | (prefix ? TrackFlag.prefix : 0);
    try {
      const word = { key, flags, handle: clientHandle };
      const tracker = await connection.call(MapRequest.track, lib.Track, word, lib.Handle);
      return changes(connection, events, clientHandle, tracker);
    } catch (error) {
      await events.return?.();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type ChangeEvent = Infer<typeof lib.Change>;

async function* changes(
  connection: Connection,
  events: AsyncIterable<ChangeEvent>,
  clientHandle: bigint,
  tracker: Infer<typeof lib.Handle>,
): AsyncGenerator<DatabaseChange, void> {
  try {
    for await (const event of events) if (event.handle === clientHandle) yield changeOf(event);
  } finally {
    const ended = connection.call(MapRequest.endTracking, lib.Handle, tracker, empty);
    // A lost connection has ended it already, and the loop throws why.
    await ended.catch(() => undefined);
  }
}

function changeOf({ key, event, newType, newValue, oldType, oldValue }: ChangeEvent): DatabaseChange {
  return {
    kind: event === TrackFlag.add ? 'add' : event === TrackFlag.delete ? 'delete' : 'modify',
    key,
    old: oldType === 0 ? undefined : read(oldType, oldValue, key),
    value: newType === 0 ? undefined : read(newType, newValue, key),
  };
}

function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(CsError.NOT_EXIST, answer);
}
