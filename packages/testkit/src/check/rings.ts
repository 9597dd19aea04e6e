import { formatRing, type NodeId, type RingId } from '@coterie/sdk';

/** Sequence numbers of packets are below this. */
const SEQS = 2 ** 32;

/** Small numbers for the rings of a run, and numbers for their packets, which are cheaper keys than text. */
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

  packet(ring: number, seq: number): number {
    return ring * SEQS + seq;
  }

  packetName(packet: number): string {
    return `${this.name(Math.floor(packet / SEQS))} #${packet % SEQS}`;
  }
}

export function sameNodes(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
