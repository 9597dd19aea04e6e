/**
 * Agreed multicast in rings of three over iba and over udpu, in turns, between the same interfaces of the guest. The
 * client on node 1 is bench/clients/cpg-bench.ts. Everything is emulated: only the ratios of one run say something.
 *
 * usage: side-by-side.js [--sizes 64,1000,10000,100000] [--seconds 10] [--rounds 2]
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Cluster } from '../interop/cluster.js';
import { Fabric } from './fabric.js';
import { agree, everyone, plan, start } from './ring.js';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '64,1000,10000,100000' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '2' },
  },
});
const transports = ['iba', 'udpu'] as const;
const client = fileURLToPath(new URL('../../../bench/dist/clients/cpg-bench.js', import.meta.url));
const run = promisify(execFile);
/** Of the clock that /proc counts processor time by. */
const TICKS_PER_SECOND = 100;
const ROUND_TRIPS = 300;

interface Measured {
  readonly transport: (typeof transports)[number];
  /** Microseconds of the round trip of one message of 64 bytes. */
  readonly p50: number;
  readonly p99: number;
  readonly throughput: readonly Throughput[];
}

interface Throughput {
  readonly size: number;
  readonly messagesPerSecond: number;
  /** Milliseconds that the three daemons computed for a message. */
  readonly processor: number;
}

async function bench(cluster: Cluster, ...args: string[]): Promise<Record<string, unknown>> {
  const env = { ...process.env, COTERIE_RUN_DIR: cluster.node(1).runDir };
  const { stdout } = await run(process.execPath, [client, ...args], { env });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Milliseconds that the daemons have computed since they were started. */
function processor(cluster: Cluster): number {
  const ticks = cluster.nodes.map(({ pid }) => {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
    return Number(user) + Number(system);
  });
  return (1000 / TICKS_PER_SECOND) * ticks.reduce((sum, each) => sum + each, 0);
}

async function measure(transport: Measured['transport']): Promise<Measured> {
  const cluster = Cluster.create(plan(transport), new Fabric());
  try {
    await start(cluster, ...everyone);
    await agree(cluster, ...everyone);
    await bench(cluster, 'throughput', '1000', values.seconds);
    const { microseconds } = await bench(cluster, 'latency', '64', `${ROUND_TRIPS}`);
    const sorted = (microseconds as number[]).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * sorted.length)]!;
    const throughput: Throughput[] = [];
    for (const size of values.sizes.split(',').map(Number)) {
      const before = processor(cluster);
      const { messages, seconds } = await bench(cluster, 'throughput', `${size}`, values.seconds);
      const count = messages as number;
      throughput.push({
        size,
        messagesPerSecond: count / (seconds as number),
        processor: (processor(cluster) - before) / count,
      });
    }
    const measured = { transport, p50: at(0.5), p99: at(0.99), throughput };
    console.error(JSON.stringify(measured));
    return measured;
  } finally {
    await cluster.dispose(false);
  }
}

const results: Measured[] = [];
for (let round = 0; round < Number(values.rounds); round++)
  for (const transport of transports) results.push(await measure(transport));
const machine = `qemu TCG, 2 processors, Linux ${release()}, Node ${process.version}`;
console.log(JSON.stringify({ machine, results }, null, 1));
