const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
/** Bytes of a packet from the start that all count; of the rest, one in so many. */
const HEAD = 64;
const STRIDE = 29;

/** FNV-1a of a packet's length, its first bytes and a sample of the others: tells packets of a run apart. */
export function hashPacket(view: DataView, offset: number, length: number): number {
  let hash = BASIS ^ length;
  const end = offset + length;
  const head = Math.min(end, offset + HEAD);
  for (let at = offset; at < head; at++) hash = Math.imul(hash ^ view.getUint8(at), PRIME);
  for (let at = head; at < end; at += STRIDE) hash = Math.imul(hash ^ view.getUint8(at), PRIME);
  return hash >>> 0;
}
