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
import type { Change } from './change.js';
import * as lib from './client-wire.js';
import {
  CHANGE_EVENT,
  EXCHANGE_RESPONSE,
  MapNumber,
  MapRequest,
  SELECT_MAP_RESPONSE,
  TrackFlag,
} from './client-wire.js';
import { ConfigVersion } from './config-version.js';
import { ClusterPart, Configuration, Statistics, type KeyMap } from './key-map.js';
import { Replicated, type ReplicatedMap } from './replicated-map.js';
import { Session } from './session.js';
import { valueFromBytes, valueToBytes } from './value-bytes.js';
import { ANNOUNCE, Announcement } from './wire.js';

const ALL_FLAGS = TrackFlag.add | TrackFlag.delete | TrackFlag.modify | TrackFlag.prefix;

/** Gives the node's database to its clients and compares its version with the other members' (cmap.c). */
@ServiceEngine({ name: 'cmap', service: 0 })
export class CmapEngine implements Engine {
  readonly sync: ConfigVersion;
  /** By their numbers. */
  private readonly maps: readonly KeyMap[];

  constructor(
    @inject(Cluster) cluster: Cluster,
    @inject(Database) database: Database,
    @inject(Logger) logger: Logger,
    @inject(Timers) timers: Timers,
    @inject(Replicated) replicated: ReplicatedMap,
  ) {
    this.sync = new ConfigVersion(cluster, database, logger, timers);
    this.maps = [
      new Configuration(database, replicated),
      new Statistics(database),
      new ClusterPart(database, replicated),
    ];
  }

  start(): void {
    this.sync.start();
  }

  onConnect(client: Client): void {
    client.state = new Session(this.maps[MapNumber.icmap] as KeyMap);
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
    const value = valueFromBytes(type, bytes);
    change(client, MapRequest.set, key, value && { kind: 'set', key, value });
  }

  @Request(MapRequest.delete, lib.Key)
  delete({ key }: Infer<typeof lib.Key>, client: Client): void {
    change(client, MapRequest.delete, key, { kind: 'delete', key });
  }

  /** Not in corosync: sets or deletes a key if it holds what the client expects. */
  @Request(MapRequest.exchange, lib.Exchange)
  exchange({ key, ...word }: Infer<typeof lib.Exchange>, client: Client): void {
    const value = valueFromBytes(word.type, word.value);
    const expected = valueFromBytes(word.expectedType, word.expected);
    const valid = (word.type === 0 || value) && (word.expectedType === 0 || expected);
    change(client, EXCHANGE_RESPONSE, key, valid ? { kind: 'exchange', key, expected, value } : undefined);
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
    change(client, MapRequest.adjust, key, { kind: 'adjust', key, step });
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
    const refusal = session.map.trackable(
      prefix,
      (flags & TrackFlag.add) !== 0,
      (flags & TrackFlag.delete) !== 0,
    );
    if (refusal !== CsError.OK) return client.respond(MapRequest.track, refusal);
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
    const selected = this.maps[map];
    if (selected === undefined) return client.respond(SELECT_MAP_RESPONSE, CsError.NOT_EXIST);
    session.map = selected;
    client.respond(SELECT_MAP_RESPONSE, CsError.OK);
  }
}

function sessionOf(client: Client): Session {
  return client.state as Session;
}

/** What may not be written is told first, then what is no value (undefined), as in cmap.c. */
function change(client: Client, response: number, key: string, wanted: Change | undefined): void {
  const { map } = sessionOf(client);
  if (!map.writable(key, client)) return client.respond(response, CsError.ACCESS);
  if (wanted === undefined) return client.respond(response, CsError.INVALID_PARAM);
  map.change(wanted, (error) => client.respond(response, error));
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
