import type { Clock, Logger, NodeId, PacketBatch, Random, RingId, Timer, Timers } from '@coterie/sdk';
import { SlabPool } from '@coterie/sdk';
import { createTotem } from '@coterie/totem';
import type { Configuration, PacketObserver, RingState, TotemPorts, TotemSettings } from '@coterie/totem';
import { PacketRing } from './packet-ring.js';

/** Deterministic pseudo-random numbers (mulberry32). */
export class Prng implements Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: events in the order of their times. */
export class Schedule {
  now = 0;
  private order = 0;
  private readonly heap: Event[] = [];

  after(delay: number, run: () => void): void {
    const event = { at: this.now + delay, order: this.order++, run };
    let i = this.heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(this.heap[parent]!, event)) break;
      this.heap[i] = this.heap[parent]!;
      i = parent;
    }
    this.heap[i] = event;
  }

  step(): boolean {
    const first = this.heap[0];
    if (first === undefined) return false;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.sink(last);
    this.now = first.at;
    first.run();
    return true;
  }

  private sink(event: Event): void {
    const heap = this.heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(event, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = event;
  }

  runUntil(condition: () => boolean, limit: number): boolean {
    const end = this.now + limit;
    while (!condition()) {
      if (this.now > end || !this.step()) return false;
    }
    return true;
  }

  runFor(milliseconds: number): void {
    const end = this.now + milliseconds;
    while ((this.heap[0]?.at ?? Infinity) <= end) this.step();
    this.now = end;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** What a node saw, in order. */
export type Observation =
  | { readonly kind: 'regular' | 'transitional'; readonly ring: RingId; readonly members: readonly NodeId[] }
  | { readonly kind: 'deliver'; readonly from: NodeId; readonly text: string };

const silent: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  trace: () => undefined,
  enabled: () => false,
};

/** What the simulation needs of the protocol: all of Totem, or its ring alone with a message a packet. */
export interface Protocol {
  start(): void;
  receive(batch: PacketBatch): void;
  join(group: string, deliver: (from: NodeId, view: DataView, offset: number, length: number) => void): void;
  multicast(group: string, bytes: Uint8Array): boolean;
  synchronised(): void;
  leave(): void;
  readonly state: RingState;
}

/** One run of a node's protocol, from its start to its crash. */
export class SimulatedNode {
  readonly log: Observation[] = [];
  readonly sent: string[] = [];
  /** What it has logged as errors. */
  readonly errors: string[] = [];
  readonly warnings: string[] = [];
  readonly totem: Protocol;
  alive = true;
  /** What arrives while the node takes the packets before a token out of its sockets. */
  onDrain: () => void = () => undefined;
  /** Instant until which the process does not run; what happens to it waits. */
  pausedUntil = 0;
  synchronised = false;
  fatal: Error | undefined;
  private readonly barriers = new Set<NodeId>();
  private barrierSent = false;
  private counter = 0;
  private outgoing: { to: NodeId; bytes: Uint8Array }[] = [];

  constructor(
    readonly world: World,
    readonly id: NodeId,
    readonly incarnation: number,
    settings: TotemSettings,
  ) {
    const clock: Clock = { now: () => world.schedule.now, wall: () => world.schedule.now };
    const timers: Timers = { timer: (expire) => this.timer(expire) };
    const ports: TotemPorts = {
      clock,
      timers,
      random: world.random,
      log: {
        ...silent,
        error: (message) => void this.errors.push(message),
        warn: (message) => void this.warnings.push(message),
      },
      observer: world.observe(id),
      ringIds: {
        load: () => world.disks.get(id) ?? 0,
        store: (sequence) => {
          if (world.diskFull) throw new Error('disk full');
          world.disks.set(id, sequence);
        },
      },
      transport: {
        broadcast: (slab, offset, length) => this.queue(0, slab.bytes.slice(offset, offset + length)),
        unicast: (to, slab, offset, length) => {
          this.queue(to, slab.bytes.slice(offset, offset + length));
          return true;
        },
        flush: () => this.flush(),
        drain: () => this.onDrain(),
      },
    };
    const create = world.packets ? PacketRing.create : createTotem;
    this.totem = create(settings, ports, {
      configuration: (configuration) => this.configuration(configuration),
      tokenForwarded: () => this.tokenForwarded(),
      stateChanged: (state, reason) => world.trace(id, state, reason),
      fatal: (error) => (this.fatal = error),
    });
    this.totem.join('a', (from, view, offset, length) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
      const end = bytes.indexOf(0);
      this.log.push({ kind: 'deliver', from, text: new TextDecoder().decode(bytes.subarray(0, end)) });
      world.trace(id, 'deliver', `${from}`);
    });
    this.totem.join('sync', (from, view, offset) => this.barrier(from, view.getFloat64(offset)));
    this.totem.start();
  }

  private timer(expire: () => void): Timer {
    let generation = 0;
    let running = false;
    const { schedule } = this.world;
    const fire = (mine: number): void => {
      if (mine !== generation || !running || !this.alive) return;
      if (this.pausedUntil > schedule.now) {
        schedule.after(this.pausedUntil - schedule.now, () => fire(mine));
        return;
      }
      running = false;
      expire();
    };
    return {
      start: (milliseconds) => {
        const mine = ++generation;
        running = true;
        schedule.after(milliseconds, () => fire(mine));
      },
      stop: () => {
        running = false;
      },
      get running() {
        return running;
      },
    };
  }

  private queue(to: NodeId, bytes: Uint8Array): void {
    this.outgoing.push({ to, bytes });
  }

  private flush(): void {
    const outgoing = this.outgoing;
    this.outgoing = [];
    for (const { to, bytes } of outgoing) this.world.transmit(this, to, bytes);
  }

  /** @param sender the node at whose address it was sent; 0: unknown */
  receive(bytes: Uint8Array, sender = 0): void {
    if (!this.alive) return;
    const { schedule } = this.world;
    if (this.pausedUntil > schedule.now) {
      schedule.after(this.pausedUntil - schedule.now, () => this.receive(bytes, sender));
      return;
    }
    const slab = this.world.pool.take();
    slab.bytes.set(bytes);
    const batch: PacketBatch = {
      slab,
      count: 1,
      offsets: Uint32Array.of(0),
      lengths: Uint32Array.of(bytes.length),
      senders: Uint32Array.of(sender),
    };
    this.totem.receive(batch);
    slab.release();
  }

  private configuration(configuration: Configuration): void {
    const { kind, ring, members } = configuration;
    this.log.push({ kind, ring, members });
    this.synchronised = false;
    this.barriers.clear();
    this.barrierSent = kind === 'transitional';
    if (kind === 'regular') {
      this.ring = ring;
      this.members = members;
    }
    this.world.trace(this.id, kind, `${ring.representative}.${ring.sequence} [${members.join(' ')}]`);
  }

  /** Stands for synchronisation: over when a barrier of every member has been delivered. */
  private tokenForwarded(): void {
    if (this.ring === undefined || this.barrierSent) return;
    this.barrierSent = true;
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setFloat64(0, this.ring.sequence);
    this.totem.multicast('sync', new Uint8Array(bytes.buffer));
  }

  private barrier(from: NodeId, sequence: number): void {
    if (this.synchronised || sequence !== this.ring?.sequence) return;
    this.barriers.add(from);
    if (this.barriers.size < this.members.length) return;
    this.synchronised = true;
    this.totem.synchronised();
  }

  /** Sends a message of about `size` bytes; false if the queue is full or a ring is being formed. */
  send(size: number): boolean {
    if (!this.synchronised) return false;
    const text = `${this.id}/${this.incarnation}/${++this.counter}`;
    const bytes = new Uint8Array(Math.max(size, text.length + 1));
    new TextEncoder().encodeInto(text, bytes);
    if (!this.totem.multicast('a', bytes)) return false;
    this.sent.push(text);
    return true;
  }

  ring: RingId | undefined;
  members: readonly NodeId[] = [];
}

