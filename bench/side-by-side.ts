/*
 * Agreed multicast on corosync and on Coterie, in turns on one machine: each node is a daemon in a network namespace
 * of its own, on a bridge of its ring. Needs root and Debian's corosync, libcpg-dev and gcc.
 *
 * usage: npm run bench [-- --nodes 1,3 --sizes 64,320,1600,8000,40000,200000,1000000 --seconds 3 --rounds 2]
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1,3' },
    sizes: { type: 'string', default: '64,320,1600,8000,40000,200000,1000000' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '2' },
    only: { type: 'string', default: 'corosync,native,native-c,dgram' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);

/** `native-c`: Coterie's daemon and the C client of corosync. */
type Kind = 'corosync' | 'native' | 'native-c' | 'dgram';
interface Result {
  readonly kind: Kind;
  readonly nodes: number;
  readonly size: number;
  readonly messagesPerSecond: number;
  readonly megabytesPerSecond: number;
}
interface Latency {
  readonly kind: Kind;
  readonly nodes: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A ring of daemons of one kind, each on a host of its own. */
class Ring {
  private readonly name = `bench${process.pid}`;
  private readonly daemons: ChildProcess[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'coterie-bench-'));

  constructor(
    readonly kind: Kind,
    readonly nodes: number,
    private readonly program: string,
  ) {
    run('ip', 'netns', 'add', `${this.name}b`);
    run('ip', '-n', `${this.name}b`, 'link', 'add', 'br0', 'type', 'bridge');
    run('ip', '-n', `${this.name}b`, 'link', 'set', 'br0', 'up');
    for (let node = 1; node <= nodes; node++) this.start(node);
  }

