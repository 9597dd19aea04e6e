import type { NodeId, RingId } from '@coterie/sdk';

/** Rings on which a node may have done more than its trace tells: from its last one there to its next one. */
interface Gap {
  readonly from: number;
  to: number;
}

/** What is not known for certain, because nodes have no trace or died before they had written all of theirs. */
export class Uncertainty {
  private readonly gaps = new Map<NodeId, Gap[]>();

  constructor(private readonly traced: (node: NodeId) => boolean) {}

  /** The trace of the node's present life ends; `ring` is the last one in it. */
  cut(node: NodeId, ring: RingId | undefined): void {
    const gap = { from: ring?.sequence ?? 0, to: Infinity };
    this.gaps.set(node, [...(this.gaps.get(node) ?? []), gap]);
  }

  installed(node: NodeId, ring: RingId): void {
    const gap = this.gaps.get(node)?.at(-1);
    if (gap?.to === Infinity) gap.to = ring.sequence;
  }

  /** May the node have done things on this ring that no trace tells? */
  about(node: NodeId, ring: RingId): boolean {
    if (!this.traced(node)) return true;
    return this.gaps.get(node)?.some(({ from, to }) => from <= ring.sequence && ring.sequence < to) ?? false;
  }
}
