import {
  Cluster,
  CsError,
  Database,
  Delivery,
  Logger,
  Request,
  ServiceEngine,
  Timers,
  inject,
  type Client,
  type DatabaseChange,
  type Engine,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import * as lib from './client-wire.js';
import { CHANGE_EVENT, MapNumber, MapRequest, SELECT_MAP_RESPONSE, TrackFlag } from './client-wire.js';
import { ConfigVersion } from './config-version.js';
import { KeyMap } from './key-map.js';
import { Session } from './session.js';
import { valueFromBytes, valueToBytes } from './value-bytes.js';
import { ANNOUNCE, Announcement } from './wire.js';

const ALL_FLAGS = TrackFlag.add | TrackFlag.delete | TrackFlag.modify | TrackFlag.prefix;

/** Gives the node's database to its clients and compares its version with the other members' (cmap.c). */
@ServiceEngine({ name: 'confdb', service: 0 })
export class ConfdbEngine implements Engine {
  readonly sync: ConfigVersion;
  private readonly configuration: KeyMap;
  private readonly statistics: KeyMap;

  constructor(
    @inject(Cluster) cluster: Cluster,
    @inject(Database) database: Database,
    @inject(Logger) logger: Logger,
    @inject(Timers) timers: Timers,
  ) {
    this.sync = new ConfigVersion(cluster, database, logger, timers);
    this.configuration = new KeyMap(database, false);
    this.statistics = new KeyMap(database, true);
  }

  start(): void {
    this.sync.start();
  }

  onConnect(client: Client): void {
    client.state = new Session(this.configuration);
  }

  onDisconnect(client: Client): void {
    sessionOf(client).close();
  }

  @Delivery(ANNOUNCE, Announcement)
  onAnnouncement(announcement: Infer<typeof Announcement>, from: NodeId): void {
    this.sync.heard(announcement, from);
  }

  @Request(MapRequest.set, lib.Set)
  set({ key, type, value: bytes }: Infer<typeof lib.Set>, client: Client): void {
    const { map } = sessionOf(client);
    if (!map.writable(key, client)) return client.respond(MapRequest.set, CsError.ACCESS);
    const value = valueFromBytes(type, bytes);
    client.respond(MapRequest.set, value ? map.set(key, value) : CsError.INVALID_PARAM);
  }

  @Request(MapRequest.delete, lib.Key)
  delete({ key }: Infer<typeof lib.Key>, client: Client): void {
    const { map } = sessionOf(client);
    client.respond(MapRequest.delete, map.writable(key, client) ? map.delete(key) : CsError.ACCESS);
  }

  @Request(MapRequest.get, lib.Get)
  get({ key, length: room }: Infer<typeof lib.Get>, client: Client): void {
    const stored = sessionOf(client).map.get(key);
    if (!stored) return client.respond(MapRequest.get, CsError.NOT_EXIST);
    const bytes = valueToBytes(stored);
    if (room > 0 && room < bytes.length) return client.respond(MapRequest.get, CsError.INVALID_PARAM);
    const value = room > 0 ? bytes : bytes.subarray(0, 0);
    const answer = { length: bytes.length, type: stored.type, value };
    client.respond(MapRequest.get, CsError.OK, lib.Value, answer);
  }

  @Request(MapRequest.adjust, lib.Adjust)
  adjust({ key, step }: Infer<typeof lib.Adjust>, client: Client): void {
    const { map } = sessionOf(client);
    client.respond(MapRequest.adjust, map.writable(key, client) ? map.adjust(key, step) : CsError.ACCESS);
  }

  @Request(MapRequest.iterate, lib.Key)
  iterate({ key: prefix }: Infer<typeof lib.Key>, client: Client): void {
    const handle = sessionOf(client).iterate(prefix);
    if (handle === undefined) return client.respond(MapRequest.iterate, CsError.NO_RESOURCES);
    client.respond(MapRequest.iterate, CsError.OK, lib.Handle, { handle });
  }

  @Request(MapRequest.next, lib.Handle)
  next({ handle }: Infer<typeof lib.Handle>, client: Client): void {
    const session = sessionOf(client);
    const key = session.next(handle);
    if (key === undefined) return client.respond(MapRequest.next, CsError.BAD_HANDLE);
    const value = session.map.get(key);
    if (!value) return client.respond(MapRequest.next, CsError.NO_SECTIONS);
    const item = { key, length: valueToBytes(value).length, type: value.type };
    client.respond(MapRequest.next, CsError.OK, lib.Item, item);
  }

  @Request(MapRequest.endIteration, lib.Handle)
  endIteration({ handle }: Infer<typeof lib.Handle>, client: Client): void {
    const known = sessionOf(client).endIteration(handle);
    client.respond(MapRequest.endIteration, known ? CsError.OK : CsError.BAD_HANDLE);
  }

  /** An empty key stands for all of them. */
  @Request(MapRequest.track, lib.Track)
  track({ key, flags, handle: clientHandle }: Infer<typeof lib.Track>, client: Client): void {
    if ((flags & ~ALL_FLAGS) !== 0) return client.respond(MapRequest.track, CsError.INVALID_PARAM);
    const session = sessionOf(client);
    const prefix = (flags & TrackFlag.prefix) !== 0;
    const handle = session.track(clientHandle, () =>
      session.map.track(key, prefix, (change) => tell(client, clientHandle, flags, change)),
    );
    if (handle === undefined) return client.respond(MapRequest.track, CsError.NO_RESOURCES);
    client.respond(MapRequest.track, CsError.OK, lib.Handle, { handle });
  }

  @Request(MapRequest.endTracking, lib.Handle)
  endTracking({ handle }: Infer<typeof lib.Handle>, client: Client): void {
    const clientHandle = sessionOf(client).endTracking(handle);
    if (clientHandle === undefined) return client.respond(MapRequest.endTracking, CsError.BAD_HANDLE);
    client.respond(MapRequest.endTracking, CsError.OK, lib.ClientHandle, { handle: clientHandle });
  }

  /** Not while iterators or trackers of the map looked at until now are open. */
  @Request(MapRequest.selectMap, lib.SelectMap)
  selectMap({ map }: Infer<typeof lib.SelectMap>, client: Client): void {
    const session = sessionOf(client);
    if (!session.idle) return client.respond(SELECT_MAP_RESPONSE, CsError.BUSY);
    if (map === MapNumber.configuration) session.map = this.configuration;
    else if (map === MapNumber.statistics) session.map = this.statistics;
    else return client.respond(SELECT_MAP_RESPONSE, CsError.NOT_EXIST);
    client.respond(SELECT_MAP_RESPONSE, CsError.OK);
  }
}

function sessionOf(client: Client): Session {
  return client.state as Session;
}

const NOTHING = new Uint8Array(0);

function tell(client: Client, handle: bigint, flags: number, change: DatabaseChange): void {
  const event = TrackFlag[change.kind];
  if ((flags & event) === 0) return;
  const { key, old, value } = change;
  client.dispatch(CHANGE_EVENT, lib.Change, {
    handle,
    key,
    event,
    newType: value?.type ?? 0,
    oldType: old?.type ?? 0,
    newValue: value ? valueToBytes(value) : NOTHING,
    oldValue: old ? valueToBytes(old) : NOTHING,
  });
}
