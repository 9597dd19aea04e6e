import { isIP } from 'node:net';
import { Clock, CoterieError, inject, Logger, Timers, TransportContext } from '@coterie/sdk';
import { automaticGroup, BROADCAST_ADDRESS, isGroup } from '@coterie/sdk/transport';
import { IpTransport, type Site, type Sockets } from './ip-transport.js';
import { interfaceOf } from './local-address.js';
import { explainOpenError } from './open-socket.js';
import type { Endpoint, SocketOptions, UdpSocket } from './socket.js';

/** Where packets for all go. */
function groupOf({ totem, family }: Site): string {
  const { broadcast, mcastaddr } = totem.interface;
  if (broadcast) {
    if (family === 4) return BROADCAST_ADDRESS;
    throw new CoterieError('COTERIE_E_UDP_MCASTADDR', 'broadcast: yes needs a ring over IPv4');
  }
  if (mcastaddr === undefined) {
    if (totem.clusterName !== '') return automaticGroup(totem.clusterName, family);
    throw new CoterieError('COTERIE_E_UDP_MCASTADDR', 'Neither mcastaddr nor cluster_name is configured');
  }
  if (isIP(mcastaddr) === family && isGroup(mcastaddr, family)) return mcastaddr;
  throw new CoterieError(
    'COTERIE_E_UDP_MCASTADDR',
    `mcastaddr ${mcastaddr} is not an IPv${family} multicast address`,
  );
}

/**
 * Three sockets, as totemudp has them: one sends from the port below the ring's, one receives what is sent to the
 * group, one the tokens, so that these never wait behind messages.
 */
async function openMulticast(site: Site): Promise<Sockets> {
  const { address, port, totem, family, counters, queue, refused } = site;
  const { broadcast, mcastport, ttl } = totem.interface;
  const group: Endpoint = { address: groupOf(site), port: mcastport };
  const own: Endpoint = { address, port: port - 1 };
  const device = family === 4 ? address : `::%${interfaceOf(address) ?? ''}`;
  const opened: UdpSocket[] = [];
  const open = async (options: Pick<SocketOptions, 'bind' | 'share' | 'multicast' | 'inbox'>) => {
    try {
      const socket = await site.open({ ...options, broadcast, counters, queue, refused });
      opened.push(socket);
      return socket;
    } catch (error) {
      for (const socket of opened) socket.close();
      throw explainOpenError(error, options.bind.address, options.bind.port);
    }
  };
  const sender = await open({
    bind: own,
    share: false,
    multicast: { interface: device, ttl, group: undefined },
    inbox: undefined,
  });
  const messages = await open({
    bind: group,
    share: true,
    multicast: broadcast ? undefined : { interface: device, ttl: 0, group: group.address },
    inbox: site.inbox(),
  });
  const tokens = await open({
    bind: { address, port },
    share: false,
    multicast: undefined,
    inbox: site.inbox(),
  });
  // Broadcasts, and what is sent to groups over the loopback interface, come back to the sender.
  messages.setOwn(own);
  return { sender, receivers: [messages, tokens], group, drained: messages };
}

/** `totem.transport: udp`: packets for all go to a multicast group, or with `broadcast: yes` to the network's broadcast address. */
export class UdpTransport extends IpTransport {
  constructor(
    @inject(TransportContext) context: TransportContext,
    @inject(Logger) log: Logger,
    @inject(Timers) timers: Timers,
    @inject(Clock) clock: Clock,
  ) {
    super(context, log, timers, clock, openMulticast);
  }
}
