import type { Family } from './resolve.js';

/** The limited broadcast address, which `broadcast: yes` uses in place of a group. */
export const BROADCAST_ADDRESS = '255.255.255.255';

/**
 * The group of a cluster that configures none, made of its name (coroparse's get_cluster_mcast_addr, incl. its
 * modulus 255). Clusters with different names may share one.
 */
export function automaticGroup(clusterName: string, family: Family): string {
  let id = 0;
  // The bytes are C's `char`, which is signed on x86.
  for (const byte of Buffer.from(clusterName)) id = (id * 2 + ((byte << 24) >> 24)) & 0xffff;
  return family === 4 ? `239.192.${id >> 8}.${id % 255}` : `ff15::${id.toString(16)}`;
}

export function isGroup(address: string, family: Family): boolean {
  if (family === 6) return /^ff/i.test(address);
  const first = Number.parseInt(address, 10);
  return first >= 224 && first <= 239;
}
