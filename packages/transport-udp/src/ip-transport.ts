import {
  type Clock,
  type LinkStatus,
  type Logger,
  type Member,
  type NodeId,
  type PacketBatch,
  type Slab,
  type Timer,
  type Timers,
  type Transport,
  type TransportContext,
  type TransportEvents,
} from '@coterie/sdk';
import {
  AddressBook,
  Complaints,
  EVERY_PEER,
  type OwnEnd,
  ownEnd,
  resolveByHost,
  SelfDelivery,
  SendQueue,
} from '@coterie/sdk/transport';
import { Counters } from './counters.js';
import { Inbox } from './inbox.js';
import { interfaceOf, isLocal, isUsable } from './local-address.js';
import { chooseSockets } from './open-socket.js';
import { BUFFER_SIZE, type Endpoint, type OpenSocket, type Source, type UdpSocket } from './socket.js';

/** Milliseconds that a failed send waits at least for the interface to be looked at again. */
const RECHECK_INTERVAL = 100;
/** With less than half of the buffers wanted, a burst of a full window on a busy machine may get lost. */
const SMALL_BUFFER = BUFFER_SIZE / 2;

/** What sockets are opened with. */
export interface Site extends OwnEnd {
  readonly totem: TransportContext['totem'];
  readonly open: OpenSocket;
  readonly counters: Counters;
  readonly queue: SendQueue;
  /** For a socket that receives. */
  inbox(): Inbox;
  refused(code: string): void;
}

export interface Sockets {
  readonly sender: UdpSocket;
  readonly receivers: readonly UdpSocket[];
  /** Where broadcasts go; undefined: to each member by itself. */
  readonly group: Endpoint | undefined;
  /** The socket whose messages the token can overtake. */
  readonly drained: UdpSocket | undefined;
}

/** Everything that unicast and multicast have in common; they differ in the sockets they open. */
export abstract class IpTransport implements Transport {
  private readonly tally = new Counters();
  private readonly queue = new SendQueue();
  private readonly self: SelfDelivery;
  private readonly checkTimer: Timer;
  private readonly complaints: Complaints;
  private members: readonly Member[];
  private events: TransportEvents | undefined;
  private site: Site | undefined;
  private book: AddressBook | undefined;
  private sockets: Sockets | undefined;
  /** The interface that has the own address, or had it last. */
  private device: string | undefined;
  private targets = new Map<NodeId, number>();
  private everybody = EVERY_PEER;
  private downReason: string | undefined = 'not open';
  private checking = false;
  private lastCheck = -Infinity;
  private strangersReported = 0;
  private closed = false;

  constructor(
    private readonly context: TransportContext,
    private readonly log: Logger,
    timers: Timers,
    private readonly clock: Clock,
    private readonly openSockets: (site: Site) => Promise<Sockets>,
  ) {
    this.members = context.members;
    this.complaints = new Complaints(log, clock);
    this.self = new SelfDelivery((batch) => this.received(batch));
    this.checkTimer = timers.timer(() => void this.checkLink());
  }

  async open(events: TransportEvents): Promise<void> {
    const { totem } = this.context;
    const open = chooseSockets(process.env['COTERIE_UDP_SOCKETS'], this.log);
    const own = await ownEnd(this.context, 'COTERIE_E_UDP_RESOLVE');
    this.events = events;
    this.site = {
      ...own,
      totem,
      open,
      counters: this.tally,
      queue: this.queue,
      inbox: () => new Inbox((batch) => this.received(batch)),
      refused: (code) => this.onRefused(code),
    };
    this.book = new AddressBook(own.family, resolveByHost, this.log, () => this.applyMembers());
    await this.bringUp(this.site);
    if (this.closed) return;
    this.reportSmallBuffers();
    this.book.set(this.others());
    this.checkTimer.start(totem.downcheck);
  }

  broadcast(slab: Slab, offset: number, length: number): void {
    this.enqueue(this.everybody, slab, offset, length);
  }

  unicast(member: NodeId, slab: Slab, offset: number, length: number): boolean {
    if (member === this.context.nodeId) {
      if (!this.self.push(slab, offset, length)) this.tally.add('tx_dropped.full', 1);
      return true;
    }
    const target = this.targets.get(member);
    if (target === undefined) return false;
    this.enqueue(target, slab, offset, length);
    return true;
  }

  flush(): void {
    this.self.flush();
    this.sendQueue();
  }

  drain(): void {
    this.sockets?.drained?.drain();
  }

  setMembers(members: readonly Member[]): void {
    const own = (list: readonly Member[]) => list.find((member) => member.nodeId === this.context.nodeId);
    const [before, after] = [own(this.members), own(members)];
    if (before?.address !== after?.address || before?.port !== after?.port) {
      this.log.warn(`The address of this node cannot change while it runs: ${before?.address} stays in use`);
    }
    this.members = members;
    this.book?.set(this.others());
  }

  links(): readonly LinkStatus[] {
    const address = this.site?.address ?? '';
    return [{ link: 0, address, up: this.downReason === undefined, reason: this.downReason }];
  }

  counters(): ReadonlyMap<string, number> {
    return this.tally.snapshot();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.checkTimer.stop();
    this.queue.clear();
    this.self.clear();
    this.book?.clear();
    this.bringDown('closed');
  }

