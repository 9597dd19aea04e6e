import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** What the checks may ask of this machine. Undefined: it does not say. */
export interface Machine {
  /** `linux-x64` */
  readonly platform: string;
  read(path: string): string | undefined;
  exists(path: string): boolean;
  /** What a program prints; undefined too if it is not there or fails. */
  ask(program: string, ...args: readonly string[]): string | undefined;
  /** The interface that has the address. */
  interfaceOf(address: string): string | undefined;
  /** Does a datagram to a multicast group come back to the one who sent it from this address? */
  hearsItself(address: string): Promise<boolean>;
}

/** Milliseconds that a program may take. */
const PATIENCE = 3_000;
/** Milliseconds in which a datagram comes back, if it does. */
const ECHO = 1_000;
/** Of the block for documentation: no program listens to it (RFC 5771, MCAST-TEST-NET). */
const GROUP = '233.252.0.77';

export const thisMachine: Machine = {
  platform: `${process.platform}-${process.arch}`,
  read(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  },
  exists: existsSync,
  ask(program, ...args) {
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: PATIENCE });
    return status === 0 ? stdout.trim() : undefined;
  },
  interfaceOf(address) {
    const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
      addresses?.some((one) => one.address === address),
    );
    return found?.[0];
  },
  async hearsItself(address) {
    const socket = createSocket('udp4');
    try {
      socket.bind(0);
      await once(socket, 'listening');
      socket.addMembership(GROUP, address);
      socket.setMulticastInterface(address);
      socket.setMulticastTTL(0);
      const heard = once(socket, 'message', { signal: AbortSignal.timeout(ECHO) });
      socket.send('coterie', socket.address().port, GROUP);
      await heard;
      return true;
    } catch {
      return false;
    } finally {
      socket.close();
    }
  },
};
