import { formatRing, type NodeId, type RingId } from '@coterie/sdk';

interface Entry<T> {
  readonly ring: RingId;
  readonly record: T;
  /** Nodes that may still have something to say about it. */
  readonly awaited: Set<NodeId>;
}

/**
 * What is known of the rings of a run, for as long as a node may still say something about them: the ring ids of a
 * node only grow, so a ring is over once all its members are on later ones or down.
 */
export class OpenRings<T> {
  private readonly open = new Map<string, Entry<T>>();
  private readonly down = new Set<NodeId>();

  /**
   * @param make the record of a ring that is new
   * @param over the ring is over, or the run is
   */
  constructor(
    private readonly make: (ring: RingId) => T,
    private readonly over: (record: T) => void,
  ) {}

  get size(): number {
    return this.open.size;
  }

  /** The node is about to install the ring. */
  expect(node: NodeId, ring: RingId): T {
    const { record, awaited } = this.entry(ring);
    awaited.add(node);
    return record;
  }

  /** The node has installed the ring, with these members: it says nothing about earlier ones any more. */
  install(node: NodeId, ring: RingId, members: readonly NodeId[]): T {
    const { record, awaited } = this.entry(ring);
    awaited.add(node);
    for (const member of members) if (!this.down.has(member)) awaited.add(member);
    for (const entry of this.open.values()) {
      if (entry.ring.sequence < ring.sequence) this.forget(node, entry);
    }
    return record;
  }

  up(node: NodeId): void {
    this.gone(node);
    this.down.delete(node);
  }

  gone(node: NodeId): void {
    this.down.add(node);
    for (const entry of this.open.values()) this.forget(node, entry);
  }

  /** The run is over. */
  finish(): void {
    for (const { record } of this.open.values()) this.over(record);
    this.open.clear();
  }

  private forget(node: NodeId, { ring, record, awaited }: Entry<T>): void {
    if (!awaited.delete(node) || awaited.size > 0) return;
    this.open.delete(formatRing(ring));
    this.over(record);
  }

  private entry(ring: RingId): Entry<T> {
    const name = formatRing(ring);
    let entry = this.open.get(name);
    if (entry === undefined) {
      entry = { ring, record: this.make(ring), awaited: new Set() };
      this.open.set(name, entry);
    }
    return entry;
  }
}

export function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
