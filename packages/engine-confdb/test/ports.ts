import assert from 'node:assert/strict';
import {
  CoterieError,
  ValueType,
  deliveryHandlers,
  requestHandlers,
  type Adjusted,
  type Client,
  type Cluster,
  type Codec,
  type CsError,
  type Database,
  type DatabaseChange,
  type DatabaseValue,
  type Logger,
  type Timers,
  type View,
} from '@coterie/sdk';
import { CmapEngine } from '../dist/cmap.js';
import { ReplicatedMap } from '../dist/replicated-map.js';

interface Tracker {
  readonly key: string;
  readonly prefix: boolean;
  readonly listener: (change: DatabaseChange) => void;
}

/** The database's contract in its simplest form. */
export class FakeDatabase implements Database {
  readonly trackers = new Set<Tracker>();
  private readonly values = new Map<string, DatabaseValue>();
  private readonly protected = new Set<string>();

  get(key: string): DatabaseValue | undefined {
    return this.values.get(key);
  }

  set(key: string, value: DatabaseValue): void {
    if (typeof value.value === 'string' && value.value.length > 16_384) {
      throw new CoterieError('COTERIE_E_DATABASE_VALUE', 'too long');
    }
    const old = this.values.get(key);
    if (!old && !/^[A-Za-z0-9._\-/:]{3,255}$/.test(key))
      throw new CoterieError('COTERIE_E_DATABASE_KEY', key);
    if (old?.type === value.type && old.value === value.value) return;
    this.values.set(key, value);
    this.tell({ kind: old ? 'modify' : 'add', key, old, value });
  }

  adjust(key: string, step: number): Adjusted {
    const old = this.values.get(key);
    if (!old) return 'missing';
    if (old.type !== ValueType.uint8) return 'not-integer';
    this.set(key, { type: ValueType.uint8, value: (old.value + step) & 0xff });
    return 'done';
  }

  delete(key: string): boolean {
    const old = this.values.get(key);
    if (!this.values.delete(key)) return false;
    this.tell({ kind: 'delete', key, old, value: undefined });
    return true;
  }

  keys(prefix = ''): string[] {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void {
    const tracker = { key, prefix, listener };
    this.trackers.add(tracker);
    return () => this.trackers.delete(tracker);
  }

  readOnly(key: string): boolean {
    return this.protected.has(key);
  }

  protect(key: string): void {
    this.protected.add(key);
  }

  private tell(change: DatabaseChange): void {
    for (const { key, prefix, listener } of this.trackers) {
      if (prefix ? change.key.startsWith(key) : change.key === key) listener(change);
    }
  }
}

/** A frame as it would reach a client: 24 bytes of header, then the body. */
export interface Frame {
  readonly kind: 'response' | 'event';
  readonly id: number;
  readonly error: number;
  readonly view: DataView;
  readonly size: number;
}

export class FakeClient implements Client {
  readonly pid = 1;
  readonly gid = 0;
  state: unknown;
  readonly behind = false;
  readonly frames: Frame[] = [];

  constructor(
    readonly id = 1,
    readonly uid = 0,
  ) {}

  respond<T>(id: number, error: CsError, codec?: Codec<T>, value?: T): void {
    this.push('response', id, error, codec, value);
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T): boolean {
    this.push('event', id, 1, codec, value);
    return true;
  }

  close(): void {}

  take(): Frame[] {
    return this.frames.splice(0);
  }

  /** The only frame since the last look, a response. */
  answer(): Frame {
    const frames = this.take();
    assert.deepEqual(
      frames.map(({ kind }) => kind),
      ['response'],
    );
    return frames[0]!;
  }

  protected put(frame: Frame): void {
    this.frames.push(frame);
  }

  private push<T>(kind: Frame['kind'], id: number, error: number, codec?: Codec<T>, value?: T): void {
    const size = 24 + (codec ? codec.size(value as T) : 0);
    const view = new DataView(new ArrayBuffer(size));
    if (codec) assert.equal(codec.encode(value as T, view, 24), size);
    this.put({ kind, id, error, view, size });
  }
}

/** The engine of one node on fake ports. */
export class FakeNode {
  readonly database = new FakeDatabase();
  readonly sent: DataView[] = [];
  readonly log: string[] = [];
  readonly engine: CmapEngine;
  full = false;
  shutdown: string | undefined;
  /** What a timer does when it runs out; undefined while none runs. */
  due: (() => void) | undefined;

  constructor(readonly nodeId = 1) {
    const cluster: Cluster = {
      nodeId,
      view: { ring: { representative: nodeId, sequence: 0 }, members: [nodeId] } satisfies View,
      synchronising: false,
      quorate: true,
      wire: 1,
      multicast: (_, codec, value) => {
        if (!this.full) this.sent.push(encode(codec, value));
        return !this.full;
      },
      room: () => !this.full,
      shutdown: (reason) => void (this.shutdown = reason),
      onQuorum: () => () => undefined,
    };
    const timers: Timers = {
      timer: (expire) => ({ start: () => void (this.due = expire), stop: () => undefined, running: false }),
    };
    const line = (message: string) => void this.log.push(message);
    const logger: Logger = {
      error: line,
      warn: line,
      info: line,
      debug: line,
      trace: line,
      enabled: () => false,
    };
    const replicated = new ReplicatedMap(this.database);
    replicated.connect(cluster);
    this.engine = new CmapEngine(cluster, this.database, logger, timers, replicated);
    this.engine.start();
  }

  connect(uid = 0): FakeClient {
    const client = new FakeClient(1, uid);
    this.engine.onConnect(client);
    return client;
  }

  request<T>(client: FakeClient, id: number, codec: Codec<T>, value: T): void {
    assert.ok(this.rawRequest(client, id, encode(codec, value)));
  }

  /** False: the executive would refuse it for the request's codec. */
  rawRequest(client: FakeClient, id: number, body: DataView): boolean {
    const handler = requestHandlers(CmapEngine).find((handler) => handler.id === id);
    assert.ok(handler, `request ${id}`);
    const decoded = handler.codec.decode(body, 0, body.byteLength);
    if (decoded.ok) call(this.engine, handler.method, decoded.value, client);
    return decoded.ok;
  }

  deliver(from: number, body: DataView): boolean {
    const [handler] = deliveryHandlers(CmapEngine);
    assert.ok(handler);
    const decoded = handler.codec.decode(body, 0, body.byteLength);
    if (decoded.ok) call(this.engine, handler.method, decoded.value, from);
    return decoded.ok;
  }
}

export function encode<T>(codec: Codec<T>, value: T): DataView {
  const view = new DataView(new ArrayBuffer(codec.size(value)));
  assert.equal(codec.encode(value, view, 0), view.byteLength);
  return view;
}

function call(engine: CmapEngine, method: string | symbol, ...parameters: unknown[]): void {
  (engine as unknown as Record<string | symbol, (...parameters: unknown[]) => void>)[method]!(...parameters);
}
