import { CsError, type Codec, type DatabaseValue, type Infer } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { read, unless } from './answers.js';
import * as lib from './objects-wire.js';
import { ObjectsEvent, ObjectsRequest, ROOT, type KeyChange, type ReloadPhase } from './objects-wire.js';
import { valueToBytes } from './value-bytes.js';

const SERVICE = 70;

export type ObjectClientOptions = Omit<ConnectOptions, 'service'>;

export interface ObjectTrackOptions {
  /** All objects below this one, too. */
  readonly recursive?: boolean;
  readonly signal?: AbortSignal;
}

/** What became of a key of a tracked object, or of an object right below one. */
export type ObjectChange =
  /** `value`: of a deleted key the last one. */
  | {
      readonly kind: 'add' | 'modify' | 'delete';
      readonly object: ConfdbObject;
      readonly key: string;
      readonly value: DatabaseValue;
    }
  /** `parent`: the handle of the object above. */
  | { readonly kind: 'created'; readonly parent: bigint; readonly object: ConfdbObject }
  /** `name`: of the object that is gone. */
  | { readonly kind: 'destroyed'; readonly parent: bigint; readonly name: string }
  /** Heard by those who track the root: this node reads its configuration again. */
  | { readonly kind: 'reload'; readonly phase: keyof typeof ReloadPhase };

/**
 * The daemon's database as a tree of objects with keys, as programs of corosync 1.4's confdb.h see it. Methods throw a
 * ServiceError (of '@coterie/sdk/client') with what the service answered. ACCESS: no such object or key, a name that no
 * part of a key can be, or read-only; NO_RESOURCES: too many searches (64 of a connection); TRY_AGAIN: below the object
 * `cluster`, the node is not quorate or the ring is changing. They also throw what `Connection.call` throws.
 */
export class ObjectClient implements AsyncDisposable {
  readonly root: ConfdbObject;

  private constructor(private readonly session: Session) {
    this.root = new ConfdbObject(session, ROOT, '');
  }

  /** @throws CoterieError COTERIE_E_CLIENT_*: what `connect` of the SDK throws. */
  static async connect(options: ObjectClientOptions = {}): Promise<ObjectClient> {
    const open = () => connect({ ...options, service: SERVICE });
    return new ObjectClient({ connection: await open(), open });
  }

  /** This node, and no other, reads its configuration again. ACCESS: there are errors in it, and nothing has changed. */
  async reload(): Promise<void> {
    await this.session.connection.call(ObjectsRequest.reload, lib.Nothing, undefined, lib.ReloadAnswer);
  }

