import { Clock, inject, Logger, Timers, TransportContext } from '@coterie/sdk';
import { IpTransport, type Site, type Sockets } from './ip-transport.js';
import { explainOpenError } from './open-socket.js';

/** One socket for everything: only the destination of a packet means something to a receiver. */
async function openUnicast({ address, port, open, counters, queue, inbox, refused }: Site): Promise<Sockets> {
  const bind = { address, port };
  try {
    const socket = await open({
      bind,
      share: false,
      broadcast: false,
      multicast: undefined,
      counters,
      queue,
      inbox: inbox(),
      refused,
    });
    return { sender: socket, receivers: [socket], group: undefined, drained: undefined };
  } catch (error) {
    throw explainOpenError(error, address, port);
  }
}

/** `totem.transport: udpu`: each packet for all is sent to each member of the nodelist by itself. */
export class UdpuTransport extends IpTransport {
  constructor(
    @inject(TransportContext) context: TransportContext,
    @inject(Logger) log: Logger,
    @inject(Timers) timers: Timers,
    @inject(Clock) clock: Clock,
  ) {
    super(context, log, timers, clock, openUnicast);
  }
}
