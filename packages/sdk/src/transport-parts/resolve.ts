import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TotemTransportSettings } from '../transport.js';

export type Family = 4 | 6;

/** An IP address of the family for the name. Rejects if there is none. */
export type Resolve = (name: string, family: Family) => Promise<string>;

/** getaddrinfo(3) on a thread of the pool: the event loop never waits for it. */
export const resolveByHost: Resolve = async (name, family) => (await lookup(name, { family })).address;

const families: Readonly<Record<TotemTransportSettings['ipVersion'], readonly Family[]>> = {
  ipv4: [4],
  ipv6: [6],
  'ipv4-6': [4, 6],
  'ipv6-4': [6, 4],
};

/**
 * The own address decides the family of the ring: the first of `ip_version` in which it exists.
 * Undefined if there is none.
 */
export async function resolveOwn(
  name: string,
  version: TotemTransportSettings['ipVersion'],
  resolve: Resolve,
): Promise<{ address: string; family: Family } | undefined> {
  for (const family of families[version]) {
    if (isIP(name) === family) return { address: name, family };
    if (isIP(name) !== 0) continue;
    try {
      return { address: await resolve(name, family), family };
    } catch {
      // the next family, then
    }
  }
  return undefined;
}
