/*
 * Measures agreed multicast through Coterie's own client, as cpg-bench.c does through libcpg: same arguments, same
 * output. Sender and receiver are one process; what counts is what has come back in the agreed order.
 *
 * usage: cpg-bench.js throughput SIZE SECONDS | cpg-bench.js latency SIZE COUNT
 */
import { CpgClient } from '@coterie/engine-cpg/client';
import { setTimeout as sleep } from 'node:timers/promises';

const [mode, size, amount] = process.argv.slice(2);
const data = new Uint8Array(Number(size));
let delivered = 0;
let arrived = (): void => undefined;

async function connect(): Promise<CpgClient> {
  for (;;) {
    try {
      return await CpgClient.connect();
    } catch {
      await sleep(100);
    }
  }
}

const cpg = await connect();
const group = await cpg.join('bench', {
  onDeliver: (_, from) => {
    if (from.pid !== process.pid) return;
    delivered++;
    arrived();
  },
});

if (mode === 'throughput') await throughput(Number(amount));
else await latency(Number(amount));
process.exit(0);

async function throughput(seconds: number): Promise<void> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let sent = 0;
  while (performance.now() < end) {
    // As libcpg's client does between two dispatches.
    for (let i = 0; i < 32; i++) {
      const backedUp = group.send(data);
      sent++;
      if (backedUp !== undefined) await backedUp;
    }
    // What waits in sockets and queues is bounded by their sizes; an open window keeps it fair between both ends.
    while (sent - delivered > 20_000) await sleep(0);
    await new Promise(setImmediate);
  }
  const taken = (performance.now() - start) / 1000;
  process.stdout.write(`${JSON.stringify({ messages: delivered, seconds: taken })}\n`);
}

async function latency(count: number): Promise<void> {
  const microseconds: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const back = new Promise<void>((resolve) => (arrived = resolve));
    await group.send(data);
    await back;
    microseconds.push(Math.round((performance.now() - start) * 10_000) / 10);
  }
  process.stdout.write(`${JSON.stringify({ microseconds })}\n`);
}
