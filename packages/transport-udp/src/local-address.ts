import type { Family } from '@coterie/sdk/transport';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** Of the flags in <net/if.h>. */
const IFF_UP = 1;

/**
 * May this machine send from the address now? `device` is the interface that had it, if known. Linux keeps the
 * IPv4 addresses of an interface that is switched off, so that both are asked.
 */
export async function isUsable(
  address: string,
  family: Family,
  device: string | undefined,
): Promise<boolean> {
  return (device === undefined || (await isSwitchedOn(device))) && (await canBind(address, family));
}

/** True also where that cannot be told. */
async function isSwitchedOn(device: string): Promise<boolean> {
  try {
    const flags = Number(await readFile(`/sys/class/net/${device}/flags`, 'utf8'));
    return (flags & IFF_UP) !== 0;
  } catch {
    return true;
  }
}

async function canBind(address: string, family: Family): Promise<boolean> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    const listening = once(socket, 'listening');
    socket.bind({ address, port: 0, exclusive: true });
    await listening;
    return true;
  } catch (error) {
    // Anything else (no file descriptors left, ...) says nothing about the interface.
    return (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL';
  } finally {
    socket.close();
  }
}

/** The running interface that has the address; undefined if there is none, or the system cannot say. */
export function interfaceOf(address: string): string | undefined {
  try {
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      if (addresses?.some((one) => one.address === address)) return name;
    }
  } catch {
    // no file descriptors left
  }
  return undefined;
}

/** Does the address belong to this machine? */
export function isLocal(address: string): boolean {
  return address.startsWith('127.') || interfaceOf(address) !== undefined;
}
