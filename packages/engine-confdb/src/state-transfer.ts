import type { Cluster, DatabaseValue, Infer, Logger, NodeId, SyncView, Synchroniser } from '@coterie/sdk';
import { ClusterMessage, Here, Snapshot } from './cluster-wire.js';
import { valueFromBytes, valueToBytes } from './value-bytes.js';

/** Bytes of keys and values, about, in a message of a snapshot. */
const PART = 32 * 1024;

/** How far a map has come. */
export interface Stamp {
  /** Sequence of the last ring with quorum that it was in; 0: none. */
  readonly quorateIn: number;
  /** Changes since it was empty. */
  readonly changes: number;
}

/** A map that members bring into agreement. */
export interface TransferredMap {
  readonly stamp: Stamp;
  entries(): Iterable<[string, DatabaseValue]>;
  /** Can the map of another member hold this? */
  fits(entries: ReadonlyMap<string, DatabaseValue>): boolean;
  /** All members of a ring with quorum have this map. */
  agreed(ring: number): void;
  adopt(stamp: Stamp, entries: ReadonlyMap<string, DatabaseValue>): void;
}

/** What a member sends of its map. */
interface Offer {
  readonly stamp: Stamp;
  readonly entries: Map<string, DatabaseValue>;
  state: 'open' | 'whole' | 'broken';
}

/**
 * Gives the members of a ring one map. Those that were together since they last agreed have the same one, and the
 * lowest of them sends it if there are others; then all take over the one that has come furthest: quorate in the
 * newest ring, then with the most changes, then of the lowest node. A map that never was changed is not sent.
 */
export class StateTransfer implements Synchroniser {
  /** Who agreed with this node the last time and came along in every ring since; this node is one of them. */
  private peers: ReadonlySet<NodeId>;
  private running = false;
  private readonly present = new Set<NodeId>();
  private readonly offers = new Map<NodeId, Offer>();
  /** Parts of this node's map that are still to be sent. */
  private unsent: Infer<typeof Snapshot>[] = [];
  private announced = false;
  private quorate = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly map: TransferredMap,
    private readonly logger: Logger,
  ) {
    this.peers = new Set([cluster.nodeId]);
  }

  init({ members, transitional }: SyncView): void {
    const { nodeId } = this.cluster;
    this.peers = new Set([nodeId, ...transitional.filter((node) => this.peers.has(node))]);
    this.present.clear();
    this.offers.clear();
    this.running = true;
    this.announced = this.quorate = false;
    const strangers = members.some((node) => !this.peers.has(node));
    const speaks = strangers && nodeId === Math.min(...this.peers) && this.map.stamp.changes > 0;
    this.unsent = speaks ? this.parts() : [];
  }

  process(): 'done' | 'again' {
    const { cluster } = this;
    const here = { ring: cluster.view.ring.sequence, quorate: cluster.quorate ? 1 : 0 };
    this.announced ||= cluster.multicast(ClusterMessage.here, Here, here);
    if (!this.announced) return 'again';
    for (let part = this.unsent[0]; part !== undefined; part = this.unsent[0]) {
      if (!cluster.multicast(ClusterMessage.snapshot, Snapshot, part)) return 'again';
      this.unsent.shift();
    }
    return 'done';
  }

  activate(): void {
    this.running = false;
    this.peers = new Set(this.present);
    const best = this.best();
    this.offers.clear();
    if (best !== undefined) {
      this.logger.debug(`the cluster map: ${best.stamp.changes} changes, ${this.map.stamp.changes} before`);
      this.map.adopt(best.stamp, best.entries);
    }
    if (this.quorate) this.map.agreed(this.cluster.view.ring.sequence);
  }

  abort(): void {
    this.running = false;
    this.offers.clear();
    this.unsent = [];
  }

  heardHere({ ring, quorate }: Infer<typeof Here>, from: NodeId): void {
    if (!this.concerns(ring)) return;
    this.present.add(from);
    this.quorate ||= quorate !== 0;
  }

  heardSnapshot({ ring, quorateIn, changes, last, items }: Infer<typeof Snapshot>, from: NodeId): void {
    if (!this.concerns(ring)) return;
    let offer = this.offers.get(from);
    if (offer === undefined) {
      offer = { stamp: { quorateIn, changes }, entries: new Map(), state: 'open' };
      this.offers.set(from, offer);
    }
    if (offer.state !== 'open') return;
    for (const { key, type, value: bytes } of items) {
      // A copy: the bytes are the packet's.
      const value = valueFromBytes(type, bytes.slice());
      if (value === undefined) return this.refuse(offer, from);
      offer.entries.set(key, value);
    }
    if (!this.map.fits(offer.entries)) return this.refuse(offer, from);
    if (last !== 0) offer.state = 'whole';
  }

  private refuse(offer: Offer, from: NodeId): void {
    offer.state = 'broken';
    offer.entries.clear();
    this.logger.warn(`the cluster map that node ${from} sent cannot be one`);
  }

  /** Of this synchronisation, not of one that was aborted. */
  private concerns(ring: number): boolean {
    return this.running && ring === this.cluster.view.ring.sequence;
  }

  private best(): Offer | undefined {
    let best: Offer | undefined;
    for (const node of [...this.offers.keys()].sort((a, b) => a - b)) {
      const offer = this.offers.get(node);
      if (offer?.state !== 'whole') continue;
      if (best === undefined || isNewer(offer.stamp, best.stamp)) best = offer;
    }
    return best;
  }

  private parts(): Infer<typeof Snapshot>[] {
    const ring = this.cluster.view.ring.sequence;
    const { stamp } = this.map;
    const parts: Infer<typeof Snapshot>[] = [];
    let items: { key: string; type: number; value: Uint8Array }[] = [];
    let size = 0;
    for (const [key, value] of this.map.entries()) {
      const bytes = valueToBytes(value);
      if (size + key.length + bytes.length > PART) {
        parts.push({ ring, ...stamp, last: 0, items });
        items = [];
        size = 0;
      }
      items.push({ key, type: value.type, value: bytes });
      size += key.length + bytes.length;
    }
    parts.push({ ring, ...stamp, last: 1, items });
    return parts;
  }
}

function isNewer(a: Stamp, b: Stamp): boolean {
  return a.quorateIn === b.quorateIn ? a.changes > b.changes : a.quorateIn > b.quorateIn;
}
