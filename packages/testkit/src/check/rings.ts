import { formatRing, type NodeId, type RingId } from '@coterie/sdk';

/** Small numbers for the rings of a run, which are cheaper keys than text. */
export class Rings {
  private readonly byName = new Map<string, number>();
  private readonly byObject = new Map<RingId, number>();
  private readonly names: string[] = [];

  number(ring: RingId): number {
    let number = this.byObject.get(ring);
    if (number !== undefined) return number;
    const name = formatRing(ring);
    number = this.byName.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.byName.set(name, number);
    }
    this.byObject.set(ring, number);
    return number;
  }

  name(number: number): string {
    return this.names[number] ?? '?';
  }
}

export function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
