import type { NodeId } from '@coterie/sdk';
import type { Prng } from './prng.js';
import type { Schedule } from './schedule.js';

/** Kinds of packets by the type byte of their header. */
const kinds = ['token', 'message', 'merge-detect', 'join', 'commit-token', 'hold-cancel'] as const;
export type PacketKind = (typeof kinds)[number];
const TYPE_OFFSET = 3;

/** Packets that get lost; what is left out means all. */
export interface Loss {
  /** Probability, 0 to 1. */
  readonly rate: number;
  readonly from?: NodeId;
  readonly to?: NodeId;
  readonly kinds?: readonly PacketKind[];
  /** Only packets of more bytes than this. */
  readonly largerThan?: number;
}

/** The network of a cluster in virtual time; every field may be changed at any moment. */
export class SimulatedNetwork {
  /** Milliseconds that a packet takes at least, and beyond that at most. */
  latency = 0.2;
  jitter = 0.1;
  /** Probabilities that a packet comes twice, or late by up to {@link lateness} ms and so behind later ones. */
  duplication = 0;
  reordering = 0;
  lateness = 5;
  /** Bytes a millisecond that a node can send. */
  bandwidth = Infinity;
  readonly losses: Loss[] = [];
  /** Decides about each packet after everything else: false loses it. */
  filter: (from: NodeId, to: NodeId, bytes: Uint8Array) => boolean = () => true;
  /** Packets carried. */
  carried = 0;
  /** Bytes of the longest packet with a message. */
  longest = 0;
  private readonly cuts = new Set<string>();
  private readonly arrivals = new Map<string, number>();
  private readonly busyUntil = new Map<NodeId, number>();

  /** @param deliver hands over a packet that has arrived */
  constructor(
    private readonly schedule: Schedule,
    private readonly random: Prng,
    private readonly nodes: readonly NodeId[],
    private readonly deliver: (to: NodeId, bytes: Uint8Array) => void,
  ) {}

  /** Only nodes of one group hear each other; nodes of no group are alone. Replaces all cuts. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    this.cuts.clear();
    for (const from of this.nodes) {
      for (const to of this.nodes) {
        if (!groups.some((group) => group.includes(from) && group.includes(to))) this.cutOneWay(from, to);
      }
    }
  }

  /** The two do not hear each other any more; others may hear both. */
  cut(a: NodeId, b: NodeId): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** What `from` sends does not reach `to`. A node always reaches itself. */
  cutOneWay(from: NodeId, to: NodeId): void {
    if (from !== to) this.cuts.add(`${from}>${to}`);
  }

  /** Takes back all cuts. */
  heal(): void {
    this.cuts.clear();
  }

  /** Takes back everything: cuts, losses and all other disturbances but the latency. */
  calm(): void {
    this.heal();
    this.losses.length = 0;
    this.filter = () => true;
    this.duplication = this.reordering = 0;
    this.jitter = this.latency / 2;
    this.bandwidth = Infinity;
  }

  connected(from: NodeId, to: NodeId): boolean {
    return !this.cuts.has(`${from}>${to}`);
  }

  /** @param lag milliseconds until the packet leaves its sender */
  carry(from: NodeId, to: NodeId, bytes: Uint8Array, lag: number): void {
    if (bytes.length > this.longest && kindOf(bytes) === 'message') this.longest = bytes.length;
    const leaves = this.leaves(from, bytes.length, lag);
    if (from !== to && (!this.connected(from, to) || this.lost(from, to, bytes))) return;
    if (!this.filter(from, to, bytes)) return;
    this.carried++;
    this.arrive(from, to, bytes, leaves);
    if (this.duplication > 0 && this.random.chance(this.duplication)) this.arrive(from, to, bytes, leaves);
  }

  private leaves(from: NodeId, length: number, lag: number): number {
    const ready = this.schedule.now + lag;
    if (this.bandwidth === Infinity) return ready;
    const leaves = Math.max(ready, this.busyUntil.get(from) ?? 0) + length / this.bandwidth;
    this.busyUntil.set(from, leaves);
    return leaves;
  }

  private lost(from: NodeId, to: NodeId, bytes: Uint8Array): boolean {
    for (const loss of this.losses) {
      if (loss.from !== undefined && loss.from !== from) continue;
      if (loss.to !== undefined && loss.to !== to) continue;
      if (loss.largerThan !== undefined && bytes.length <= loss.largerThan) continue;
      if (loss.kinds !== undefined && !loss.kinds.includes(kindOf(bytes))) continue;
      if (this.random.chance(loss.rate)) return true;
    }
    return false;
  }

  private arrive(from: NodeId, to: NodeId, bytes: Uint8Array, leaves: number): void {
    let at = leaves + this.latency + this.random.next() * this.jitter;
    if (this.reordering > 0 && this.random.chance(this.reordering)) at += this.random.next() * this.lateness;
    else {
      const link = `${from}>${to}`;
      at = Math.max(at, this.arrivals.get(link) ?? 0);
      this.arrivals.set(link, at);
    }
    this.schedule.at(at, () => this.deliver(to, bytes));
  }
}

function kindOf(bytes: Uint8Array): PacketKind {
  return kinds[bytes[TYPE_OFFSET] ?? 0] ?? 'message';
}
