import { CoterieError, type Logger } from '@coterie/sdk';
import { DgramSocket } from './dgram-socket.js';
import { type Addon, loadAddon, NativeSocket } from './native-socket.js';
import type { OpenSocket } from './socket.js';

let addon: Addon | Error | undefined;

function addonOrReason(): Addon | Error {
  if (addon === undefined) {
    try {
      addon = loadAddon();
    } catch (error) {
      addon = error as Error;
    }
  }
  return addon;
}

/**
 * The native sockets where the addon loads, else those of node:dgram. The environment variable
 * `COTERIE_UDP_SOCKETS` (`native` or `dgram`) decides instead.
 */
export function chooseSockets(wanted: string | undefined, log: Logger): OpenSocket {
  if (wanted !== undefined && wanted !== 'native' && wanted !== 'dgram') {
    throw new CoterieError(
      'COTERIE_E_UDP_SOCKETS',
      `COTERIE_UDP_SOCKETS is "${wanted}": it may be "native" or "dgram"`,
    );
  }
  if (wanted === 'dgram') return DgramSocket.open;
  const found = addonOrReason();
  if (!(found instanceof Error)) return NativeSocket.opener(found);
  if (wanted === 'native') {
    throw new CoterieError(
      'COTERIE_E_UDP_SOCKETS',
      `COTERIE_UDP_SOCKETS is "native", but the addon of @coterie/transport-udp does not load: ${found.message}`,
      { cause: found },
    );
  }
  log.info('The native UDP sockets do not load on this platform; node:dgram is used, which is slower', {
    reason: found.message,
  });
  return DgramSocket.open;
}

/** What a failure to open means to whoever configured it. */
export function explainOpenError(cause: unknown, address: string, port: number): CoterieError {
  const code = (cause as NodeJS.ErrnoException).code;
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  if (code === 'EADDRINUSE') {
    return new CoterieError('COTERIE_E_UDP_PORT', `UDP port ${place} is taken by another program`, { cause });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENODEV') {
    return new CoterieError('COTERIE_E_UDP_ADDRESS', `${address} is not an address of this machine`, {
      cause,
    });
  }
  return new CoterieError('COTERIE_E_UDP_BIND', `UDP socket ${place}: ${(cause as Error).message}`, {
    cause,
  });
}