export interface NetworkFaults {
  loss: number;
  duplication: number;
  /** Milliseconds a packet may take beyond the shortest time. */
  jitter: number;
}

/** N nodes on a simulated network. */
export class World {
  readonly schedule = new Schedule();
  readonly random: Prng;
  readonly disks = new Map<NodeId, number>();
  // Each packet gets a slab of its own; the ring keeps many.
  readonly pool = new SlabPool(4096, 64);
  readonly nodes = new Map<NodeId, SimulatedNode>();
  /** Every incarnation there ever was. */
  readonly history: SimulatedNode[] = [];
  readonly faults: NetworkFaults = { loss: 0, duplication: 0, jitter: 0.1 };
  readonly lines: string[] = [];
  chatting = true;
  /** Simulate the ring without the process-group layer: every message is a packet. */
  packets = false;
  diskFull = false;
  observe: (node: NodeId) => PacketObserver | undefined = () => undefined;
  /** Drop a packet on its way? By sender, receiver, bytes. */
  filter: (from: NodeId, to: NodeId, bytes: Uint8Array) => boolean = () => false;
  private readonly components = new Map<NodeId, number>();
  private readonly links = new Map<string, number>();

  constructor(
    seed: number,
    readonly ids: readonly NodeId[],
    readonly settings: Partial<TotemSettings> = {},
  ) {
    this.random = new Prng(seed);
  }

