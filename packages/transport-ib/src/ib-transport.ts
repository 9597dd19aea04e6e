import {
  Clock,
  CoterieError,
  inject,
  type LinkStatus,
  Logger,
  type Member,
  type NodeId,
  type PacketBatch,
  type Slab,
  type Timer,
  Timers,
  type Transport,
  TransportContext,
  type TransportEvents,
} from '@coterie/sdk';
import {
  AddressBook,
  automaticGroup,
  Complaints,
  type Family,
  isGroup,
  ownEnd,
  resolveByHost,
  SelfDelivery,
  SendQueue,
} from '@coterie/sdk/transport';
import type { Failure } from './addon.js';
import { Counters } from './counters.js';
import { Link } from './link.js';
import { type Held, Paths } from './paths.js';
import { portMtu } from './port-mtu.js';

/** The group, as a target of packets. */
const GROUP = 0;
const UNRESOLVED = 'COTERIE_E_IB_RESOLVE';

interface Site {
  readonly address: string;
  readonly family: Family;
  readonly link: Link;
  readonly paths: Paths;
  readonly book: AddressBook;
}

/**
 * `totem.transport: iba`, InfiniBand and RoCE: packets for all go to a multicast group of the network, those for one member
 * to its queue pair. Whatever happens to the device ends in the same way: the link is closed and opened anew.
 */
export class IbTransport implements Transport {
  private readonly tally = new Counters();
  private readonly queue = new SendQueue();
  private readonly self: SelfDelivery;
  private readonly checkTimer: Timer;
  private readonly complaints: Complaints;
  private members: readonly Member[];
  private events: TransportEvents | undefined;
  private site: Site | undefined;
  private downReason: string | undefined = 'not open';
  private closed = false;

  constructor(
    @inject(TransportContext) private readonly context: TransportContext,
    @inject(Logger) private readonly log: Logger,
    @inject(Timers) private readonly timers: Timers,
    @inject(Clock) clock: Clock,
  ) {
    this.members = context.members;
    this.complaints = new Complaints(log, clock);
    this.self = new SelfDelivery((batch) => this.received(batch));
    this.checkTimer = timers.timer(() => void this.check());
  }

  static async largestDatagram(context: TransportContext): Promise<number> {
    const { address, port } = await ownEnd(context, UNRESOLVED);
    return portMtu(address, port, context.nodeId);
  }

  async open(events: TransportEvents): Promise<void> {
    this.events = events;
    const site = await this.prepare();
    this.site = site;
    await site.link.open();
    if (this.closed) return site.link.close();
    this.downReason = undefined;
    site.book.set(this.others());
    site.paths.start(site.link.up!);
    this.checkTimer.start(this.context.totem.downcheck);
  }

  broadcast(slab: Slab, offset: number, length: number): void {
    this.enqueue(GROUP, slab, offset, length);
  }

  unicast(member: NodeId, slab: Slab, offset: number, length: number): boolean {
    if (member === this.context.nodeId) {
      if (!this.self.push(slab, offset, length)) this.tally.add('tx_dropped.full');
      return true;
    }
    const target = this.site?.paths.find(member);
    if (target === undefined) return false;
    if (target === 0) this.site!.paths.hold(member, slab, offset, length);
    else this.enqueue(target, slab, offset, length);
    return true;
  }

  flush(): void {
    this.self.flush();
    this.site?.paths.flush();
    this.sendQueue();
  }

  /** Tokens come the way of messages, and behind those sent before them. */
  drain(): void {}

  setMembers(members: readonly Member[]): void {
    const own = (list: readonly Member[]) => list.find((member) => member.nodeId === this.context.nodeId);
    const [before, after] = [own(this.members), own(members)];
    if (before?.address !== after?.address || before?.port !== after?.port) {
      this.log.warn(`The address of this node cannot change while it runs: ${before?.address} stays in use`);
    }
    this.members = members;
    this.site?.book.set(this.others());
  }

  links(): readonly LinkStatus[] {
    const { address = '', paths } = this.site ?? {};
    const peers = paths?.status() ?? [];
    return [{ link: 0, address, up: this.downReason === undefined, reason: this.downReason, peers }];
  }

  counters(): ReadonlyMap<string, number> {
    return this.tally.snapshot();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.downReason = 'closed';
    this.checkTimer.stop();
    this.queue.clear();
    this.self.clear();
    this.site?.paths.stop();
    this.site?.book.clear();
    this.site?.link.close();
  }

