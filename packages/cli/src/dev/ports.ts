import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { CoterieError } from '@coterie/sdk';

/** corosync's default is 5405; a development cluster stays out of the way of a real one. */
const FIRST = 5505;
const BLOCKS = 50;

/** UDP ports that no other development cluster takes before {@link release}. */
export interface Ports {
  readonly numbers: readonly number[];
  release(): void;
}

/**
 * Reserves `count` UDP ports in a row on `address` that nobody uses: from `base` if the user named one, else
 * from the first free block. A daemon opens its UDP port only later; until then, and for as long as the cluster
 * runs, the TCP port of the same number tells other development clusters that it is taken.
 * @throws CoterieError COTERIE_E_DEV_PORTS
 */
export async function reservePorts(address: string, count: number, base?: number): Promise<Ports> {
  const blocks = Array.from({ length: BLOCKS }, (_, block) => FIRST + block * count);
  const starts = base === undefined ? blocks : [base];
  for (const start of starts) {
    const numbers = Array.from({ length: count }, (_, i) => start + i);
    const locks = await Promise.all(numbers.map((port) => lock(address, port)));
    const release = (): void => locks.forEach((server) => server?.close());
    const free = await Promise.all(numbers.map((port) => isFree(address, port)));
    if (locks.every(Boolean) && free.every(Boolean)) return { numbers, release };
    release();
  }
  const [first, last] = [starts[0] ?? FIRST, (starts.at(-1) ?? FIRST) + count - 1];
  throw new CoterieError(
    'COTERIE_E_DEV_PORTS',
    base === undefined
      ? `no ${count} UDP ports in a row are free on ${address} between ${first} and ${last}: choose others with --base-port`
      : `the UDP ports ${first} to ${last} on ${address} are not all free: choose others with --base-port, or leave it out`,
  );
}

async function lock(address: string, port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ port, host: address, exclusive: true });
    await once(server, 'listening');
    return server.unref();
  } catch {
    return undefined;
  }
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
