/**
 * A process that opens a transport and must end by itself: with `close` after closing it; with `worker` after a
 * worker thread that holds an open one was terminated.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { freePorts, packet, TestNode, until } from './node.js';

async function open(name: 'udp' | 'udpu'): Promise<TestNode> {
  const [mcastport, port] = (await freePorts('127.0.0.1', 2)) as [number, number];
  const members = [{ nodeId: 1, address: '127.0.0.1', port }];
  const node = await new TestNode(name, 1, members, { interface: { mcastport } }).open();
  node.unicast(1, packet(1, 57));
  node.transport.flush();
  await until(() => node.packets.length === 1, 'the own packet');
  return node;
}

if (!isMainThread) {
  await open('udp');
  parentPort!.postMessage('open');
} else if (process.argv[2] === 'worker') {
  const worker = new Worker(fileURLToPath(import.meta.url));
  worker.once('message', () => void worker.terminate());
} else {
  for (const name of ['udp', 'udpu'] as const) await (await open(name)).transport.close();
}
