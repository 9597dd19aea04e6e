import assert from 'node:assert/strict';
import type {
  Client,
  Clients,
  Codec,
  ConfiguredNode,
  CsError,
  Database,
  DatabaseChange,
  DatabaseValue,
  Logger,
  Nodelist,
  Storage,
  Timer,
  Timers,
} from '@coterie/sdk';

/** The database's contract, as little of it as these engines need. */
export class FakeDatabase implements Database {
  private readonly values = new Map<string, DatabaseValue>();
  private readonly trackers = new Set<{
    key: string;
    prefix: boolean;
    listener: (change: DatabaseChange) => void;
  }>();

  get(key: string): DatabaseValue | undefined {
    return this.values.get(key);
  }

  set(key: string, value: DatabaseValue): void {
    const old = this.values.get(key);
    if (old?.type === value.type && old.value === value.value) return;
    this.values.set(key, value);
    this.tell({ kind: old ? 'modify' : 'add', key, old, value });
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

  adjust(): never {
    throw new Error('not used by these engines');
  }
  readOnly(): boolean {
    return false;
  }
  protect(): void {}

  private tell(change: DatabaseChange): void {
    for (const { key, prefix, listener } of this.trackers) {
      if (prefix ? change.key.startsWith(key) : change.key === key) listener(change);
    }
  }
}

export class FakeNodelist implements Nodelist {
  nodes: ConfiguredNode[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly nodeId: number,
    votes: readonly number[],
  ) {
    this.configure(votes);
  }

  get local(): ConfiguredNode {
    const found = this.nodes.find((node) => node.nodeId === this.nodeId);
    return found ?? { nodeId: this.nodeId, name: undefined, address: '::1', votes: 1 };
  }

  onReload(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The votes of nodes 1, 2, ... */
  configure(votes: readonly number[]): void {
    this.nodes = votes.map((votes, index) => ({
      nodeId: index + 1,
      name: undefined,
      address: `10.0.0.${index + 1}`,
      votes,
    }));
  }

  reload(votes: readonly number[]): void {
    this.configure(votes);
    for (const listener of this.listeners) listener();
  }
}

export class FakeStorage implements Storage {
  readonly files = new Map<string, Uint8Array>();
  failing = false;
  read(name: string): Uint8Array | undefined {
    return this.files.get(name);
  }
  write(name: string, bytes: Uint8Array): void {
    if (this.failing) throw new Error('no space');
    this.files.set(name, bytes.slice());
  }
}

export class FakeTimers implements Timers {
  private now = 0;
  private readonly armed = new Map<object, { at: number; expire: () => void }>();

  timer(expire: () => void): Timer {
    const { armed } = this;
    const clock = () => this.now;
    const timer: Timer = {
      start(milliseconds) {
        armed.set(timer, { at: clock() + milliseconds, expire });
      },
      stop() {
        armed.delete(timer);
      },
      get running() {
        return armed.has(timer);
      },
    };
    return timer;
  }

  /** Lets time pass; what runs out does so in order. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const due = [...this.armed].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.armed.delete(due[0]);
      this.now = due[1].at;
      due[1].expire();
    }
    this.now = end;
  }
}

export class FakeLogger implements Logger {
  readonly lines: string[] = [];
  error(message: string): void {
    this.lines.push(`error ${message}`);
  }
  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }
  info(message: string): void {
    this.lines.push(`info ${message}`);
  }
  debug(): void {}
  trace(): void {}
  enabled(): boolean {
    return false;
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
  readonly uid = 0;
  readonly gid = 0;
  state: unknown;
  readonly behind = false;
  readonly frames: Frame[] = [];

  constructor(readonly id: number) {}

  respond<T>(id: number, error: CsError, codec?: Codec<T>, value?: T): void {
    this.push('response', id, error, codec, value);
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T): boolean {
    this.push('event', id, 1, codec, value);
    return true;
  }

  close(): void {}

  /** Forgets and returns all frames so far. */
  take(): Frame[] {
    return this.frames.splice(0);
  }

  /** The only response since the last look. */
  answer(): Frame {
    const responses = this.take().filter(({ kind }) => kind === 'response');
    assert.equal(responses.length, 1);
    return responses[0]!;
  }

  private push<T>(kind: Frame['kind'], id: number, error: number, codec?: Codec<T>, value?: T): void {
    const size = 24 + (codec ? codec.size(value as T) : 0);
    const view = new DataView(new ArrayBuffer(size));
    if (codec) assert.equal(codec.encode(value as T, view, 24), size);
    this.put({ kind, id, error, view, size });
  }

  protected put(frame: Frame): void {
    this.frames.push(frame);
  }
}

export class FakeClients implements Clients {
  private readonly all = new Set<Client>();
  get size(): number {
    return this.all.size;
  }
  add(client: Client): void {
    this.all.add(client);
  }
  remove(client: Client): void {
    this.all.delete(client);
  }
  dispatch<T>(id: number, codec: Codec<T>, value: T): void {
    for (const client of this.all) client.dispatch(id, codec, value);
  }
  [Symbol.iterator](): Iterator<Client> {
    return this.all[Symbol.iterator]();
  }
}
