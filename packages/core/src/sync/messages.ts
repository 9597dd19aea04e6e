import type { RingId } from '@coterie/sdk';

/** Messages of group `sync` (corosync: exec/sync.c); i32 id at 0, i32 size at 8. */
export const BARRIER = 0;
export const SERVICE_BUILD = 1;

const RING = 16;
const COUNT = 32;
const SERVICES = 40;
/** Entries of the array that is always sent whole. */
const MAX_SERVICES = 128;
const BARRIER_SIZE = 32;
const SERVICE_BUILD_SIZE = SERVICES + 4 * MAX_SERVICES;

export type SyncMessage =
  | { readonly kind: 'barrier'; readonly ring: RingId }
  | { readonly kind: 'services'; readonly ring: RingId; readonly services: readonly number[] };

/** "This node has come to the end of the current service." It does not name the service: barriers are counted. */
export function encodeBarrier(ring: RingId): Uint8Array {
  return header(BARRIER, BARRIER_SIZE, ring).bytes;
}

/** The services that this node synchronises, ascending. */
export function encodeServices(ring: RingId, services: readonly number[]): Uint8Array {
  const { bytes, view } = header(SERVICE_BUILD, SERVICE_BUILD_SIZE, ring);
  view.setUint32(COUNT, services.length, true);
  services.forEach((service, index) => view.setInt32(SERVICES + 4 * index, service, true));
  return bytes;
}

/** The message, or why it is none. */
export function decodeSync(bytes: DataView, offset: number, length: number): SyncMessage | string {
  if (length < BARRIER_SIZE) return 'short';
  const id = bytes.getInt32(offset, true);
  const ring = {
    representative: bytes.getUint32(offset + RING, true),
    sequence: bytes.getUint32(offset + RING + 8, true) * 2 ** 32 + bytes.getUint32(offset + RING + 4, true),
  };
  if (id === BARRIER) return { kind: 'barrier', ring };
  if (id !== SERVICE_BUILD) return `unknown id ${id}`;
  if (length < SERVICE_BUILD_SIZE) return 'short service list';
  const count = bytes.getUint32(offset + COUNT, true);
  if (count > MAX_SERVICES) return `${count} services`;
  const services: number[] = [];
  for (let i = 0; i < count; i++) services.push(bytes.getInt32(offset + SERVICES + 4 * i, true));
  return { kind: 'services', ring, services };
}

function header(id: number, size: number, ring: RingId) {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, id, true);
  view.setInt32(8, size, true);
  view.setUint32(RING, ring.representative, true);
  view.setUint32(RING + 4, ring.sequence % 2 ** 32, true);
  view.setUint32(RING + 8, Math.floor(ring.sequence / 2 ** 32), true);
  return { bytes, view };
}
