import { SlabPool } from '@coterie/sdk';
import type { NodeId, PacketBatch, RingId } from '@coterie/sdk';
import type { Deliver, TotemUpcalls } from './evs.js';
import { Assembler } from './groups/assemble.js';
import { Groups } from './groups/groups.js';
import { Packer } from './groups/pack.js';
import { PacketQueue, PacketRef } from './groups/packet-queue.js';
import type { GroupLayer } from './ring/context.js';
import { Ring } from './ring/ring.js';
import type { TotemSettings } from './settings.js';
import type { QueueLevel, Totem, TotemPorts } from './totem.js';
import { MCAST_SIZE } from './wire/mcast.js';

const SLAB_SIZE = 256 * 1024;
const FREE_SLABS = 16;
/** corosync's MESSAGE_QUEUE_MAX: packets for four of the longest messages. */
const QUEUED_BYTES = 4 * 1024 * 1024;

/** The ring with its process-group layer on top. */
export function createTotem(settings: TotemSettings, ports: TotemPorts, upcalls: TotemUpcalls): Totem {
  // Room for the header of the packet and, in recovery, of the packet around it (totemsrp: two headers off netmtu).
  const netMtu = settings.netmtu - 2 * MCAST_SIZE;
  const pool = new SlabPool(SLAB_SIZE, FREE_SLABS);
  const layer = new ProcessGroups(netMtu, pool);
  const ring = new Ring(settings, ports, upcalls, layer, pool);
  layer.onDrop = (reason) => ring.context.counters.drop(reason);
  return new ComposedTotem(ring, layer);
}

/** totempg: packs messages into the packets of the ring and takes them out again. */
class ProcessGroups implements GroupLayer {
  readonly groups = new Groups();
  readonly packer: Packer;
  readonly normal: PacketQueue;
  readonly trans: PacketQueue;
  waiting = true;
  onDrop: (reason: string) => void = () => undefined;
  private readonly assembler: Assembler;
  private readonly packet = new PacketRef();

  constructor(netMtu: number, pool: SlabPool) {
    this.normal = new PacketQueue(Math.floor(QUEUED_BYTES / netMtu));
    this.trans = new PacketQueue(Math.floor(QUEUED_BYTES / netMtu));
    this.packer = new Packer(netMtu, pool, this.normal, this.trans);
    this.packer.useTransQueue(true);
    this.assembler = new Assembler((from, view, offset, length) => {
      const reason = this.groups.dispatch(from, view, offset, length);
      if (reason !== undefined) this.onDrop(reason);
    });
  }

  get sendQueue(): PacketQueue {
    return this.waiting ? this.trans : this.normal;
  }

  flush(): void {
    this.packer.flush();
  }

  deliver(from: NodeId, view: DataView, offset: number, length: number): void {
    const reason = this.assembler.receive(from, view, offset, length);
    if (reason !== undefined) this.onDrop(reason);
  }

  awaitSynchronised(): void {
    this.waiting = true;
    this.packer.useTransQueue(true);
    this.packer.isolateEnd();
  }

  transitional(): void {
    this.assembler.useTransSet(true);
  }

  drop(left: readonly NodeId[]): void {
    this.assembler.forget(left);
  }

  /** What was queued for synchronisation after its last barrier goes behind the ordinary messages that wait. */
  synchronised(): void {
    this.waiting = false;
    this.packer.useTransQueue(false);
    this.assembler.useTransSet(false);
    while (this.trans.shift(this.packet)) {
      const { slab, offset, length } = this.packet;
      if (!this.normal.push(slab!, offset, length)) slab!.release();
    }
  }
}

class ComposedTotem implements Totem {
  constructor(
    private readonly machine: Ring,
    private readonly layer: ProcessGroups,
  ) {}

  start(): void {
    this.machine.start();
  }

  receive(batch: PacketBatch): void {
    this.machine.receive(batch);
  }

  leave(): void {
    this.machine.leave();
  }

  join(group: string, deliver: Deliver): void {
    this.layer.groups.join(group, deliver);
  }

  multicast(group: string, header: Uint8Array, tail?: Uint8Array): boolean {
    const queued = this.layer.packer.add(this.layer.groups.prefix(group), header, tail);
    if (queued) this.machine.messageQueued();
    return queued;
  }

  room(bytes: number): boolean {
    return this.layer.packer.room(bytes);
  }

  get queueLevel(): QueueLevel {
    const { length, capacity } = this.layer.sendQueue;
    const percent = (length * 100) / capacity;
    if (percent < 40) return 'low';
    if (percent < 60) return 'good';
    return percent < 75 ? 'high' : 'critical';
  }

  synchronised(): void {
    this.layer.synchronised();
    this.machine.messageQueued();
  }

  linkChanged(_up: boolean): void {
    this.machine.linkChanged();
  }

  reconfigure(settings: TotemSettings): void {
    this.machine.context.settings = settings;
  }

  get state(): Totem['state'] {
    return this.machine.context.state;
  }

  get ring(): RingId {
    return this.machine.context.ring;
  }

  get members(): readonly NodeId[] {
    return this.machine.context.members;
  }

  get reachable(): readonly NodeId[] {
    return this.machine.context.proc;
  }

  counters(): ReadonlyMap<string, number> {
    const { counters, meanRotation, lastTokenAt, ports } = this.machine.context;
    const { dropped, ...numbers } = counters;
    const all = new Map<string, number>();
    for (const [name, count] of Object.entries(numbers))
      if (typeof count === 'number') all.set(`srp.${name}`, count);
    for (const [reason, count] of dropped) all.set(`srp.rx_dropped.${reason}`, count);
    all.set('srp.mtt_rx_token', Math.round(meanRotation));
    all.set(
      'srp.time_since_token_last_received',
      lastTokenAt < 0 ? 0 : Math.round(ports.clock.now() - lastTokenAt),
    );
    all.set('pg.msg_reserved', this.layer.sendQueue.length);
    all.set('pg.msg_queue_avail', this.layer.sendQueue.capacity - this.layer.sendQueue.length);
    return all;
  }

  dump(): Record<string, unknown> {
    const r = this.machine.context;
    return {
      nodeId: r.me,
      state: r.state,
      ring: r.ring,
      oldRing: r.oldRing,
      members: r.members,
      proc: r.proc,
      failed: r.failed,
      consensus: [...r.consensus],
      aru: r.aru,
      highSeqReceived: r.highSeqReceived,
      highDelivered: r.highDelivered,
      released: r.regular.released,
      tokenHeld: r.tokenHeld,
      queued: {
        normal: this.layer.normal.length,
        trans: this.layer.trans.length,
        recovery: r.retransQueue.length,
      },
    };
  }
}
