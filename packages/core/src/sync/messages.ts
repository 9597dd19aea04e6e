import type { RingId } from '@coterie/sdk';
import type { WireOffer } from './wire.js';

/** Messages of group `sync` (corosync: exec/sync.c); i32 id at 0, i32 size at 8. */
export const BARRIER = 0;
export const SERVICE_BUILD = 1;
/** Coterie's own, in a group that corosync has not joined. */
const WIRE = 2;

const RING = 16;
const COUNT = 32;
const SERVICES = 40;
/** Entries of the array that is always sent whole. */
const MAX_SERVICES = 128;
const BARRIER_SIZE = 32;
const SERVICE_BUILD_SIZE = SERVICES + 4 * MAX_SERVICES;
/** Behind the ring and a u32 count: u32 service, u8 min, u8 max, u8 active, padding. */
const OFFERS = 40;
const OFFER_SIZE = 8;
const MAX_OFFERS = 1024;

export type SyncMessage =
  | { readonly kind: 'barrier'; readonly ring: RingId }
  | { readonly kind: 'services'; readonly ring: RingId; readonly services: readonly number[] }
  | { readonly kind: 'wire'; readonly ring: RingId; readonly offers: WireOffers };

/** By service: the versions of its messages that a node speaks. */
export type WireOffers = ReadonlyMap<number, WireOffer>;

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

/** The versions that the engines of this node speak. */
export function encodeWire(ring: RingId, offers: WireOffers): Uint8Array {
  const { bytes, view } = header(WIRE, OFFERS + OFFER_SIZE * offers.size, ring);
  view.setUint32(COUNT, offers.size, true);
  let at = OFFERS;
  for (const [service, { min, max, active }] of offers) {
    view.setUint32(at, service, true);
    view.setUint8(at + 4, min);
    view.setUint8(at + 5, max);
    view.setUint8(at + 6, active ? 1 : 0);
    at += OFFER_SIZE;
  }
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
  if (id === WIRE) return decodeWire(bytes, offset, length, ring);
  if (id !== SERVICE_BUILD) return `unknown id ${id}`;
  if (length < SERVICE_BUILD_SIZE) return 'short service list';
  const count = bytes.getUint32(offset + COUNT, true);
  if (count > MAX_SERVICES) return `${count} services`;
  const services: number[] = [];
  for (let i = 0; i < count; i++) services.push(bytes.getInt32(offset + SERVICES + 4 * i, true));
  return { kind: 'services', ring, services };
}

function decodeWire(bytes: DataView, offset: number, length: number, ring: RingId): SyncMessage | string {
  if (length < OFFERS) return 'short list of versions';
  const count = bytes.getUint32(offset + COUNT, true);
  if (count > MAX_OFFERS || length < OFFERS + OFFER_SIZE * count) return `${count} versions`;
  const offers = new Map<number, WireOffer>();
  for (let i = 0; i < count; i++) {
    const at = offset + OFFERS + OFFER_SIZE * i;
    const [min, max] = [bytes.getUint8(at + 4), bytes.getUint8(at + 5)];
    if (min === 0 || min > max) return `versions ${min} to ${max}`;
    offers.set(bytes.getUint32(at, true), { min, max, active: bytes.getUint8(at + 6) !== 0 });
  }
  return { kind: 'wire', ring, offers };
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
