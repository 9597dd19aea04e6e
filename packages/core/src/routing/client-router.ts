import {
  CsError,
  type ClientRouter,
  type Clients,
  type Clock,
  type Connection,
  type Database,
  type EngineIdentity,
  type Logger,
  type RequestHandler,
} from '@coterie/sdk';
import type { ConnectionKeys } from '../observe/connections.js';
import type { HandlerWatch } from '../observe/handler-watch.js';
import type { ClusterState } from './cluster-state.js';
import { EngineClients, LocalClient } from './clients.js';
import { method, type RunningEngine } from './engine.js';
import { Refusals } from './refusals.js';

/** Header of a request: i32 id at 0, i32 size at 8. */
const HEADER = 16;
const MAX_CONNECTIONS = 1024;
const MAX_CONNECTIONS_OF_A_USER = 64;
/** Room asked for beyond the request: what an engine's message header may take more than the request's. */
const HEADER_MARGIN = 512;
/** No queue has room for more; such a request would be held for ever. */
const MAX_REQUEST = 1024 * 1024 + 64 * 1024;

interface Service {
  readonly running: RunningEngine;
  readonly clients: EngineClients;
  /** By request id. */
  readonly requests: ReadonlyMap<number, Route>;
}

interface Route {
  readonly handler: RequestHandler;
  readonly name: string;
  readonly run: (request: unknown, client: unknown) => void;
}

/** What admission and flow control depend on. */
export interface ClientPorts {
  readonly state: ClusterState;
  /** Is there room in the send queue for a message of so many bytes? */
  room(bytes: number): boolean;
  readonly database: Pick<Database, 'get'>;
  /** The user that the daemon runs as; -1 if unknown. */
  readonly uid: number;
  /** Where the connections are shown. */
  readonly connections: Pick<ConnectionKeys, 'opened' | 'closed'>;
  readonly clock: Clock;
  readonly watch: HandlerWatch;
  readonly log: Logger;
}

/** The client side of the engines: lets programs in, hands their requests to the engine they are connected to. */
export class LocalClientRouter implements ClientRouter {
  private readonly services = new Map<number, Service>();
  private readonly early = new Map<number, EngineClients>();
  private readonly connected = new Map<number, { client: LocalClient; service: Service }>();
  private readonly ofUser = new Map<number, number>();
  /** Connections whose request had no room, longest waiting first. */
  private readonly waiting = new Set<LocalClient>();
  private nextHandle = 1;
  /** What was refused, by reason. */
  readonly refused = { access: 0, limit: 0, early: 0, held: 0, service: 0, request: 0 };

  private readonly refusals: Refusals;

  constructor(private readonly ports: ClientPorts) {
    this.refusals = new Refusals(ports.clock, ports.log);
  }

  get size(): number {
    return this.connected.size;
  }

  /** The clients of an instance of the engine with this identity, which itself is added when it has been made. */
  clients(identity: EngineIdentity): Clients {
    const clients = new EngineClients();
    this.early.set(identity.service, clients);
    return clients;
  }

  add(running: RunningEngine): void {
    const { engine, identity, requests } = running;
    this.services.set(identity.service, {
      running,
      clients: this.early.get(identity.service) ?? new EngineClients(),
      requests: new Map(
        requests.map((handler) => {
          const { id, method: name } = handler;
          return [id, { handler, name: `request ${id} (${String(name)})`, run: method(engine, name) }];
        }),
      ),
    });
  }

  serves(service: number): boolean {
    return this.services.has(service);
  }

  accept(number: number, connection: Connection): { handle: number } | { error: number; reason: string } {
    const service = this.services.get(number);
    if (service === undefined) {
      this.refused.service++;
      return { error: CsError.NOT_EXIST, reason: `no engine serves ${number}` };
    }
    const refusal = this.refusal(connection, service.running);
    if (refusal !== undefined) return refusal;
    const handle = this.nextHandle++;
    const client = new LocalClient(handle, connection, (closed) => this.closed(closed.id));
    this.connected.set(handle, { client, service });
    this.ofUser.set(client.uid, (this.ofUser.get(client.uid) ?? 0) + 1);
    return { handle };
  }

  opened(handle: number): void {
    const found = this.connected.get(handle);
    if (found === undefined) return;
    const { client, service } = found;
    service.clients.add(client);
    const { engine, guard, identity } = service.running;
    this.ports.connections.opened(client, identity.service);
    guard.run('onConnect', () => engine.onConnect?.(client), undefined);
  }

