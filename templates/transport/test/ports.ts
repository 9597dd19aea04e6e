import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Member } from '@coterie/sdk';

/** Nodes 1 to `count` at UDP ports of this machine that are free now. */
export async function members(count: number): Promise<Member[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const found: Member[] = [];
  for (const [i, socket] of sockets.entries()) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    found.push({ nodeId: i + 1, address: '127.0.0.1', port: socket.address().port });
  }
  for (const socket of sockets) socket.close();
  return found;
}
