import {
  ConfigurationFile,
  CsError,
  Database,
  Request,
  ServiceEngine,
  inject,
  type Client,
  type DatabaseValue,
  type Engine,
  type Infer,
} from '@coterie/sdk';
import type { Change } from './change.js';
import { Configuration, type KeyMap } from './key-map.js';
import { ObjectTrackers } from './object-trackers.js';
import { ObjectTree, type TreeObject } from './object-tree.js';
import * as lib from './objects-wire.js';
import { ObjectsRequest } from './objects-wire.js';
import { Replicated, type ReplicatedMap } from './replicated-map.js';
import { valueFromBytes, valueToBytes } from './value-bytes.js';

/** Open at most in one connection. */
const MAX_SEARCHES = 64;
const MAX_TRACKERS = 256;

/** Searches of a connection: objects as they were at its beginning. */
class Searches {
  private readonly open = new Map<number, TreeObject[]>();
  private last = 0;

  start(found: TreeObject[]): number | undefined {
    if (this.open.size >= MAX_SEARCHES) return undefined;
    this.open.set(++this.last, found);
    return this.last;
  }

  objects(search: number): TreeObject[] | undefined {
    return this.open.get(search);
  }

  end(search: number): boolean {
    return this.open.delete(search);
  }
}

/**
 * The database as a tree of objects with keys, as corosync 1.4 showed it (services/confdb.c). As there, whatever
 * cannot be done is answered with ACCESS; NO_RESOURCES: too many searches or trackers.
 */
@ServiceEngine({ name: 'confdb', service: 70 })
export class ObjectsEngine implements Engine {
  private readonly map: KeyMap;
  private readonly tree: ObjectTree;
  private readonly trackers: ObjectTrackers;

  constructor(
    @inject(Database) database: Database,
    @inject(Replicated) replicated: ReplicatedMap,
    @inject(ConfigurationFile, { optional: true }) private readonly file: ConfigurationFile | undefined,
  ) {
    this.map = new Configuration(database, replicated);
    this.tree = new ObjectTree(this.map);
    this.trackers = new ObjectTrackers(database, this.map, this.tree);
  }

  onConnect(client: Client): void {
    client.state = new Searches();
  }

  onDisconnect(client: Client): void {
    this.trackers.remove(client);
  }

  @Request(ObjectsRequest.create, lib.NameIn)
  create({ object: parent, name }: Infer<typeof lib.NameIn>, client: Client): void {
    const above = this.tree.find(parent);
    const allowed = above && this.map.writable(this.tree.key(above, name) ?? '', client);
    const created = allowed ? this.tree.create(above, name) : undefined;
    if (!created) return client.respond(ObjectsRequest.create, CsError.ACCESS);
    this.trackers.created(created);
    client.respond(ObjectsRequest.create, CsError.OK, lib.ObjectHandle, { object: created.handle });
  }

  @Request(ObjectsRequest.destroy, lib.ObjectHandle)
  destroy({ object: handle }: Infer<typeof lib.ObjectHandle>, client: Client): void {
    const object = this.tree.find(handle);
    const keys = object ? this.tree.allKeys(object.path) : [];
    if (!object || handle === lib.ROOT || !keys.every((key) => this.map.writable(key, client))) {
      return client.respond(ObjectsRequest.destroy, CsError.ACCESS);
    }
    let waiting = keys.length;
    let result: CsError = CsError.OK;
    const finished = () => {
      if (result === CsError.OK && this.tree.forget(object)) this.trackers.destroyed(object);
      client.respond(ObjectsRequest.destroy, result);
    };
    if (waiting === 0) return finished();
    for (const key of keys) {
      this.map.change({ kind: 'delete', key }, (error) => {
        if (error !== CsError.OK) result = error;
        if (--waiting === 0) finished();
      });
    }
  }

  @Request(ObjectsRequest.search, lib.NameIn)
  search({ object: parent, name }: Infer<typeof lib.NameIn>, client: Client): void {
    const above = this.tree.find(parent);
    if (!above) return client.respond(ObjectsRequest.search, CsError.ACCESS);
    const found = this.tree.children(above).filter((object) => name === '' || object.name === name);
    const search = (client.state as Searches).start(found);
    if (search === undefined) return client.respond(ObjectsRequest.search, CsError.NO_RESOURCES);
    client.respond(ObjectsRequest.search, CsError.OK, lib.Search, { search });
  }

  @Request(ObjectsRequest.next, lib.Search)
  next({ search }: Infer<typeof lib.Search>, client: Client): void {
    const objects = (client.state as Searches).objects(search);
    let next = objects?.shift();
    while (next && !this.tree.find(next.handle)) next = objects?.shift();
    if (!next) return client.respond(ObjectsRequest.next, CsError.ACCESS);
    client.respond(ObjectsRequest.next, CsError.OK, lib.Found, { object: next.handle, name: next.name });
  }

  @Request(ObjectsRequest.endSearch, lib.Search)
  endSearch({ search }: Infer<typeof lib.Search>, client: Client): void {
    const ended = (client.state as Searches).end(search);
    client.respond(ObjectsRequest.endSearch, ended ? CsError.OK : CsError.ACCESS);
  }