  request(handle: number, bytes: DataView, offset: number, length: number): 'taken' | 'busy' {
    const found = this.connected.get(handle);
    if (found === undefined) return 'taken';
    const { client, service } = found;
    if (length < HEADER || bytes.getInt32(offset + 8, true) !== length || length > MAX_REQUEST) {
      return this.invalid(client, 'frame size');
    }
    const route = service.requests.get(bytes.getInt32(offset, true));
    if (route === undefined) return this.invalid(client, 'unknown request');
    const { flowControl, oneWay } = route.handler;
    if (flowControl && (!this.admits(length) || (oneWay && client.behind && !client.awaiting))) {
      this.waiting.add(client);
      client.counts.overload++;
      client.pause(true);
      return 'busy';
    }
    const decoded = route.handler.codec.decode(bytes, offset + HEADER, length - HEADER);
    if (!decoded.ok) return this.invalid(client, decoded.reason, oneWay);
    client.answered = false;
    client.counts.requests++;
    this.ports.watch.begin();
    try {
      route.run(decoded.value, client);
    } catch (error) {
      service.running.guard.failed(route.name, error);
      if (!client.answered && !oneWay) client.respond(0, CsError.LIBRARY);
    }
    this.ports.watch.end(service.running.guard, route.name);
    return 'taken';
  }

  queued(handle: number, bytes: DataView, offset: number): void {
    const found = this.connected.get(handle);
    if (found === undefined || found.service.requests.get(bytes.getInt32(offset, true))?.handler.oneWay)
      return;
    found.client.awaiting = true;
    this.goOn(found.client);
  }

  caughtUp(handle: number): void {
    const client = this.connected.get(handle)?.client;
    if (client !== undefined) this.goOn(client);
  }

  closed(handle: number): void {
    const found = this.connected.get(handle);
    if (found === undefined) return;
    const { client, service } = found;
    this.connected.delete(handle);
    this.waiting.delete(client);
    service.clients.remove(client);
    const others = (this.ofUser.get(client.uid) ?? 1) - 1;
    if (others === 0) this.ofUser.delete(client.uid);
    else this.ofUser.set(client.uid, others);
    client.gone();
    this.ports.connections.closed(client);
    const { engine, guard } = service.running;
    guard.run('onDisconnect', () => engine.onDisconnect?.(client), undefined);
  }

  /** There may be room again, or synchronisation is over: lets those who wait try in turn. */
  resume(): void {
    for (let turns = this.waiting.size; turns > 0 && this.admits(HEADER); turns--) {
      const [client] = this.waiting;
      if (client === undefined) return;
      this.goOn(client);
    }
  }

  /** Disconnects the clients of one service. */
  closeService(number: number, reason: string): void {
    for (const { client, service } of [...this.connected.values()])
      if (service.running.identity.service === number) client.close(reason);
  }

  /** Disconnects everybody. */
  closeAll(reason: string): void {
    for (const { client } of [...this.connected.values()]) client.close(reason);
  }

  private goOn(client: LocalClient): void {
    if (this.waiting.delete(client)) client.pause(false);
  }

  private admits(bytes: number): boolean {
    return !this.ports.state.synchronising && this.ports.room(bytes + HEADER_MARGIN);
  }

  private refusal(
    { peer }: Connection,
    { identity, standing }: RunningEngine,
  ): { error: number; reason: string } | undefined {
    if (!this.allowed(peer.uid, peer.gid)) {
      this.refused.access++;
      return this.refuse(peer.uid, CsError.ACCESS, 'it is not allowed to connect (uidgid)');
    }
    if (!this.ports.state.open) {
      this.refused.early++;
      return { error: CsError.TRY_AGAIN, reason: 'not synchronised yet' };
    }
    if (standing.held !== undefined) {
      this.refused.held++;
      return { error: CsError.TRY_AGAIN, reason: `${identity.name} stands aside: ${standing.held}` };
    }
    const ofUser = peer.uid === -1 ? 0 : (this.ofUser.get(peer.uid) ?? 0);
    if (this.connected.size >= MAX_CONNECTIONS || ofUser >= MAX_CONNECTIONS_OF_A_USER) {
      this.refused.limit++;
      return this.refuse(peer.uid, CsError.NO_RESOURCES, 'too many connections');
    }
    return undefined;
  }

  private refuse(uid: number, error: number, reason: string): { error: number; reason: string } {
    this.refusals.add(uid, reason);
    return { error, reason };
  }

  /** corosync_ipc rules; where nobody tells who the peer is, the permissions of the socket have decided. */
  private allowed(uid: number, gid: number): boolean {
    if (uid === -1 || uid === 0 || gid === 0 || uid === this.ports.uid) return true;
    const granted = (key: string) => this.ports.database.get(key)?.value === 1;
    return (
      granted(`uidgid.uid.${uid}`) ||
      granted(`uidgid.config.uid.${uid}`) ||
      granted(`uidgid.gid.${gid}`) ||
      granted(`uidgid.config.gid.${gid}`)
    );
  }

  private invalid(client: LocalClient, reason: string, oneWay = false): 'taken' {
    this.refused.request++;
    client.counts.invalid++;
    if (this.ports.log.enabled('debug'))
      this.ports.log.debug(`refused a request of client ${client.id}: ${reason}`);
    if (!oneWay) client.respond(0, CsError.INVALID_PARAM);
    return 'taken';
  }
}
