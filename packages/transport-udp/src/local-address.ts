import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import type { Family } from './resolve.js';

/**
 * May this machine send from the address now? The kernel's own answer, by binding to it: it also says no while
 * the interface that has the address is down.
 */
export async function isUsable(address: string, family: Family): Promise<boolean> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch (error) {
    // Anything else (no file descriptors left, ...) says nothing about the interface.
    return (error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL';
  } finally {
    socket.close();
  }
}

/** The interface that has the address, or undefined. */
export function interfaceOf(address: string): string | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((one) => one.address === address)) return name;
  }
  return undefined;
}

/** Does the address belong to this machine? */
export function isLocal(address: string): boolean {
  return address.startsWith('127.') || interfaceOf(address) !== undefined;
}
