import {
  ClientFiles,
  Cluster,
  Clients,
  Counters,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  Timers,
  empty,
  inject,
  raw,
  type Client,
  type Counter,
  type Engine,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import {
  ClientEvent,
  ClientRequest,
  ClientResponse,
  DeliverHead,
  IterationHandle,
  IterationItem,
  IterationRequest,
  Join,
  Leave,
  LocalGetResponse,
  MAX_MEMBERS,
  MAX_MESSAGE,
  McastRequest,
  MembershipRequest,
  MembershipResponse,
  PartialDeliverHead,
  PartialMcastRequest,
  ZeroCopyAllocate,
  ZeroCopyExecute,
  ZeroCopyFree,
} from './client-messages.js';
import { Connection } from './connection.js';
import { Departures } from './departures.js';
import { nameOf } from './group-name.js';
import { Groups } from './groups.js';
import { itemsOf } from './iterations.js';
import { LocalProcesses } from './local-processes.js';
import { Notices, bystander } from './notices.js';
import {
  JoinList,
  Mcast,
  McastHead,
  Membership,
  PartialMcast,
  PartialMcastHead,
  Reason,
  RingMessage,
} from './ring-messages.js';
import { GroupSynchroniser } from './synchronisation.js';

/** Processes of this node that fit into one join list, which has to be one message. */
const MAX_LOCAL = Math.floor((MAX_MESSAGE - 24) / 144);

/**
 * Closed process groups: ordered multicast among named groups of processes, with the same sequence of members
 * and messages seen by all (corosync's cpg, service 2). A connection joins one group.
 */
@ServiceEngine({ name: 'cpg', service: 2 })
export class CpgEngine implements Engine {
  readonly sync: GroupSynchroniser;

  private readonly groups = new Groups();
  private readonly local = new LocalProcesses();
  private readonly departures: Departures;
  private readonly notices: Notices;
  private readonly unknownSender: Counter;
  private readonly refused: Counter;
  /** What messages of zero copy are read into, once there is one. */
  private shared: Uint8Array | undefined;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) clients: Clients,
    @inject(Timers) timers: Timers,
    @inject(Counters) counters: Counters,
    @inject(ClientFiles, { optional: true }) private readonly files: ClientFiles | undefined,
  ) {
    this.departures = new Departures(cluster, timers);
    this.notices = new Notices(cluster, clients, this.groups, this.local);
    this.sync = new GroupSynchroniser(cluster, this.groups, this.notices);
    this.unknownSender = counters.counter('unknown_sender');
    this.refused = counters.counter('mcast_refused');
  }

  onConnect(client: Client): void {
    client.state = new Connection(client, this.files);
  }

  onDisconnect(client: Client): void {
    const connection = connectionOf(client);
    connection.buffers.freeAll();
    this.depart(connection);
  }

  dump(): unknown {
    return Object.fromEntries(Array.from(this.groups, ({ name, processes }) => [name, processes]));
  }

  @Request(ClientRequest.JOIN, Join, { flowControl: true })
  join(request: Infer<typeof Join>, client: Client): void {
    const connection = connectionOf(client);
    const group = nameOf(request.group);
    const { pid, flags } = request;
    let error: CsError;
    if (group === undefined) error = CsError.NAME_TOO_LONG;
    else {
      error = this.admits(connection, group, pid);
      if (error === CsError.OK && !this.announce(RingMessage.JOIN, group, pid, Reason.JOIN)) {
        error = CsError.TRY_AGAIN;
      }
      if (error === CsError.OK) {
        connection.join(group, pid, flags);
        this.local.add(connection);
      }
    }
    client.respond(ClientResponse.JOIN, error);
  }

  /** The checks in corosync's order; the last two are limits of the wire and of libcpg that corosync leaves to luck. */
  private admits(connection: Connection, group: string, pid: number): CsError {
    if (this.local.find(group, pid) !== undefined) return CsError.EXIST;
    if (this.groups.has(group, { nodeId: this.cluster.nodeId, pid }) || this.departures.has(group, pid)) {
      return CsError.TRY_AGAIN;
    }
    if (connection.state === 'leaving' || connection.state === 'left') return CsError.BUSY;
    if (connection.state !== 'unjoined') return CsError.EXIST;
    if (this.local.size >= MAX_LOCAL) return CsError.NO_RESOURCES;
    if ((this.groups.find(group)?.processes.length ?? 0) >= MAX_MEMBERS) return CsError.NO_RESOURCES;
    return CsError.OK;
  }

  /** The pid of the request is not looked at: after a fork it is another one than the member's. */
  @Request(ClientRequest.LEAVE, Leave, { flowControl: true })
  leave(request: Infer<typeof Leave>, client: Client): void {
    const connection = connectionOf(client);
    let error: CsError = CsError.NOT_EXIST;
    if (connection.state === 'joining') error = CsError.BUSY;
    else if (connection.state === 'joined' && connection.group === nameOf(request.group)) {
      const sent = this.announce(RingMessage.LEAVE, connection.group, connection.pid, Reason.LEAVE);
      error = sent ? CsError.OK : CsError.TRY_AGAIN;
      if (sent) connection.state = 'leaving';
    }
    client.respond(ClientResponse.LEAVE, error);
  }

  @Request(ClientRequest.MCAST, McastRequest, { flowControl: true, oneWay: true })
  mcast(request: Infer<typeof McastRequest>, client: Client): void {
    const connection = connectionOf(client);
    const { data } = request;
    const allowed = connection.member && data.length <= MAX_MESSAGE;
    if (!allowed || !this.send(connection, data)) this.refused.value++;
  }

  /** False if there is no room. */
  private send({ client, group, pid }: Connection, data: Uint8Array): boolean {
    const source = { sourceNode: this.cluster.nodeId, sourceConnection: client.id };
    const head = { group, length: data.length, pid, ...source };
    return this.cluster.multicast(RingMessage.MCAST, McastHead, head, data);
  }

  @Request(ClientRequest.PARTIAL_MCAST, PartialMcastRequest, { flowControl: true })
  partialMcast(request: Infer<typeof PartialMcastRequest>, client: Client): void {
    const connection = connectionOf(client);
    let error = connection.fragment(request);
    if (error === CsError.OK) {
      const { group, pid } = connection;
      const { total, type, data } = request;
      const source = { sourceNode: this.cluster.nodeId, sourceConnection: client.id };
      const head = { group, total, length: data.length, pid, type, ...source };
      if (this.cluster.multicast(RingMessage.PARTIAL_MCAST, PartialMcastHead, head, data)) {
        connection.fragmentSent(data.length);
      } else error = CsError.TRY_AGAIN;
    }
    client.respond(ClientResponse.PARTIAL_MCAST, error);
  }

  @Request(ClientRequest.MEMBERSHIP, MembershipRequest)
  membership(request: Infer<typeof MembershipRequest>, client: Client): void {
    const group = nameOf(request.group);
    const processes = group === undefined ? [] : (this.groups.find(group)?.processes ?? []);
    const members = processes.slice(0, MAX_MEMBERS).map(bystander);
    client.respond(ClientResponse.MEMBERSHIP, CsError.OK, MembershipResponse, { members });
  }

  @Request(ClientRequest.LOCAL_GET, empty)
  localGet(_: undefined, client: Client): void {
    const { nodeId } = this.cluster;
    client.respond(ClientResponse.LOCAL_GET, CsError.OK, LocalGetResponse, { nodeId });
  }

  @Request(ClientRequest.ITERATION_INITIALIZE, IterationRequest)
  iterationInitialize(request: Infer<typeof IterationRequest>, client: Client): void {
    const items = itemsOf(this.groups, request.type, nameOf(request.group));
    const handle = items && connectionOf(client).iterations.begin(items);
    if (handle === undefined) {
      const error = items === undefined ? CsError.INVALID_PARAM : CsError.NO_RESOURCES;
      client.respond(ClientResponse.ITERATION_INITIALIZE, error);
    } else {
      client.respond(ClientResponse.ITERATION_INITIALIZE, CsError.OK, IterationHandle, { handle });
    }
  }

  @Request(ClientRequest.ITERATION_NEXT, IterationHandle)
  iterationNext({ handle }: Infer<typeof IterationHandle>, client: Client): void {
    const next = connectionOf(client).iterations.next(handle);
    if (next === undefined) client.respond(ClientResponse.ITERATION_NEXT, CsError.BAD_HANDLE);
    else if (next.done) client.respond(ClientResponse.ITERATION_NEXT, CsError.NO_SECTIONS);
    else client.respond(ClientResponse.ITERATION_NEXT, CsError.OK, IterationItem, next.value);
  }

  @Request(ClientRequest.ITERATION_FINALIZE, IterationHandle)
  iterationFinalize({ handle }: Infer<typeof IterationHandle>, client: Client): void {
    const ended = connectionOf(client).iterations.end(handle);
    client.respond(ClientResponse.ITERATION_FINALIZE, ended ? CsError.OK : CsError.BAD_HANDLE);
  }

  @Request(ClientRequest.FINALIZE, empty, { flowControl: true })
  finalize(_: undefined, client: Client): void {
    client.respond(ClientResponse.FINALIZE, CsError.OK);
    this.depart(connectionOf(client));
  }

  /** libcpg looks at neither this answer nor that to freeing, and corosync sends them with the id of a join. */
  @Request(ClientRequest.ZERO_COPY_ALLOCATE, ZeroCopyAllocate, { flowControl: true })
  zeroCopyAllocate({ path }: Infer<typeof ZeroCopyAllocate>, client: Client): void {
    client.respond(ClientResponse.JOIN, connectionOf(client).buffers.allocate(path, client.uid));
  }

  @Request(ClientRequest.ZERO_COPY_FREE, ZeroCopyFree, { flowControl: true })
  zeroCopyFree({ handle }: Infer<typeof ZeroCopyFree>, client: Client): void {
    client.respond(ClientResponse.JOIN, connectionOf(client).buffers.free(handle));
  }

  @Request(ClientRequest.ZERO_COPY_EXECUTE, ZeroCopyExecute, { flowControl: true })
  zeroCopyExecute({ handle }: Infer<typeof ZeroCopyExecute>, client: Client): void {
    client.respond(ClientResponse.MCAST, this.sendShared(connectionOf(client), handle));
  }

  private sendShared(connection: Connection, handle: bigint): CsError {
    if (!connection.member) return CsError.NOT_EXIST;
    if (connection.client.behind) return CsError.TRY_AGAIN;
    this.shared ??= new Uint8Array(MAX_MESSAGE);
    const data = connection.buffers.message(handle, this.shared);
    if (typeof data === 'number') return data;
    return this.send(connection, data) ? CsError.OK : CsError.TRY_AGAIN;
  }

  @Delivery(RingMessage.JOIN, Membership)
  onJoin({ group, pid }: Infer<typeof Membership>, from: NodeId): void {
    const process = { nodeId: from, pid };
    if (!this.groups.add(group, process)) return;
    this.sync.processJoined(group, process);
    this.notices.changed(group, [{ ...process, reason: Reason.JOIN }], []);
  }

  @Delivery(RingMessage.LEAVE, Membership)
  onLeave({ group, pid, reason }: Infer<typeof Membership>, from: NodeId): void {
    const process = { nodeId: from, pid };
    this.sync.processLeft(group, process);
    if (from === this.cluster.nodeId) this.departures.delivered(group, pid);
    if (this.groups.remove(group, process)) this.notices.changed(group, [], [{ ...process, reason }]);
  }

  @Delivery(RingMessage.JOIN_LIST, JoinList)
  onJoinList({ processes }: JoinList, from: NodeId): void {
    this.sync.listed(from, processes);
  }

  @Delivery(RingMessage.MCAST, Mcast)
  onMcast({ group, pid, data }: Mcast, from: NodeId): void {
    const listeners = this.local.in(group);
    if (listeners.length === 0 || !this.known(group, from)) return;
    const head = { group, length: data.length, nodeId: from, pid };
    for (const { client } of listeners) client.dispatch(ClientEvent.DELIVER, DeliverHead, head, data);
  }

  @Delivery(RingMessage.PARTIAL_MCAST, PartialMcast)
  onPartialMcast({ group, total, pid, type, data }: PartialMcast, from: NodeId): void {
    const listeners = this.local.in(group);
    if (listeners.length === 0 || !this.known(group, from)) return;
    const head = { group, total, length: data.length, nodeId: from, pid, type };
    for (const { client } of listeners) {
      client.dispatch(ClientEvent.PARTIAL_DELIVER, PartialDeliverHead, head, data);
    }
  }

  /** Every node goes by its own down list: what others say is not kept. */
  @Delivery(RingMessage.DOWN_LIST, raw)
  @Delivery(RingMessage.DOWN_LIST_OLD, raw)
  ignore(_message: Uint8Array, _from: NodeId): void {}

  /** Closed groups: only members' nodes send. A message queued before this node saw its sender's node leave is one of no member. */
  private known(group: string, from: NodeId): boolean {
    const known = this.groups.find(group)?.hasNode(from) ?? false;
    if (!known) this.unknownSender.value++;
    return known;
  }

  private announce(fn: number, group: string, pid: number, reason: number): boolean {
    return this.cluster.multicast(fn, Membership, { group, pid, reason });
  }

  /** The connection is no member any more, and hears nothing more. */
  private depart(connection: Connection): void {
    const { member, group, pid } = connection;
    this.local.remove(connection);
    connection.state = 'left';
    if (member) this.departures.add(group, pid);
  }
}

function connectionOf(client: Client): Connection {
  return client.state as Connection;
}
