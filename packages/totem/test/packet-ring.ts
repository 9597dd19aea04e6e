import type { NodeId, PacketBatch } from '@coterie/sdk';
import { SlabPool } from '@coterie/sdk';
import type { RingState, TotemPorts, TotemSettings, TotemUpcalls } from '@coterie/totem';
import { MCAST_SIZE, PacketQueue, Ring } from '@coterie/totem/internal';
import type { GroupLayer } from '@coterie/totem/internal';
import type { Protocol } from './simulation.js';

type Deliver = (from: NodeId, view: DataView, offset: number, length: number) => void;

/** The ring without packing and fragmentation: first byte of a packet is its group, the rest the message. */
export class PacketRing implements Protocol, GroupLayer {
  private readonly normal = new PacketQueue(1000);
  private readonly trans = new PacketQueue(1000);
  private readonly groups = new Map<string, Deliver>();
  private readonly pool = new SlabPool(4096, 64);
  private readonly ring: Ring;
  private waiting = true;

  private constructor(settings: TotemSettings, ports: TotemPorts, upcalls: TotemUpcalls) {
    this.ring = new Ring(settings, ports, upcalls, this, new SlabPool(65536, 64));
  }

  static create(this: void, settings: TotemSettings, ports: TotemPorts, upcalls: TotemUpcalls): PacketRing {
    return new PacketRing(settings, ports, upcalls);
  }

  get sendQueue(): PacketQueue {
    return this.waiting ? this.trans : this.normal;
  }

  flush(): void {}

  deliver(from: NodeId, view: DataView, offset: number, length: number): void {
    this.groups.get(String.fromCharCode(view.getUint8(offset)))?.(from, view, offset + 1, length - 1);
  }

  awaitSynchronised(): void {
    this.waiting = true;
  }

  transitional(): void {}

  drop(): void {}

  start(): void {
    this.ring.start();
  }

  receive(batch: PacketBatch): void {
    this.ring.receive(batch);
  }

  leave(): void {
    this.ring.leave();
  }

  join(group: string, deliver: Deliver): void {
    this.groups.set(group[0]!, deliver);
  }

  multicast(group: string, bytes: Uint8Array): boolean {
    const slab = this.pool.take();
    slab.bytes[MCAST_SIZE] = group.charCodeAt(0);
    slab.bytes.set(bytes, MCAST_SIZE + 1);
    const queued = this.sendQueue.push(slab, 0, MCAST_SIZE + 1 + bytes.length);
    if (queued) this.ring.messageQueued();
    else slab.release();
    return queued;
  }

  synchronised(): void {
    this.waiting = false;
    this.ring.messageQueued();
  }

  get state(): RingState {
    return this.ring.context.state;
  }
}
