import {
  Cluster,
  ConfigurationFile,
  CsError,
  Database,
  Delivery,
  Logger,
  Nodelist,
  Request,
  ServiceEngine,
  Timers,
  empty,
  inject,
  raw,
  type Client,
  type ConfiguredNode,
  type Engine,
  type Infer,
  type NodeId,
  type Timer,
} from '@coterie/sdk';
import * as lib from './client-wire.js';
import { CfgRequest, CfgResponse, STATUS_VERSION, Shutdown } from './client-wire.js';
import { Reload, type ClusterReload } from './cluster-reload.js';
import { ShutdownPoll } from './shutdown-poll.js';

/** Messages between members (corosync: exec/cfg.c). */
const Message = { kill: 1, shutdown: 2, reload: 3, crypto: 4 } as const;
/** `cfg.shutdown_timeout`, milliseconds. */
const SHUTDOWN_TIMEOUT = 5000;
/** Milliseconds between attempts to tell the others of a shutdown. */
const RETRY = 20;

/** Tells clients addresses and states of the nodes; takes nodes out of the ring when they ask for it (cfg.c). */
@ServiceEngine({ name: 'cfg', service: 1 })
export class CfgEngine implements Engine {
  private readonly poll: ShutdownPoll;
  private readonly goodbye: Timer;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Nodelist) private readonly nodelist: Nodelist,
    @inject(Database) private readonly database: Database,
    @inject(Logger) private readonly log: Logger,
    @inject(Timers) timers: Timers,
    @inject(Reload) private readonly clusterReload: ClusterReload,
    @inject(ConfigurationFile, { optional: true }) private readonly file: ConfigurationFile | undefined,
  ) {
    const { nodeId } = cluster;
    const patience = () => this.number('cfg.shutdown_timeout') ?? SHUTDOWN_TIMEOUT;
    this.goodbye = timers.timer(() => this.shutDown());
    this.poll = new ShutdownPoll(timers, patience, () => this.shutDown());
    // The connection is the sender's own affair: it knows who has asked.
    clusterReload.connect(() =>
      cluster.multicast(Message.reload, lib.Reload, { node: nodeId, connection: 0n }),
    );
  }

  onDisconnect(client: Client): void {
    this.poll.gone(client);
  }

  @Delivery(Message.kill, lib.Kill)
  onKill({ node, reason }: Infer<typeof lib.Kill>, from: NodeId): void {
    this.log.warn(`node ${from} tells node ${node} to stop: ${reason}`);
    if (node === this.cluster.nodeId) this.cluster.shutdown(`told to by node ${from}: ${reason}`);
  }

  /** A node that shuts down tells the others, and goes when its own word has come round (cfg.c). */
  @Delivery(Message.shutdown, empty)
  onShutdown(_: undefined, from: NodeId): void {
    this.log.info(`node ${from} was shut down by its administrator`);
    if (from === this.cluster.nodeId) this.cluster.shutdown('asked to by a program', 'asked');
  }

  @Delivery(Message.reload, lib.Reload)
  onReload({ node }: Infer<typeof lib.Reload>, from: NodeId): void {
    this.log.info(`node ${from} has all nodes read their configuration again`);
    void this.clusterReload.apply(from === this.cluster.nodeId && node === from);
  }

  /** There are no keys to change: corosync sends this with knet only. */
  @Delivery(Message.crypto, raw)
  ignore(_message: Uint8Array, _from: NodeId): void {}

  @Request(CfgRequest.localNode, empty)
  localNode(_: undefined, client: Client): void {
    client.respond(CfgResponse.localNode, CsError.OK, lib.LocalNode, { node: this.cluster.nodeId });
  }

  @Request(CfgRequest.addresses, lib.NodeQuery)
  addresses({ node }: Infer<typeof lib.NodeQuery>, client: Client): void {
    const address = lib.parseAddress(this.node(node)?.address ?? '');
    if (address === undefined) return client.respond(CfgResponse.addresses, CsError.NOT_EXIST);
    const answer = { family: address.family, count: 1 };
    client.respond(CfgResponse.addresses, CsError.OK, lib.Addresses, answer, address.bytes);
  }

  @Request(CfgRequest.ringStatus, empty)
  ringStatus(_: undefined, client: Client): void {
    const tail = lib.ringStatusTail(this.nodelist.local.address);
    client.respond(CfgResponse.ringStatus, CsError.OK, lib.RingStatus, { count: 1 }, tail);
  }

  @Request(CfgRequest.nodeStatus, lib.NodeStatusQuery)
  nodeStatus({ node, version }: Infer<typeof lib.NodeStatusQuery>, client: Client): void {
    const found = this.node(node);
    if (version !== STATUS_VERSION) return client.respond(CfgResponse.nodeStatus, CsError.NOT_SUPPORTED);
    if (found === undefined) return client.respond(CfgResponse.nodeStatus, CsError.NOT_EXIST);
    const tail = lib.linksTail({
      reachable: this.cluster.view.members.includes(found.nodeId),
      mtu: this.mtu(),
      source: found.address,
      destination: found.address,
    });
    const answer = { version: STATUS_VERSION, node: found.nodeId };
    client.respond(CfgResponse.nodeStatus, CsError.OK, lib.NodeStatus, answer, tail);
  }

  @Request(CfgRequest.kill, lib.Kill, { flowControl: true })
  kill(kill: Infer<typeof lib.Kill>, client: Client): void {
    if (!this.cluster.view.members.includes(kill.node)) {
      return client.respond(CfgResponse.kill, CsError.NOT_EXIST);
    }
    const sent = this.cluster.multicast(Message.kill, lib.Kill, kill);
    client.respond(CfgResponse.kill, sent ? CsError.OK : CsError.TRY_AGAIN);
  }

  @Request(CfgRequest.tryShutdown, lib.TryShutdown, { flowControl: true })
  tryShutdown({ how }: Infer<typeof lib.TryShutdown>, client: Client): void {
    if (how === Shutdown.immediate) {
      client.respond(CfgResponse.tryShutdown, CsError.OK);
      this.shutDown();
    } else this.poll.begin(client, how);
  }

  @Request(CfgRequest.replyToShutdown, lib.ShutdownReply)
  replyToShutdown({ reply }: Infer<typeof lib.ShutdownReply>, client: Client): void {
    client.respond(CfgResponse.replyToShutdown, this.poll.reply(client, reply === lib.Reply.yes));
  }

  /** Who tracks is asked before a shutdown. */
  @Request(CfgRequest.track, lib.Track)
  track(_: unknown, client: Client): void {
    this.poll.track(client);
    client.respond(CfgResponse.track, CsError.OK);
  }

  @Request(CfgRequest.endTracking, empty)
  endTracking(_: undefined, client: Client): void {
    this.poll.forget(client);
    client.respond(CfgResponse.endTracking, CsError.OK);
  }

  @Request(CfgRequest.ringReenable, empty)
  ringReenable(_: undefined, client: Client): void {
    client.respond(CfgResponse.ringReenable, CsError.NOT_SUPPORTED);
  }

  @Request(CfgRequest.reload, empty, { flowControl: true })
  reload(_: undefined, client: Client): void {
    this.clusterReload.begin((error) => client.respond(CfgResponse.reload, error));
  }

  @Request(CfgRequest.reopenLogs, empty)
  reopenLogs(_: undefined, client: Client): void {
    this.file?.reopenLogs();
    client.respond(CfgResponse.reopenLogs, this.file === undefined ? CsError.NOT_SUPPORTED : CsError.OK);
  }

  private shutDown(): void {
    if (!this.cluster.multicast(Message.shutdown, empty, undefined)) this.goodbye.start(RETRY);
  }

  /** 0 stands for this node. */
  private node(id: NodeId): ConfiguredNode | undefined {
    return id === 0 ? this.nodelist.local : this.nodelist.nodes.find(({ nodeId }) => nodeId === id);
  }

  private mtu(): number {
    return this.number('totem.netmtu') ?? 1500;
  }

  private number(key: string): number | undefined {
    const held = this.database.get(key)?.value;
    return typeof held === 'number' ? held : undefined;
  }
}
