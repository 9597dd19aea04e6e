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
const Message = { reenable: 0, kill: 1, shutdown: 2, reload: 3, crypto: 4 } as const;
/** `cfg.shutdown_timeout`, milliseconds. */
const SHUTDOWN_TIMEOUT = 5000;
/** `totem.netmtu` where it is not set, in bytes. */
const NET_MTU = 1500;
/** Bytes of struct mcast. */
const MESSAGE_HEADER = 31;
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

  /** No link is ever disabled for good, and there are no keys to change: corosync sends the latter with knet only. */
  @Delivery(Message.reenable, raw)
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
    if (version !== STATUS_VERSION) return client.respond(CfgResponse.nodeStatus, CsError.NOT_SUPPORTED);
    const { members } = this.cluster.view;
    const found = this.nodelist.nodes.find(({ nodeId }) => nodeId === node);
    const tail = lib.linksTail(
      found && { reachable: members.includes(node), mtu: this.mtu(found.address), address: found.address },
    );
    client.respond(CfgResponse.nodeStatus, CsError.OK, lib.NodeStatus, { version, node }, tail);
  }

  @Request(CfgRequest.kill, lib.KillRequest, { flowControl: true })
  kill({ node, reason }: Infer<typeof lib.KillRequest>, client: Client): void {
    if (!this.cluster.view.members.includes(node)) {
      return client.respond(CfgResponse.kill, CsError.NOT_EXIST);
    }
    const [text = ''] = reason.split('\0', 1);
    const sent = this.cluster.multicast(Message.kill, lib.Kill, { node, reason: text });
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

  /** What the headers of IP and UDP, and of two messages of totem, leave of a packet (totemsrp_net_mtu_adjust). */
  private mtu(address: string): number {
    const udp = address.includes(':') ? 48 : 28;
    return (this.number('totem.netmtu') || NET_MTU) - udp - 2 * MESSAGE_HEADER;
  }

  private number(key: string): number | undefined {
    const held = this.database.get(key)?.value;
    return typeof held === 'number' ? held : undefined;
  }
}
