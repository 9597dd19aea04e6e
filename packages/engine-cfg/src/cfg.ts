import {
  Cluster,
  CsError,
  Database,
  Delivery,
  Logger,
  Nodelist,
  Request,
  ServiceEngine,
  empty,
  inject,
  type Client,
  type ConfiguredNode,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import * as lib from './client-wire.js';
import { CfgRequest, CfgResponse, Shutdown } from './client-wire.js';

/** Messages between members (corosync: exec/cfg.c). */
const Message = { kill: 1 } as const;
/** The version of the answer to a query for a node's status. */
const STATUS_VERSION = 1;

/** Tells clients addresses and states of the nodes; takes nodes out of the ring when they ask for it (cfg.c). */
@ServiceEngine({ name: 'cfg', service: 1 })
export class CfgEngine {
  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Nodelist) private readonly nodelist: Nodelist,
    @inject(Database) private readonly database: Database,
    @inject(Logger) private readonly log: Logger,
  ) {}

  @Delivery(Message.kill, lib.Kill)
  onKill({ node, reason }: Infer<typeof lib.Kill>, from: NodeId): void {
    this.log.warn(`node ${from} tells node ${node} to stop: ${reason}`);
    if (node === this.cluster.nodeId) this.cluster.shutdown(`told to by node ${from}: ${reason}`);
  }

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

  /** Nobody is asked whether they mind: a request that would have to ask is refused. */
  @Request(CfgRequest.tryShutdown, lib.TryShutdown)
  tryShutdown({ how }: Infer<typeof lib.TryShutdown>, client: Client): void {
    const immediate = how === Shutdown.regardless || how === Shutdown.immediate;
    client.respond(CfgResponse.tryShutdown, immediate ? CsError.OK : CsError.NOT_SUPPORTED);
    if (immediate) this.cluster.shutdown(`asked to by process ${client.pid}`);
  }

  @Request(CfgRequest.replyToShutdown, lib.ShutdownReply)
  replyToShutdown(_: unknown, client: Client): void {
    client.respond(CfgResponse.replyToShutdown, CsError.ACCESS);
  }

  /** Who tracks wants to be asked before a shutdown, which never happens. */
  @Request(CfgRequest.track, lib.Track)
  track(_: unknown, client: Client): void {
    client.respond(CfgResponse.track, CsError.OK);
  }

  @Request(CfgRequest.endTracking, empty)
  endTracking(_: undefined, client: Client): void {
    client.respond(CfgResponse.endTracking, CsError.OK);
  }

  @Request(CfgRequest.ringReenable, empty)
  ringReenable(_: undefined, client: Client): void {
    client.respond(CfgResponse.ringReenable, CsError.NOT_SUPPORTED);
  }

  @Request(CfgRequest.reload, empty)
  reload(_: undefined, client: Client): void {
    client.respond(CfgResponse.reload, CsError.NOT_SUPPORTED);
  }

  @Request(CfgRequest.reopenLogs, empty)
  reopenLogs(_: undefined, client: Client): void {
    client.respond(CfgResponse.reopenLogs, CsError.NOT_SUPPORTED);
  }

  /** 0 stands for this node. */
  private node(id: NodeId): ConfiguredNode | undefined {
    return id === 0 ? this.nodelist.local : this.nodelist.nodes.find(({ nodeId }) => nodeId === id);
  }

  private mtu(): number {
    const mtu = this.database.get('totem.netmtu')?.value;
    return typeof mtu === 'number' ? mtu : 1500;
  }
}
