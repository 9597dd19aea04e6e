import { createSocket } from 'node:dgram';
import { CoterieError } from '@coterie/sdk';

/** corosync's default is 5405; a development cluster stays out of the way of a real one. */
const FIRST = 5505;
const BLOCKS = 50;

/**
 * Finds `count` free UDP ports in a row on `address`: from `base` if the user named one, else from the first
 * free block.
 * @throws CoterieError COTERIE_E_DEV_PORTS
 */
export async function freePorts(address: string, count: number, base?: number): Promise<number[]> {
  const starts =
    base === undefined ? Array.from({ length: BLOCKS }, (_, block) => FIRST + block * count) : [base];
  for (const start of starts) {
    const ports = Array.from({ length: count }, (_, i) => start + i);
    const free = await Promise.all(ports.map((port) => isFree(address, port)));
    if (free.every(Boolean)) return ports;
  }
  const last = (starts.at(-1) ?? FIRST) + count - 1;
  throw new CoterieError(
    'COTERIE_E_DEV_PORTS',
    base === undefined
      ? `no ${count} UDP ports in a row are free on ${address} between ${FIRST} and ${last}: choose others with --base-port`
      : `the UDP ports ${base} to ${last} on ${address} are not all free: choose others with --base-port, or leave it out`,
  );
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