  @Request(ObjectsRequest.describe, lib.ObjectHandle)
  describe({ object: handle }: Infer<typeof lib.ObjectHandle>, client: Client): void {
    const object = this.tree.find(handle);
    if (!object) return client.respond(ObjectsRequest.describe, CsError.ACCESS);
    const described = { parent: this.tree.parent(object).handle, name: object.name };
    client.respond(ObjectsRequest.describe, CsError.OK, lib.Described, described);
  }

  @Request(ObjectsRequest.set, lib.SetIn)
  set({ object, name, type, replace, value: bytes }: Infer<typeof lib.SetIn>, client: Client): void {
    const key = this.keyOf(object, name);
    const old = key === undefined ? undefined : this.map.get(key);
    const missing = replace !== 0 && !old;
    const value = valueFromBytes(replace !== 0 && old ? old.type : type, bytes);
    const change: Change | undefined =
      key !== undefined && value && !missing ? { kind: 'set', key, value } : undefined;
    this.change(client, ObjectsRequest.set, change, () => client.respond(ObjectsRequest.set, CsError.OK));
  }

  @Request(ObjectsRequest.get, lib.NameIn)
  get({ object, name }: Infer<typeof lib.NameIn>, client: Client): void {
    const stored = this.valueOf(object, name);
    if (!stored) return client.respond(ObjectsRequest.get, CsError.ACCESS);
    const answer = { type: stored.type, value: valueToBytes(stored) };
    client.respond(ObjectsRequest.get, CsError.OK, lib.Stored, answer);
  }

  @Request(ObjectsRequest.delete, lib.NameIn)
  delete({ object, name }: Infer<typeof lib.NameIn>, client: Client): void {
    const key = this.keyOf(object, name);
    const change: Change | undefined = key === undefined ? undefined : { kind: 'delete', key };
    this.change(client, ObjectsRequest.delete, change, () =>
      client.respond(ObjectsRequest.delete, CsError.OK),
    );
  }

  @Request(ObjectsRequest.adjust, lib.AdjustIn)
  adjust({ object, name, step }: Infer<typeof lib.AdjustIn>, client: Client): void {
    const key = this.keyOf(object, name);
    const change: Change | undefined = key === undefined ? undefined : { kind: 'adjust', key, step };
    this.change(client, ObjectsRequest.adjust, change, () => {
      const value = Number(
        BigInt.asUintN(32, BigInt((this.valueOf(object, name)?.value ?? 0) as number | bigint)),
      );
      client.respond(ObjectsRequest.adjust, CsError.OK, lib.Adjusted, { value });
    });
  }

  @Request(ObjectsRequest.keyAt, lib.KeyAt)
  keyAt({ object: handle, position }: Infer<typeof lib.KeyAt>, client: Client): void {
    const object = this.tree.find(handle);
    const name = object && this.tree.keys(object)[position];
    const stored = name === undefined ? undefined : this.valueOf(handle, name);
    if (name === undefined || !stored) return client.respond(ObjectsRequest.keyAt, CsError.ACCESS);
    const answer = { name, type: stored.type, value: valueToBytes(stored) };
    client.respond(ObjectsRequest.keyAt, CsError.OK, lib.KeyFound, answer);
  }

  @Request(ObjectsRequest.track, lib.TrackObject)
  track({ object: handle, recursive }: Infer<typeof lib.TrackObject>, client: Client): void {
    const object = this.tree.find(handle);
    if (!object) return client.respond(ObjectsRequest.track, CsError.ACCESS);
    if (this.trackers.of(client) >= MAX_TRACKERS) {
      return client.respond(ObjectsRequest.track, CsError.NO_RESOURCES);
    }
    this.trackers.add(client, object, recursive !== 0);
    client.respond(ObjectsRequest.track, CsError.OK);
  }

  @Request(ObjectsRequest.endTracking, lib.Nothing)
  endTracking(_: unknown, client: Client): void {
    this.trackers.remove(client);
    client.respond(ObjectsRequest.endTracking, CsError.OK);
  }

  @Request(ObjectsRequest.reload, lib.Nothing)
  reload(_: unknown, client: Client): void {
    const answer = (errors: readonly string[]) => {
      const [text = ''] = errors;
      const error = errors.length > 0 ? CsError.ACCESS : CsError.OK;
      client.respond(ObjectsRequest.reload, error, lib.ReloadAnswer, Buffer.from(text.slice(0, 255)));
    };
    if (!this.file) return answer(['this daemon has no file']);
    this.file.reload().then(
      ({ errors }) => answer(errors),
      (error: unknown) => answer([String(error)]),
    );
  }

  private keyOf(handle: bigint, name: string): string | undefined {
    const object = this.tree.find(handle);
    return object && this.tree.key(object, name);
  }

  private valueOf(handle: bigint, name: string): DatabaseValue | undefined {
    const key = this.keyOf(handle, name);
    return key === undefined ? undefined : this.map.get(key);
  }

  /** Makes a change that the client may make; whatever is wrong with it is ACCESS, but for what passes. */
  private change(client: Client, id: number, change: Change | undefined, made: () => void): void {
    if (!change || !this.map.writable(change.key, client)) return client.respond(id, CsError.ACCESS);
    this.map.change(change, (error) => {
      if (error === CsError.OK) made();
      else client.respond(id, error === CsError.TRY_AGAIN ? error : CsError.ACCESS);
    });
  }
}