  async close(): Promise<void> {
    await this.session.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A client's connection, and how it makes further ones. */
interface Session {
  readonly connection: Connection;
  open(): Promise<Connection>;
}

/** An object of the tree. It may be gone: then all that is asked of it is answered with ACCESS. */
export class ConfdbObject {
  /** Use {@link ObjectClient.root} and the methods of objects. */
  constructor(
    private readonly session: Session,
    /** The same for every client of this daemon, never used again. */
    readonly handle: bigint,
    /** Several objects below another one may have the same; empty for the root. */
    readonly name: string,
  ) {}

  /** The object above; of the root, itself. */
  async parent(): Promise<ConfdbObject> {
    const { parent } = await this.describe(this.handle);
    return this.at(parent, (await this.describe(parent)).name);
  }

  /** Makes an object below this one, though there may be others of this name. */
  async create(name: string): Promise<ConfdbObject> {
    const word = { object: this.handle, name };
    const { object } = await this.call(ObjectsRequest.create, lib.NameIn, word, lib.ObjectHandle);
    return this.at(object, name);
  }

  /** With all keys and objects below it; ACCESS, and nothing is done, if one of them is read-only. */
  async destroy(): Promise<void> {
    await this.call(ObjectsRequest.destroy, lib.ObjectHandle, { object: this.handle }, lib.Nothing);
  }

  /** Objects of this name right below, in the order of their numbers. */
  find(name: string): AsyncGenerator<ConfdbObject, void> {
    return this.search(name);
  }

  /** All objects right below, by name and number, as they are at the start; not those that go meanwhile. */
  objects(): AsyncGenerator<ConfdbObject, void> {
    return this.search('');
  }

  /** The keys of this object itself by name; if keys come or go meanwhile, some may be missed or seen twice. */
  async *keys(): AsyncGenerator<{ readonly name: string; readonly value: DatabaseValue }, void> {
    for (let position = 0; ; position++) {
      const word = { object: this.handle, position };
      const found = await unlessOver(this.call(ObjectsRequest.keyAt, lib.KeyAt, word, lib.KeyFound));
      if (!found) return;
      yield { name: found.name, value: read(found.type, found.value, found.name) };
    }
  }

  /** Undefined if there is no such key, or no such object any more. */
  async get(key: string): Promise<DatabaseValue | undefined> {
    const word = { object: this.handle, name: key };
    const stored = await unlessOver(this.call(ObjectsRequest.get, lib.NameIn, word, lib.Stored));
    return stored && read(stored.type, stored.value, key);
  }

  async set(key: string, value: DatabaseValue): Promise<void> {
    const stored = { type: value.type, replace: 0, value: valueToBytes(value) };
    await this.call(
      ObjectsRequest.set,
      lib.SetIn,
      { object: this.handle, name: key, ...stored },
      lib.Nothing,
    );
  }

  async delete(key: string): Promise<void> {
    await this.call(ObjectsRequest.delete, lib.NameIn, { object: this.handle, name: key }, lib.Nothing);
  }

  /** Adds one to an integer; returns the lowest 32 bits of what it is then. */
  increment(key: string): Promise<number> {
    return this.adjust(key, 1);
  }

  /** Takes one from an integer; returns the lowest 32 bits of what it is then. */
  decrement(key: string): Promise<number> {
    return this.adjust(key, -1);
  }

  /**
   * What happens to this object's keys and to objects right below it, from now on until the loop over it ends; on a
   * connection of its own.
   */
  async track({ recursive = false, signal }: ObjectTrackOptions = {}): Promise<
    AsyncGenerator<ObjectChange, void>
  > {
    const connection = await this.session.open();
    try {
      const changes = this.collect(connection, signal);
      const word = { object: this.handle, recursive: recursive ? 1 : 0 };
      await connection.call(ObjectsRequest.track, lib.TrackObject, word, lib.Nothing);
      return until(connection, changes);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private collect(
    connection: Connection,
    signal: AbortSignal | undefined,
  ): AsyncIterableIterator<ObjectChange, undefined> {
    return connection.collect<ObjectChange>(
      (push) => [
        connection.on(ObjectsEvent.key, lib.KeyEvent, (event) => push(this.keyChange(event))),
        connection.on(ObjectsEvent.created, lib.CreatedEvent, ({ parent, object, name }) =>
          push({ kind: 'created', parent, object: this.at(object, name) }),
        ),
        connection.on(ObjectsEvent.destroyed, lib.DestroyedEvent, ({ parent, name }) =>
          push({ kind: 'destroyed', parent, name }),
        ),
        connection.on(ObjectsEvent.reload, lib.ReloadEvent, ({ phase }) =>
          push({ kind: 'reload', phase: phases[phase] ?? 'failed' }),
        ),
      ],
      signal ? { signal } : {},
    );
  }

  private keyChange(event: Infer<typeof lib.KeyEvent>): ObjectChange {
    return {
      kind: kinds[event.change] ?? 'modify',
      object: this.at(event.object, event.objectName),
      key: event.keyName,
      value: read(event.type, event.value, event.keyName),
    };
  }

  private async *search(name: string): AsyncGenerator<ConfdbObject, void> {
    const word = { object: this.handle, name };
    const search = await this.call(ObjectsRequest.search, lib.NameIn, word, lib.Search);
    try {
      for (;;) {
        const found = await unlessOver(this.call(ObjectsRequest.next, lib.Search, search, lib.Found));
        if (!found) return;
        yield this.at(found.object, found.name);
      }
    } finally {
      await this.call(ObjectsRequest.endSearch, lib.Search, search, lib.Nothing);
    }
  }

  private async adjust(key: string, step: number): Promise<number> {
    const word = { object: this.handle, name: key, step };
    return (await this.call(ObjectsRequest.adjust, lib.AdjustIn, word, lib.Adjusted)).value;
  }

  private describe(object: bigint): Promise<Infer<typeof lib.Described>> {
    return this.call(ObjectsRequest.describe, lib.ObjectHandle, { object }, lib.Described);
  }

  private at(handle: bigint, name: string): ConfdbObject {
    return new ConfdbObject(this.session, handle, name);
  }

  private call<Q, A>(id: number, codec: Codec<Q>, word: Q, answer: Codec<A>): Promise<A> {
    return this.session.connection.call(id, codec, word, answer);
  }
}

const kinds = ['add', 'modify', 'delete'] as const satisfies readonly (keyof typeof KeyChange)[];
const phases = ['start', 'end', 'failed'] as const satisfies readonly (keyof typeof ReloadPhase)[];

/** ACCESS also says that there is nothing more. */
function unlessOver<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(CsError.ACCESS, answer);
}

/** The changes, and the end of the connection behind them. */
async function* until(
  connection: Connection,
  changes: AsyncIterable<ObjectChange>,
): AsyncGenerator<ObjectChange, void> {
  try {
    yield* changes;
  } finally {
    await connection.close();
  }
}