  start(id: NodeId): SimulatedNode {
    const incarnation = this.history.filter((n) => n.id === id).length + 1;
    const node = new SimulatedNode(this, id, incarnation, {
      ...defaults(this.ids.length),
      ...this.settings,
      nodeId: id,
    });
    this.nodes.set(id, node);
    this.history.push(node);
    return node;
  }

  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  crash(id: NodeId): void {
    this.nodes.get(id)!.alive = false;
    this.nodes.delete(id);
  }

  partition(...groups: readonly (readonly NodeId[])[]): void {
    this.components.clear();
    groups.forEach((group, i) => group.forEach((id) => this.components.set(id, i)));
  }

  heal(): void {
    this.components.clear();
  }

  connected(a: NodeId, b: NodeId): boolean {
    return this.components.get(a) === this.components.get(b);
  }

  transmit(from: SimulatedNode, to: NodeId, bytes: Uint8Array): void {
    if (to !== 0) return this.carry(from.id, to, bytes);
    for (const id of this.ids) if (id !== from.id) this.carry(from.id, id, bytes);
  }

  private carry(from: NodeId, to: NodeId, bytes: Uint8Array): void {
    if (from !== to) {
      if (!this.connected(from, to) || this.filter(from, to, bytes)) return;
      if (this.random.next() < this.faults.loss) return;
    }
    const copies = this.random.next() < this.faults.duplication ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const delay = 0.05 + this.random.next() * this.faults.jitter;
      let at = this.schedule.now + delay;
      if (i === 0 && this.faults.jitter < 1) {
        // A quiet network keeps the order of a link.
        const link = `${from}>${to}`;
        at = Math.max(at, (this.links.get(link) ?? 0) + 0.001);
        this.links.set(link, at);
      }
      this.schedule.after(at - this.schedule.now, () => this.nodes.get(to)?.receive(bytes));
    }
  }

  trace(id: NodeId, what: string, detail: string): void {
    if (this.lines.length > 5000) this.lines.splice(0, 2500);
    this.lines.push(`${this.schedule.now.toFixed(2).padStart(12)} ${id} ${what} ${detail}`);
  }

  /** All connected live nodes are on one ring of exactly them, and synchronised. */
  stable(): boolean {
    for (const node of this.nodes.values()) {
      const peers = [...this.nodes.keys()].filter((id) => this.connected(id, node.id)).sort((a, b) => a - b);
      const { members, ring } = node;
      if (node.totem.state !== 'operational' || !node.synchronised) return false;
      if (members.length !== peers.length || members.some((id, i) => id !== peers[i])) return false;
      for (const id of peers) {
        const other = this.nodes.get(id)!.ring;
        if (other?.sequence !== ring?.sequence || other?.representative !== ring?.representative)
          return false;
      }
    }
    return true;
  }
}

export function defaults(nodes: number): Omit<TotemSettings, 'nodeId'> {
  const token = 3000 + 650 * Math.max(0, nodes - 2);
  const tokenRetransmit = Math.trunc(token / 4.2);
  return {
    token,
    tokenWarning: 0.75 * token,
    tokenRetransmit,
    hold: Math.trunc(tokenRetransmit * 0.8 - 10),
    join: 50,
    sendJoin: 0,
    consensus: Math.trunc(1.2 * token),
    merge: 200,
    failRecvConst: 2500,
    seqnoUnchangedConst: 30,
    heartbeatFailuresAllowed: 0,
    maxNetworkDelay: 50,
    windowSize: 50,
    maxMessages: 17,
    missCountConst: 5,
    cancelTokenHoldOnRetransmit: false,
    netmtu: 1500,
  };
}