  private start(node: number): void {
    const host = `${this.name}h${node}`;
    run('ip', 'netns', 'add', host);
    const bridge = ['-n', `${this.name}b`, 'link'];
    run('ip', ...bridge, 'add', `p${node}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
    run('ip', ...bridge, 'set', `p${node}`, 'master', 'br0', 'up');
    run('ip', '-n', host, 'addr', 'add', `10.97.0.${node}/24`, 'dev', 'eth0');
    run('ip', '-n', host, 'link', 'set', 'eth0', 'up');
    run('ip', '-n', host, 'link', 'set', 'lo', 'up');
    const own = join(this.folder, `${node}`);
    for (const name of ['run', 'shm', 'state']) mkdirSync(join(own, name), { recursive: true });
    const conf = join(own, 'corosync.conf');
    writeFileSync(conf, this.configuration(join(own, 'state')));
    const command =
      this.kind === 'corosync'
        ? `mount --bind ${own}/run /run && mount --bind ${own}/shm /dev/shm && exec corosync -f -c ${conf}`
        : `mount --bind ${own}/shm /dev/shm && exec ${process.execPath} packages/core/bin/coteried.js -f -c ${conf} --run-dir ${own}/run --state-dir ${own}/state --node ${node}`;
    const daemon = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', 'ip', 'netns', 'exec', host, 'sh', '-c', command],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, COTERIE_UDP_SOCKETS: this.kind === 'dgram' ? 'dgram' : 'native' },
      },
    );
    this.daemons.push(daemon);
  }

  private configuration(state: string): string {
    const nodes = Array.from({ length: this.nodes }, (_, i) => i + 1).map(
      (node) => `  node {\n    ring0_addr: 10.97.0.${node}\n    nodeid: ${node}\n    name: n${node}\n  }`,
    );
    return `totem {
  version: 2
  cluster_name: bench
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
}
nodelist {
${nodes.join('\n')}
}
quorum {
  provider: corosync_votequorum
}
logging {
  to_stderr: yes
  to_syslog: no
  syslog_priority: warning
  debug: off
}
system {
  state_dir: ${state}
}
`;
  }

  /** Waits until node 1's process is the daemon on its host: whoever followed it earlier would end up elsewhere. */
  async arrived(): Promise<void> {
    const name = this.kind === 'corosync' ? 'corosync' : 'node';
    while (readFileSync(`/proc/${this.daemons[0]!.pid!}/comm`, 'utf8').trim() !== name) await delay(10);
  }

  /** Runs this kind's client on node 1 and reads its line of JSON. */
  measure(...args: string[]): { messages: number; seconds: number; microseconds: number[] } {
    const enter = ['-m', '-n', '-t', `${this.daemons[0]!.pid!}`, '--'];
    const client =
      this.kind === 'corosync' || this.kind === 'native-c'
        ? [this.program]
        : [process.execPath, fileURLToPath(new URL('./clients/cpg-bench.js', import.meta.url))];
    const output = execFileSync('nsenter', [...enter, ...client, ...args], {
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, COTERIE_RUN_DIR: join(this.folder, '1', 'run') },
    });
    return JSON.parse(output) as { messages: number; seconds: number; microseconds: number[] };
  }

  async close(): Promise<void> {
    await Promise.all(
      this.daemons.map((daemon) => {
        const gone = new Promise((resolve) => daemon.once('exit', resolve));
        daemon.kill('SIGKILL');
        return gone;
      }),
    );
    for (let node = 1; node <= this.nodes; node++) run('ip', 'netns', 'del', `${this.name}h${node}`);
    run('ip', 'netns', 'del', `${this.name}b`);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

const machine = `${cpus().length} x ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
const kinds = values.only.split(',') as Kind[];
const program = join(mkdtempSync(join(tmpdir(), 'coterie-bench-')), 'cpg-bench');
run('cc', '-O2', '-o', program, join(root, 'bench/clients/cpg-bench.c'), '-lcpg');

process.stdout.write(`${machine}\n`);
const results: Result[] = [];
const latencies: Latency[] = [];
for (const nodes of numbers(values.nodes)) {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const kind of kinds) {
      const ring = new Ring(kind, nodes, program);
      try {
        await ring.arrived();
        // Until the ring is whole and warm.
        ring.measure('throughput', '64', nodes > 1 ? '3' : '1');
        const { microseconds } = ring.measure('latency', '64', '2000');
        microseconds.sort((a, b) => a - b);
        const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentile(microseconds, share)) as [
          number,
          number,
          number,
        ];
        latencies.push({ kind, nodes, p50, p90, p99 });
        process.stdout.write(
          `${nodes} nodes ${kind}: round trip of 64 B p50 ${p50} p90 ${p90} p99 ${p99} us\n`,
        );
        for (const size of numbers(values.sizes)) {
          const { messages, seconds } = ring.measure('throughput', `${size}`, values.seconds);
          const messagesPerSecond = messages / seconds;
          const megabytesPerSecond = (messagesPerSecond * size) / 1e6;
          results.push({ kind, nodes, size, messagesPerSecond, megabytesPerSecond });
          process.stdout.write(
            `${nodes} nodes ${kind}: ${size} B ${Math.round(messagesPerSecond)} msg/s ${megabytesPerSecond.toFixed(1)} MB/s\n`,
          );
        }
      } finally {
        await ring.close();
      }
    }
  }
}

const median = (list: number[]): number =>
  percentile(
    list.sort((a, b) => a - b),
    0.5,
  );
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
for (const nodes of numbers(values.nodes)) {
  process.stdout.write(`\n${nodes} node${nodes > 1 ? 's' : ''}, messages a second (ratio to corosync)\n`);
  process.stdout.write(`${row(['bytes', ...kinds])}\n${row(['---', ...kinds.map(() => '---')])}\n`);
  for (const size of numbers(values.sizes)) {
    const rate = (kind: Kind): number =>
      median(
        results
          .filter((r) => r.kind === kind && r.nodes === nodes && r.size === size)
          .map((r) => r.messagesPerSecond),
      );
    const cells = kinds.map((kind) => {
      const own = rate(kind);
      const ratio =
        kinds.includes('corosync') && kind !== 'corosync' ? ` (${(own / rate('corosync')).toFixed(2)})` : '';
      return `${Math.round(own)}${ratio}`;
    });
    process.stdout.write(`${row([`${size}`, ...cells])}\n`);
  }
}

const file = join(root, 'bench/results', `${new Date().toISOString().slice(0, 10)}.json`);
mkdirSync(join(root, 'bench/results'), { recursive: true });
writeFileSync(file, `${JSON.stringify({ machine, results, latencies }, null, 1)}\n`);
process.stdout.write(`\nwritten to ${file}\n`);
