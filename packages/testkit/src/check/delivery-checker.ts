import { formatRing, type NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { OrderGraph } from './order-graph.js';
import { Rings } from './rings.js';

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;
type Configuration = Kind<'regular' | 'transitional'>;

/** Where a life of a node stands. */
interface Life {
  readonly name: string;
  /** Ring of the last regular configuration; undefined before the first. */
  ring: number | undefined;
  /** Members that came along, between the transitional configuration and the next regular one. */
  transitional: readonly NodeId[] | undefined;
  /** Ring that the transitional configuration leads to. */
  next: number;
  /** Delivered last on this ring; undefined: nothing yet. */
  lastSeq: number | undefined;
  /** Highest sequence number delivered or originated on this ring. */
  highest: number;
  /** Originated on this ring and not delivered to itself yet. */
  readonly own: Set<number>;
  /** Delivered since the last configuration: how many, and a hash of which in what order. */
  count: number;
  hash: number;
  /** Delivered last before the transitional configuration, and the numbers passed over since. */
  readonly skipped: number[];
  /** Last vertex in the order graph; -1: none. */
  vertex: number;
}

/** What is known of a packet of a ring. */
interface Packet {
  readonly ring: number;
  readonly seq: number;
  /** Who sent it; undefined: nobody did. */
  sender: NodeId | undefined;
  content: number;
  /** Vertices in the order graph; -1: none. */
  sending: number;
  delivery: number;
}

/** A hole in what a node delivered in a transitional configuration. */
interface Hole {
  readonly life: string;
  readonly ring: number;
  readonly seq: number;
  readonly survivors: readonly NodeId[];
}

const PRIME = 0x01000193;

/**
 * Packets are delivered as extended virtual synchrony wants it: properties 1.2 to 1.4, 3, 4, 5 and 6 of the
 * specification, safe delivery excepted, which corosync has not. Needs a run in which no ring id comes twice.
 */
export class DeliveryChecker implements Checker {
  private readonly rings = new Rings();
  /** By node and number of the life. */
  private readonly lives = new Map<NodeId, Life[]>();
  /** By ring and sequence number. */
  private readonly packets: Map<number, Packet>[] = [];
  private readonly configurations = new Map<string, number>();
  /** What vertices stand for. */
  private readonly things: (Packet | string)[] = [];
  private readonly firsts = new Map<number, { seq: number; life: string }>();
  private readonly fates = new Map<string, { count: number; hash: number; life: string }>();
  private readonly holes: Hole[] = [];
  private readonly graph = new OrderGraph((vertex) => this.nameOf(vertex));

  observe(event: TraceEvent, report: Report): void {
    switch (event.kind) {
      case 'originate':
        return this.originate(event, this.life(event), report);
      case 'deliver':
        return this.deliver(event, this.life(event), report);
      case 'transitional':
        return this.transitional(event, this.life(event), report);
      case 'regular':
        return this.regular(event, this.life(event), report);
      default:
    }
  }

  finish(report: Report): void {
    for (const { life, ring, seq, survivors } of this.holes) {
      const packet = this.packet(ring, seq);
      const { sender, delivery } = packet;
      if (sender === undefined || !survivors.includes(sender) || delivery < 0) continue;
      report('6.3', `${life} passed over packet ${this.packetName(packet)} of ${sender}, which came along`);
    }
    const cycle = this.graph.cycle();
    if (cycle !== undefined) report('6.1', `no order fits what was seen: ${cycle.join(' < ')}`);
  }

  private originate(event: Kind<'originate'>, life: Life, report: Report): void {
    const { seq, content, node } = event;
    const ring = this.rings.number(event.ring);
    const packet = this.packet(ring, seq);
    if (ring !== life.ring || life.transitional !== undefined)
      report('1.2', `${life.name} sent on ring ${formatRing(event.ring)} while not on it`, event);
    if (seq <= life.highest)
      report('5', `${life.name} gave a packet number ${seq} after it knew of ${life.highest}`, event);
    if (packet.sender !== undefined)
      report('6.2', `packet ${this.packetName(packet)} was sent by ${packet.sender} and ${node}`, event);
    packet.sender = node;
    packet.content = content;
    packet.sending = this.vertex(packet);
    this.follow(life, packet.sending);
    life.highest = Math.max(life.highest, seq);
    life.own.add(seq);
  }

  private deliver(event: Kind<'deliver'>, life: Life, report: Report): void {
    const { seq } = event;
    const ring = this.rings.number(event.ring);
    if (ring !== life.ring) {
      report(
        '1.2',
        `${life.name} delivered #${seq} of ring ${formatRing(event.ring)} while not on it`,
        event,
      );
      return;
    }
    const packet = this.packet(ring, seq);
    this.checkSource(event, packet, life, report);
    this.checkSequence(packet, life, event, report);
    life.lastSeq = seq;
    life.highest = Math.max(life.highest, seq);
    if (event.from === event.node) life.own.delete(seq);
    life.count++;
    life.hash = Math.imul(life.hash ^ seq ^ event.content, PRIME);
    if (packet.delivery < 0) {
      packet.delivery = this.vertex(packet);
      if (packet.sending >= 0) this.graph.edge(packet.sending, packet.delivery);
    }
    this.follow(life, packet.delivery);
  }

  private checkSource(event: Kind<'deliver'>, packet: Packet, life: Life, report: Report): void {
    const { sender, content } = packet;
    if (sender === event.from && content === event.content) return;
    const name = this.packetName(packet);
    if (sender === undefined) report('1.3', `${life.name} delivered ${name}, which nobody sent`, event);
    else if (sender !== event.from)
      report('1.3', `${life.name} delivered ${name} as from ${event.from}, it is from ${sender}`, event);
    else report('6.2', `${life.name} delivered ${name} with another content than was sent`, event);
  }

  private checkSequence(packet: Packet, life: Life, event: TraceEvent, report: Report): void {
    const { ring, seq } = packet;
    const { lastSeq } = life;
    if (lastSeq === undefined) {
      // What recovery sent took the first numbers; all members start behind it.
      const first = this.firsts.get(ring);
      if (life.transitional !== undefined) return;
      if (first === undefined) this.firsts.set(ring, { seq, life: life.name });
      else if (first.seq !== seq) {
        const numbers = `${seq} first, ${first.life} ${first.seq}`;
        report('6.3', `on ring ${this.rings.name(ring)} ${life.name} delivered ${numbers}`, event);
      }
      return;
    }
    if (seq <= lastSeq) {
      const property = packet.delivery >= 0 ? '1.4' : '6.2';
      report(property, `${life.name} delivered #${seq} after #${lastSeq}`, event);
    } else if (seq > lastSeq + 1) {
      if (life.transitional === undefined)
        report('6.3', `${life.name} delivered #${seq} right after #${lastSeq}`, event);
      for (let hole = lastSeq + 1; hole < seq; hole++) life.skipped.push(hole);
    }
  }

  private transitional(event: Configuration, life: Life, report: Report): void {
    life.next = this.rings.number(event.ring);
    if (life.ring !== undefined) this.fate(life, 'regular', event, report);
    life.transitional = event.members;
    this.clearFate(life);
    this.follow(life, this.configuration(`T ${life.ring ?? life.name}>${life.next}`, event));
  }

  private regular(event: Configuration, life: Life, report: Report): void {
    const ring = this.rings.number(event.ring);
    const survivors = life.transitional ?? [];
    if (life.ring !== undefined) {
      this.fate(life, 'transitional', event, report);
      if (life.own.size > 0) {
        const lost = [...life.own].map((seq) => `#${seq}`).join(' ');
        report('3', `${life.name} left ring ${this.rings.name(life.ring)} without its own ${lost}`, event);
      }
      for (const seq of life.skipped) this.holes.push({ life: life.name, ring: life.ring, seq, survivors });
    }
    life.ring = ring;
    life.transitional = undefined;
    life.lastSeq = undefined;
    life.highest = -1;
    life.own.clear();
    life.skipped.length = 0;
    this.clearFate(life);
    this.follow(life, this.configuration(`R ${ring}`, event));
  }

  /** Property 4: who goes from one configuration to the same next one has delivered the same. */
  private fate(life: Life, part: string, event: TraceEvent, report: Report): void {
    const { ring = 0, next, count, hash } = life;
    const key = `${part} ${ring}>${next}`;
    const other = this.fates.get(key);
    if (other === undefined) this.fates.set(key, { count, hash, life: life.name });
    else if (other.hash !== hash || other.count !== count) {
      const way = `from ring ${this.rings.name(ring)} to ${this.rings.name(next)}`;
      const counts = `${count} packets in the ${part} configuration, ${other.life} ${other.count}`;
      report(
        '4',
        `${life.name} and ${other.life} went ${way}; ${life.name} delivered ${counts} or others`,
        event,
      );
    }
  }

  private clearFate(life: Life): void {
    life.count = 0;
    life.hash = 0;
  }

  private follow(life: Life, vertex: number): void {
    if (life.vertex >= 0) this.graph.edge(life.vertex, vertex);
    life.vertex = vertex;
  }

  private configuration(
    key: string,
    { ring }: { ring: { representative: NodeId; sequence: number } },
  ): number {
    let vertex = this.configurations.get(key);
    if (vertex === undefined) {
      vertex = this.vertex(`${key.startsWith('T') ? 'transitional' : 'regular'} ${formatRing(ring)}`);
      this.configurations.set(key, vertex);
    }
    return vertex;
  }

  private vertex(thing: Packet | string): number {
    return this.graph.vertex(this.things.push(thing) - 1);
  }

  private nameOf(vertex: number): string {
    const thing = this.things[vertex]!;
    if (typeof thing === 'string') return thing;
    return `${vertex === thing.sending ? 'sending' : 'delivery'} of ${this.packetName(thing)}`;
  }

  private packet(ring: number, seq: number): Packet {
    const packets = (this.packets[ring] ??= new Map<number, Packet>());
    let packet = packets.get(seq);
    if (packet === undefined) {
      packet = { ring, seq, sender: undefined, content: 0, sending: -1, delivery: -1 };
      packets.set(seq, packet);
    }
    return packet;
  }

  private packetName({ ring, seq }: Packet): string {
    return `${this.rings.name(ring)} #${seq}`;
  }

  private life({ node, life }: TraceEvent): Life {
    let lives = this.lives.get(node);
    if (lives === undefined) this.lives.set(node, (lives = []));
    return (lives[life] ??= {
      ...{ name: `${node}.${life}`, ring: undefined, transitional: undefined, next: -1 },
      ...{
        lastSeq: undefined,
        highest: -1,
        own: new Set<number>(),
        count: 0,
        hash: 0,
        skipped: [],
        vertex: -1,
      },
    });
  }
}
