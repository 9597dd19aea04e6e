import type { NodeId } from '@coterie/sdk';
import { SendQueue } from '@coterie/sdk/transport';
import { type EndpointEvents, loadAddon } from './addon.js';
import { Counters } from './counters.js';
import { explainOpenError } from './opening.js';

const deaf: EndpointEvents = {
  completions: () => undefined,
  joined: () => undefined,
  failed: () => undefined,
  established: () => undefined,
  pathFailed: () => undefined,
  requested: () => false,
};

/**
 * Bytes of the largest datagram of the RDMA port with this address, seen by an endpoint that is closed again.
 * @throws CoterieError if there is no such port
 */
export function portMtu(address: string, port: number, node: NodeId): number {
  try {
    const endpoint = new (loadAddon().Endpoint)({
      ...{ address, port, node, receives: 1, sends: 1, regions: 1, events: deaf },
      ...{ counters: new Counters().values, queue: new SendQueue() },
      inbox: { offsets: new Uint32Array(1), lengths: new Uint32Array(1) },
    });
    try {
      return endpoint.info().mtu;
    } finally {
      endpoint.close();
    }
  } catch (error) {
    throw explainOpenError(error, address, port);
  }
}
