import { CoterieError, type Logger, type NodeId, type Storage } from '@coterie/sdk';
import type { RingIdStore } from '@coterie/totem';

/**
 * Behind it comes no other ring, four further on, that could be counted. No cluster gets here by itself, but joins that
 * somebody forged can take it far.
 */
const LAST = Number.MAX_SAFE_INTEGER - 4;

/**
 * The ring sequence as corosync keeps it: `ringid_<nodeid>`, 8 bytes little-endian. A file that is missing or
 * cut short counts as 0 and is written anew at once, so that a state folder which cannot be written is found
 * out before the node takes part in anything.
 */
export class StoredRingId implements RingIdStore {
  private readonly name: string;

  constructor(
    private readonly storage: Storage,
    nodeId: NodeId,
    private readonly log: Logger,
  ) {
    this.name = `ringid_${nodeId}`;
  }

  /** @throws CoterieError COTERIE_E_STATE_READ, COTERIE_E_STATE_WRITE, COTERIE_E_RING_ID (no ring can follow) */
  load(): number {
    const bytes = this.storage.read(this.name);
    if (bytes === undefined || bytes.length < 8) {
      if (bytes !== undefined) {
        this.log.warn(`state file ${this.name} has ${bytes.length} bytes instead of 8: starting from 0`);
      }
      this.store(0);
      return 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
    const sequence = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
    if (sequence > LAST) {
      throw new CoterieError(
        'COTERIE_E_RING_ID',
        `state file ${this.name} says ${view.getBigUint64(0, true)}, behind which there is no other ring`,
      );
    }
    return sequence;
  }

  /** @throws CoterieError COTERIE_E_STATE_WRITE */
  store(sequence: number): void {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, sequence % 2 ** 32, true);
    view.setUint32(4, Math.floor(sequence / 2 ** 32), true);
    this.storage.write(this.name, bytes);
  }
}
