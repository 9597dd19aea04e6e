import { formatRing, sameRing, type NodeId, type RingId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { OrderGraph, Vertex } from './order-graph.js';
import { OpenRings } from './rings.js';
import { Uncertainty } from './uncertainty.js';

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;
type Configuration = Kind<'regular' | 'transitional'>;

/** What a node delivered in a configuration: how many packets, and a hash of which in what order. */
interface Fate {
  readonly count: number;
  readonly hash: number;
  readonly life: string;
}

/** What a vertex stands for: a packet's sending or delivery, or a configuration. */
type Label = Packet | string;

/** What is known of a packet. */
interface Packet {
  readonly ring: Ring;
  readonly seq: number;
  /** Who sent it; undefined: nobody did, as far as is known. */
  sender: NodeId | undefined;
  /** What its sender had delivered last before it sent this; -1: nothing on this ring. */
  after: number;
  content: number;
  /** The first delivery that came ahead of the sending: traces of several processes are not quite in step. */
  claim: Kind<'deliver'> | undefined;
  sending: Vertex<Label> | undefined;
  delivery: Vertex<Label> | undefined;
}

/** A hole in what a node delivered in a transitional configuration. */
interface Hole {
  readonly life: string;
  readonly seq: number;
  readonly survivors: readonly NodeId[];
}

/** What is known of a ring. */
interface Ring {
  readonly id: RingId;
  readonly name: string;
  readonly packets: Map<number, Packet>;
  /** Delivered, but not sent by anybody so far. */
  readonly claimed: Set<Packet>;
  /** What was delivered first, and by whom. */
  first: { readonly seq: number; readonly life: string } | undefined;
  /** By where the nodes went: what they delivered here in a regular or transitional configuration. */
  readonly fates: Map<string, Fate>;
  readonly holes: Hole[];
  /** Its configurations: the regular one, and by the ring that they come from the transitional ones. */
  readonly configurations: Map<string, Vertex<Label>>;
}

/** Where the present life of a node stands. */
interface Life {
  readonly life: number;
  readonly name: string;
  /** Ring of the last regular configuration; undefined before the first. */
  ring: Ring | undefined;
  /** Members that came along, between the transitional configuration and the next regular one. */
  transitional: readonly NodeId[] | undefined;
  /** Name of the ring that the transitional configuration leads to. */
  next: string;
  /** Delivered first and last on this ring; undefined: nothing yet. */
  firstSeq: number | undefined;
  lastSeq: number | undefined;
  /** Highest sequence number delivered or originated on this ring. */
  highest: number;
  /** Originated on this ring and not delivered to itself yet. */
  readonly own: Set<number>;
  /** Delivered since the last configuration. */
  count: number;
  hash: number;
  /** Numbers passed over on this ring. */
  readonly skipped: number[];
  /** Last vertex in the order graph. */
  vertex: Vertex<Label> | undefined;
}

const PRIME = 0x01000193;

/**
 * Packets are delivered as extended virtual synchrony wants it: properties 1.2 to 1.4, 3, 4, 5 and 6 of the
 * specification, safe delivery excepted, which corosync has not. Needs a run in which no ring id comes twice.
 * Forgets rings that all their members have left.
 */
export class DeliveryChecker implements Checker {
  private readonly lives = new Map<NodeId, Life>();
  private readonly graph = new OrderGraph<Label>();
  private readonly uncertainty: Uncertainty;
  private readonly rings = new OpenRings<Ring>(newRing, (ring) => this.over(ring));
  private report!: Report;

  /** @param traced has this node a trace? Others' packets are known only from who delivered them. */
  constructor(traced: (node: NodeId) => boolean = () => true) {
    this.uncertainty = new Uncertainty(traced);
  }

  observe(event: TraceEvent, report: Report): void {
    this.report = report;
    switch (event.kind) {
      case 'originate':
        return this.originate(event, this.life(event));
      case 'deliver':
        return this.deliver(event, this.life(event));
      case 'transitional':
        return this.transitional(event, this.life(event));
      case 'regular':
        return this.regular(event, this.life(event));
      case 'start':
        return this.rings.up(event.node);
      case 'cut':
        this.uncertainty.cut(event.node, this.life(event).ring?.id);
        return this.rings.gone(event.node);
      case 'fail':
        return this.rings.gone(event.node);
      default:
    }
  }

  finish(report: Report): void {
    this.report = report;
    this.rings.finish();
    const cycle = this.graph.cycle();
    if (cycle !== undefined) report('6.1', `no order fits what was seen: ${cycle.map(describe).join(' < ')}`);
  }

  /** Rings about which something is kept. */
  get kept(): number {
    return this.rings.size + this.graph.size;
  }

  private originate(event: Kind<'originate'>, life: Life): void {
    const { seq, content, node } = event;
    const { ring } = life;
    if (ring === undefined || !sameRing(event.ring, ring.id) || life.transitional !== undefined) {
      this.report('1.2', `${life.name} sent on ring ${formatRing(event.ring)} while not on it`, event);
      return;
    }
    if (seq <= life.highest)
      this.report('5', `${life.name} gave a packet number ${seq} after it knew of ${life.highest}`, event);
    life.highest = Math.max(life.highest, seq);
    life.own.add(seq);
    const packet = packetOf(ring, seq);
    if (packet.sender !== undefined) {
      this.report('6.2', `packet ${nameOf(packet)} was sent by ${packet.sender} and ${node}`, event);
      return;
    }
    packet.sender = node;
    packet.after = life.lastSeq ?? -1;
    packet.content = content;
    packet.sending = new Vertex<Label>(packet);
    this.follow(life, packet.sending);
    if (packet.claim === undefined) return;
    ring.claimed.delete(packet);
    this.checkSource(packet.claim, packet);
    this.graph.edge(packet.sending, packet.delivery!);
  }

  private deliver(event: Kind<'deliver'>, life: Life): void {
    const { seq } = event;
    const { ring } = life;
    if (ring === undefined || !sameRing(event.ring, ring.id)) {
      const what = `#${seq} of ring ${formatRing(event.ring)}`;
      this.report('1.2', `${life.name} delivered ${what} while not on it`, event);
      return;
    }
    const packet = packetOf(ring, seq);
    this.checkSource(event, packet);
    this.checkSequence(seq, life, ring, event);
    if (life.transitional !== undefined) this.checkCauses(packet, life, event);
    life.firstSeq ??= seq;
    life.lastSeq = seq;
    life.highest = Math.max(life.highest, seq);
    if (event.from === event.node) life.own.delete(seq);
    life.count++;
    life.hash = Math.imul(life.hash ^ seq ^ event.content, PRIME);
    if (packet.delivery === undefined) {
      packet.delivery = new Vertex<Label>(packet);
      if (packet.sending !== undefined) this.graph.edge(packet.sending, packet.delivery);
    }
    this.follow(life, packet.delivery);
  }

  private checkSource(event: Kind<'deliver'>, packet: Packet): void {
    if (packet.sender === undefined && packet.claim === undefined) {
      packet.claim = event;
      packet.ring.claimed.add(packet);
      return;
    }
    const sender = packet.sender ?? packet.claim?.from;
    const content = packet.sender === undefined ? packet.claim?.content : packet.content;
    if (sender === event.from && content === event.content) return;
    const who = `${event.node}.${event.life} delivered ${nameOf(packet)}`;
    if (sender !== event.from)
      this.report('1.3', `${who} as from ${event.from}, it is from ${sender}`, event);
    else this.report('6.2', `${who} with another content than was sent`, event);
  }

  private checkSequence(seq: number, life: Life, ring: Ring, event: TraceEvent): void {
    const { firstSeq, lastSeq } = life;
    if (firstSeq === undefined || lastSeq === undefined) {
      // What recovery sent took the first numbers; all members start behind it.
      if (life.transitional !== undefined) return;
      ring.first ??= { seq, life: life.name };
      if (ring.first.seq !== seq) {
        const numbers = `${seq} first, ${ring.first.life} ${ring.first.seq}`;
        this.report('6.3', `on ring ${ring.name} ${life.name} delivered ${numbers}`, event);
      }
    } else if (seq <= lastSeq) {
      const skipped = life.skipped.indexOf(seq);
      const before = seq >= firstSeq && skipped < 0;
      if (skipped >= 0) life.skipped.splice(skipped, 1);
      this.report(before ? '1.4' : '6.2', `${life.name} delivered #${seq} after #${lastSeq}`, event);
    } else if (seq > lastSeq + 1) {
      if (life.transitional === undefined)
        this.report('6.3', `${life.name} delivered #${seq} right after #${lastSeq}`, event);
      for (let hole = lastSeq + 1; hole < seq; hole++) life.skipped.push(hole);
    }
  }

  /** Property 5: nothing is passed over that the sender of this had delivered or sent before. */
  private checkCauses({ ring, sender, after, seq }: Packet, life: Life, event: TraceEvent): void {
    if (sender === undefined) return;
    const cause = life.skipped.find((hole) => hole <= after || ring.packets.get(hole)?.sender === sender);
    if (cause !== undefined)
      this.report(
        '5',
        `${life.name} delivered #${seq} of ${sender}, but not #${cause}, which it depends on`,
        event,
      );
  }

  private transitional(event: Configuration, life: Life): void {
    const next = this.rings.expect(event.node, event.ring);
    life.next = next.name;
    if (life.ring !== undefined) this.fate(life, life.ring, 'regular', event);
    life.transitional = event.members;
    life.count = life.hash = 0;
    this.follow(life, configurationOf(next, life.ring?.name ?? life.name));
  }

  private regular(event: Configuration, life: Life): void {
    if (life.ring !== undefined) this.left(life, life.ring, event);
    this.uncertainty.installed(event.node, event.ring);
    // This may end the former ring: everything about it has been said.
    const ring = this.rings.install(event.node, event.ring, event.members);
    life.ring = ring;
    life.transitional = undefined;
    life.firstSeq = life.lastSeq = undefined;
    life.highest = -1;
    life.own.clear();
    life.skipped.length = 0;
    life.count = life.hash = 0;
    this.follow(life, configurationOf(ring, ''));
  }

  private left(life: Life, ring: Ring, event: Configuration): void {
    this.fate(life, ring, 'transitional', event);
    if (life.own.size > 0) {
      const lost = [...life.own].map((seq) => `#${seq}`).join(' ');
      this.report('3', `${life.name} left ring ${ring.name} without its own ${lost}`, event);
    }
    const survivors = life.transitional ?? [];
    for (const seq of life.skipped) ring.holes.push({ life: life.name, seq, survivors });
  }

  /** Property 4: who goes from one configuration to the same next one has delivered the same. */
  private fate(life: Life, ring: Ring, part: string, event: TraceEvent): void {
    const { next, count, hash, name } = life;
    const key = `${part} ${next}`;
    const other = ring.fates.get(key);
    if (other === undefined) ring.fates.set(key, { count, hash, life: name });
    else if (other.hash !== hash || other.count !== count) {
      const counts = `${count} packets in the ${part} configuration, ${other.life} ${other.count}`;
      const way = `went from ring ${ring.name} to ${next}`;
      this.report('4', `${name} and ${other.life} ${way}; ${name} delivered ${counts} or others`, event);
    }
  }

  /** Everybody has left the ring: what can be judged only now. */
  private over(ring: Ring): void {
    for (const packet of ring.claimed) {
      const { claim } = packet;
      if (claim === undefined || this.uncertainty.about(claim.from, ring.id)) continue;
      const who = `${claim.node}.${claim.life}`;
      this.report('1.3', `${who} delivered ${nameOf(packet)}, which nobody sent`, claim);
    }
    for (const { life, seq, survivors } of ring.holes) {
      const packet = packetOf(ring, seq);
      const { sender, claim, delivery } = packet;
      const from = sender ?? claim?.from;
      if (from === undefined || !survivors.includes(from) || delivery === undefined) continue;
      this.report('6.3', `${life} passed over packet ${nameOf(packet)} of ${from}, which came along`);
    }
    for (const vertex of ring.configurations.values()) this.graph.close(vertex);
    for (const { sending, delivery } of ring.packets.values()) {
      if (sending !== undefined) this.graph.close(sending);
      if (delivery !== undefined) this.graph.close(delivery);
    }
  }

  private follow(life: Life, vertex: Vertex<Label>): void {
    if (life.vertex !== undefined) this.graph.edge(life.vertex, vertex);
    life.vertex = vertex;
  }

  private life({ node, life }: TraceEvent): Life {
    let found = this.lives.get(node);
    if (found?.life !== life) {
      found = {
        ...{ life, name: `${node}.${life}`, ring: undefined, transitional: undefined, next: '' },
        ...{ firstSeq: undefined, lastSeq: undefined, highest: -1, own: new Set(), count: 0, hash: 0 },
        ...{ skipped: [], vertex: undefined },
      };
      this.lives.set(node, found);
    }
    return found;
  }
}

function newRing(id: RingId): Ring {
  return {
    ...{ id, name: formatRing(id), packets: new Map(), claimed: new Set(), first: undefined },
    ...{ fates: new Map(), holes: [], configurations: new Map() },
  };
}

function packetOf(ring: Ring, seq: number): Packet {
  let packet = ring.packets.get(seq);
  if (packet === undefined) {
    packet = {
      ring,
      seq,
      sender: undefined,
      after: -1,
      content: 0,
      claim: undefined,
      sending: undefined,
      delivery: undefined,
    };
    ring.packets.set(seq, packet);
  }
  return packet;
}

function nameOf({ ring, seq }: Packet): string {
  return `${ring.name} #${seq}`;
}

function describe(vertex: Vertex<Label>): string {
  const { label } = vertex;
  if (typeof label === 'string') return label;
  return `${vertex === label.sending ? 'sending' : 'delivery'} of ${nameOf(label)}`;
}

/** @param from the ring that a transitional configuration comes from; empty for the regular one */
function configurationOf({ name, configurations }: Ring, from: string): Vertex<Label> {
  let vertex = configurations.get(from);
  if (vertex === undefined) {
    vertex = new Vertex<Label>(from === '' ? `regular ${name}` : `transitional ${from} to ${name}`);
    configurations.set(from, vertex);
  }
  return vertex;
}