  /** Everything that does not change while the node runs. @throws CoterieError if the configuration cannot work */
  private async prepare(): Promise<Site> {
    const { totem, nodeId } = this.context;
    const { address, family, port } = await ownEnd(this.context, UNRESOLVED);
    this.checkMtu(portMtu(address, port, nodeId));
    const options = {
      ...{ address, port, nodeId, group: this.group(family) },
      receives: totem.windowSize * this.members.length,
    };
    const paths = new Paths(totem.interface.mcastport, this.timers, this.tally, this.log, {
      established: ({ number }, held) => this.pathUp(number, held),
    });
    const link = new Link(options, this.queue, this.tally, this.timers, {
      received: (batch) => this.received(batch),
      down: (reason, status) => this.linkDown(reason, status),
      established: (...path) => paths.established(...path),
      pathFailed: (...failure) => paths.failed(...failure),
      requested: (...request) => paths.requested(...request),
    });
    const book = new AddressBook(family, resolveByHost, this.log, () => this.applyMembers());
    return { address, family, link, paths, book };
  }

  private group(family: Family): string {
    const { clusterName, interface: link } = this.context.totem;
    const group = link.mcastaddr ?? (clusterName === '' ? undefined : automaticGroup(clusterName, family));
    if (group !== undefined && isGroup(group, family)) return group;
    throw new CoterieError(
      'COTERIE_E_IB_MCASTADDR',
      group === undefined
        ? 'there is neither a totem.interface.mcastaddr nor a cluster_name to make one of'
        : `${group} is no multicast address of IPv${family}, the IP version of this node`,
    );
  }

  /** A datagram that is too long vanishes although its send succeeds. */
  private checkMtu(mtu: number): void {
    const { netmtu } = this.context.totem;
    if (netmtu <= mtu) return;
    throw new CoterieError(
      'COTERIE_E_IB_MTU',
      `totem.netmtu is ${netmtu}, but the port carries datagrams of ${mtu} bytes at most: ` +
        `set netmtu to ${mtu} or less, or to auto, on every node`,
    );
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
    if (this.site?.link.up === undefined) this.tally.add('tx_dropped.link_down', this.queue.count);
    else this.site.link.send();
    this.queue.clear();
  }

  /** The way to a member is there: off with the token that waits for it. */
  private pathUp(target: number, held: Held | undefined): void {
    this.applySources();
    if (held === undefined) return;
    this.enqueue(target, held.slab, held.offset, held.length);
    if (held.flushed) this.sendQueue();
  }

  private applyMembers(): void {
    // Targets in the queue mean the paths as they were.
    this.sendQueue();
    this.site!.paths.set(this.site!.book.resolved());
    this.applySources();
  }

  private applySources(): void {
    const { address, book, paths, link } = this.site!;
    const listed = [address, ...book.resolved().map((member) => member.address), ...paths.gids()];
    link.up?.setSources(this.context.totem.blockUnlistedIps ? listed : undefined);
  }

  private linkDown(reason: Failure, status: number): void {
    this.tally.add(`down.${reason}`);
    this.downReason = `${reason}${status === 0 ? '' : ` (status ${status})`}`;
    this.log.error(`The link is down: ${this.downReason}. This node is alone until it is back.`);
    this.site!.paths.stop();
    this.queue.clear();
    this.events!.linkChanged(false);
    // At once: most of what ends a link does not last.
    this.checkTimer.start(0);
  }

  /** Looks for names that could not be resolved, and for the link to come back. */
  private async check(): Promise<void> {
    const site = this.site!;
    if (site.link.up === undefined) await this.bringBack(site);
    if (this.closed) return;
    site.book.retry();
    this.checkTimer.start(this.context.totem.downcheck);
  }

  private async bringBack(site: Site): Promise<void> {
    try {
      await site.link.open();
    } catch (error) {
      this.downReason = (error as Error).message;
      this.complaints.warn(this.downReason);
      return;
    }
    if (this.closed) return site.link.close();
    const { mtu } = site.link;
    this.tally.add('recoveries');
    this.complaints.clear();
    this.downReason = undefined;
    this.log.info(`The link at ${site.address} is back`);
    this.applySources();
    site.paths.start(site.link.up!);
    this.events!.linkChanged(true);
    const { netmtu } = this.context.totem;
    if (mtu < netmtu) this.complaints.warn(`The port carries ${mtu} bytes now`);
  }
}
