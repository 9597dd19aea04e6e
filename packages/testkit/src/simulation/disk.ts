import { CoterieError, type NodeId, type Storage } from '@coterie/sdk';
import type { Prng } from './prng.js';

/** What can have happened to the file with the ring sequence while a node was down. */
export type RingIdDamage = 'missing' | 'short' | 'older';

/** A node's state folder, which survives its processes. */
export class SimulatedDisk implements Storage {
  /** Nothing can be written. */
  full = false;
  /** Writes fail at the end: the bytes may be there afterwards or not. */
  syncFails = false;
  /** The ring sequence does not only grow any more: identities of rings may come again. */
  damaged = false;
  private readonly files = new Map<string, Uint8Array>();
  private readonly earlier = new Map<string, Uint8Array>();

  constructor(
    private readonly node: NodeId,
    private readonly random: Prng,
  ) {}

  read(name: string): Uint8Array | undefined {
    return this.files.get(name);
  }

  write(name: string, bytes: Uint8Array): void {
    if (this.full) throw new CoterieError('COTERIE_E_STATE_WRITE', `no space left for ${name}`);
    const lost = this.syncFails && this.random.chance(0.5);
    const before = this.files.get(name);
    if (!lost) {
      if (before !== undefined) this.earlier.set(name, before);
      this.files.set(name, bytes.slice());
    }
    if (this.syncFails) throw new CoterieError('COTERIE_E_STATE_WRITE', `fsync of ${name} failed`);
  }

  damageRingId(how: RingIdDamage): void {
    const name = `ringid_${this.node}`;
    const bytes = this.files.get(name);
    if (bytes === undefined) return;
    this.damaged = true;
    if (how === 'missing') this.files.delete(name);
    else if (how === 'short') this.files.set(name, bytes.slice(0, this.random.below(8)));
    else this.files.set(name, this.earlier.get(name) ?? bytes);
  }
}