  private others(): readonly Member[] {
    return this.members.filter((member) => member.nodeId !== this.context.nodeId);
  }

  private received(batch: PacketBatch): void {
    if (!this.closed) this.events!.received(batch);
  }

  private enqueue(target: number, slab: Slab, offset: number, length: number): void {
    if (this.queue.full) this.sendQueue();
    this.queue.push(target, slab, offset, length);
  }

  private sendQueue(): void {
    if (this.queue.count === 0) return;
    if (this.sockets === undefined) {
      this.tally.add('tx_dropped.link_down', this.queue.count);
    } else {
      this.sockets.sender.send(this.queue);
    }
    this.queue.clear();
  }

  /** The kernel did not take a packet: perhaps the interface is gone. */
  private onRefused(code: string): void {
    const hint = code === 'EPERM' ? ' (a firewall on this machine?)' : '';
    this.complaints.warn(`The system refuses to send packets: ${code}${hint}`, 'refused');
    if (this.clock.now() - this.lastCheck >= RECHECK_INTERVAL) void this.checkLink();
  }

  /** Tells the sockets who is there, by what is known of their addresses now. */
  private applyMembers(): void {
    const { sockets, site, book } = this;
    if (!sockets || !site || !book) return;
    const members = book.resolved();
    const first = sockets.group ? 1 : 0;
    this.everybody = sockets.group ? 0 : EVERY_PEER;
    // Targets in the queue mean the members as they were.
    this.sendQueue();
    this.targets = new Map(members.map((member, index) => [member.nodeId, first + index]));
    const peers = members.map((member) => ({
      address: member.address,
      port: member.port || site.totem.interface.mcastport,
    }));
    sockets.sender.setPeers(sockets.group ? [sockets.group, ...peers] : peers);
    const own = { nodeId: this.context.nodeId, address: site.address };
    const listed = site.totem.blockUnlistedIps ? sourcesOf([own, ...members]) : undefined;
    for (const receiver of sockets.receivers) receiver.setSources(listed);
    if (sockets.group) sockets.sender.setLoopback(members.some(({ address }) => isLocal(address)));
  }

  private async bringUp(site: Site): Promise<void> {
    const sockets = await this.openSockets(site);
    this.sockets = sockets;
    this.device = interfaceOf(site.address) ?? this.device;
    this.downReason = undefined;
    if (this.closed) this.bringDown('closed');
  }

  private bringDown(reason: string): void {
    this.downReason = reason;
    const sockets = this.sockets;
    this.sockets = undefined;
    if (!sockets) return;
    for (const socket of new Set([sockets.sender, ...sockets.receivers])) socket.close();
  }

  /**
   * The own address may vanish and return. The node keeps its identity meanwhile: it sends to itself only, and
   * never takes another address.
   */
  private async checkLink(): Promise<void> {
    const { site, book } = this;
    if (this.checking || this.closed || !site || !book) return;
    this.checking = true;
    this.lastCheck = this.clock.now();
    this.device = interfaceOf(site.address) ?? this.device;
    const usable = await isUsable(site.address, site.family, this.device);
    if (!this.closed) {
      if (usable && !this.sockets) await this.returnTo(site);
      if (!usable && this.sockets) {
        this.log.error(`The address ${site.address} is gone: this node is alone until it is back`);
        this.bringDown(`${site.address} is not on this machine, or its interface is down`);
        this.events!.linkChanged(false);
      }
    }
    this.checking = false;
    if (this.closed) return;
    book.retry();
    this.reportStrangers();
    this.checkTimer.start(this.context.totem.downcheck);
  }

  private async returnTo(site: Site): Promise<void> {
    try {
      await this.bringUp(site);
    } catch (error) {
      this.downReason = (error as Error).message;
      this.complaints.warn(`The sockets could not be opened again: ${this.downReason}`, 'return');
      return;
    }
    if (this.closed) return;
    this.log.info(`The address ${site.address} is back`);
    this.applyMembers();
    this.events!.linkChanged(true);
  }

  private reportSmallBuffers(): void {
    for (const receiver of this.sockets?.receivers ?? []) {
      const { receive } = receiver.buffers;
      if (receive >= SMALL_BUFFER) continue;
      this.log.warn(
        `The receive buffer is ${receive} bytes, ${BUFFER_SIZE} were asked for: packets get lost under load. ` +
          `Raise the limit with: sysctl -w net.core.rmem_max=${BUFFER_SIZE}`,
      );
      return;
    }
  }

  private reportStrangers(): void {
    const dropped = this.tally.get('rx_dropped.unlisted');
    if (dropped === this.strangersReported) return;
    const stranger = this.sockets?.receivers
      .map((socket) => socket.stranger())
      .find((one) => one !== undefined);
    const said = this.complaints.warn(
      `Packets from addresses that are not in the nodelist were dropped: ${dropped} so far, the last from ${stranger}`,
      'strangers',
    );
    if (said) this.strangersReported = dropped;
  }
}

/** Each address once. */
function sourcesOf(members: readonly Source[]): Source[] {
  const nodes = new Map<string, NodeId>();
  for (const { address, nodeId } of members) nodes.set(address, nodes.has(address) ? 0 : nodeId);
  return [...nodes].map(([address, nodeId]) => ({ address, nodeId }));
}
