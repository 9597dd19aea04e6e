import type { Storage } from '@coterie/sdk';

/** corosync's file: the highest expected votes ever seen, u32 little-endian. */
const FILE = 'ev_tracking';

/** 0 if there is none yet or the file is too short to be one. @throws CoterieError COTERIE_E_STATE_READ */
export function loadBarrier(storage: Storage): number {
  const bytes = storage.read(FILE);
  if (bytes === undefined || bytes.length < 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/** @throws CoterieError COTERIE_E_STATE_WRITE */
export function saveBarrier(storage: Storage, votes: number): void {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, votes, true);
  storage.write(FILE, bytes);
}
