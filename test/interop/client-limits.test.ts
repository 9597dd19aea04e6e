import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { CpgClient, type Change, type ConfigurationEvent } from '@coterie/engine-cpg/client';
import { describeWith, program, root } from '../needs.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { halfHello } from './stream-say.js';
import { until } from './until.js';

const PATIENCE = 20_000;
const { EAGAIN, EACCES, EMSGSIZE, ENOMEM } = constants.errno;
/** Connections made and ended one after the other, on each front-end; `COTERIE_CYCLES=10000` for more. */
const CYCLES = Number(process.env.COTERIE_CYCLES ?? 200);
/** Milliseconds for all of them. */
const CYCLE_PATIENCE = 60_000 + 100 * CYCLES;
/** Before them, so that memory that is only taken once has been taken. */
const FIRST_CYCLES = 100;
/**
 * MiB that a daemon's heap may have more of after them and a collection: what is compiled meanwhile. Of 10,000
 * connections each may leave 400 bytes.
 */
const HEAP_MARGIN = 4;
/** MiB that its memory may have more of: there the heap's garbage counts too. */
const MEMORY_MARGIN = 64;
/** Milliseconds that a handshake may stand still. */
const HANDSHAKE = 5000;
/** What a client is told that sends an unknown request. */
const INVALID_PARAM = 'answer 7';
const needs = [root, ...['gcc', 'ip', 'nsenter', 'setpriv'].map(program)];

/** Two nodes of one ring; libqb serves the programs of the first over shared memory, those of the second over sockets. */
describeWith(needs, 'coteried and programs that are not to be trusted', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-qb-limits-'));
  const client = join(folder, 'qb-limits');
  const nodes = [1, 2] as const;
  let cluster: Cluster;
  /** What programs were told that connected all the time while the daemons started. */
  let early: string[];

  before(async () => {
    const source = fileURLToPath(new URL('../../clients/qb-limits.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-Wall', '-o', client, source, '-lcpg', '-lcmap', '-lqb']);
    const hosts = await Hosts.create(nodes);
    cluster = Cluster.create(
      { transport: 'udpu', token: 1000, nodes: ['coteried', 'coteried'], library: 'libcpg' },
      hosts,
    );
    const own = join(cluster.folder, '2');
    const file = join(own, 'corosync.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^system \{$/m, '$&\n  qb_ipc_type: socket'));
    mkdirSync(join(own, 'uidgid.d'));
    writeFileSync(join(own, 'uidgid.d', 'www'), 'uidgid {\n  uid: www-data\n}\n');
    process.env.NODE_OPTIONS = `--import ${new URL('./heap-on-signal.js', import.meta.url).href}`;
    process.env.COTERIE_HEAPS = folder;
    await cluster.start(...nodes);
    delete process.env.NODE_OPTIONS;
    early = await Promise.all(nodes.map((node) => run(node, 'cpg', 'await', '0')));
    await cluster.agree(nodes, PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a program prints that runs beside a daemon. */
  const output = (node: number, ...command: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const [file, ...args] = cluster.node(node).beside(...command);
      execFile(file, args, { timeout: CYCLE_PATIENCE }, (error, stdout, stderr) =>
        error ? reject(new Error(`${error.message}${stderr}`)) : resolve(stdout.trim()),
      );
    });
  const run = (node: number, ...args: string[]) => output(node, client, ...args);
  const runAs = (user: string, node: number, ...args: string[]) =>
    output(node, 'setpriv', '--reuid', user, '--regid', 'nogroup', '--clear-groups', client, ...args);
  const sharedMemory = (node: number) => readdirSync(join(cluster.folder, `${node}`, 'shm')).sort();
  const descriptors = (node: number) => readdirSync(`/proc/${cluster.node(node).pid}/fd`).length;

  /** Nothing is left of the clients that came after `holdings` was called. */
  function holdings(node: number): () => Promise<void> {
    const files = sharedMemory(node);
    const open = descriptors(node);
    return () =>
      until('what clients had to be freed', PATIENCE, () => {
        const left = sharedMemory(node).filter((name) => !files.includes(name));
        if (left.length > 0) return `there is ${left.join()}`;
        return descriptors(node) <= open ? undefined : `${descriptors(node)} descriptors, not ${open}`;
      });
  }

  it('asks them to come again until it is synchronised', () => {
    for (const outcomes of early) assert.match(outcomes, new RegExp(`(^| )${EAGAIN}x\\d+ 0x1$`));
  });

  // Ahead of what fills the memory of the daemons for a while.
  for (const node of nodes) {
    const type = node === 1 ? 'shared memory' : 'sockets';

    it(`keeps nothing of ${CYCLES} connections that are over, by ${type}`, async () => {
      await keepsNothing(node, async (count) =>
        assert.equal(await run(node, 'cpg', 'live', `${count}`), `${count}`),
      );
    }).timeout(CYCLE_PATIENCE);
  }

  it(`keeps nothing of ${CYCLES} connections that are over, by the stream socket`, async () => {
    const { runDir } = cluster.node(1);
    await keepsNothing(1, async (count) => {
      for (let n = 0; n < count; n += 2) {
        await using member = await CpgClient.connect({ runDir });
        await (await member.join('lives')).send(Buffer.from('hello'));
        await using reader = await ConfdbClient.connect({ runDir });
        await reader.track('lives.', { prefix: true });
        for await (const _ of reader.iterate('totem.')) break;
      }
    });
  }).timeout(CYCLE_PATIENCE);

  it('ends handshakes that do not go on after 5 s, by the stream socket (P2)', async () => {
    const nothingLeft = holdings(1);
    const { runDir } = cluster.node(1);
    const times = await Promise.all([0, 1, 15, 23].map((bytes) => halfHello(runDir, bytes)));
    for (const time of times) assert.ok(inTime(time), times.join());
    await nothingLeft();
  });

  for (const node of nodes) {
    const type = node === 1 ? 'shared memory' : 'sockets';

    it(`keeps out whom no rule lets in, however often they knock, by ${type} (P1)`, async () => {
      const nothingLeft = holdings(node);
      assert.equal(await runAs('nobody', node, 'cpg', 'knock', '1000'), `${EACCES}x1000`);
      await nothingLeft();
      const lines = cluster
        .node(node)
        .log()
        .match(/user 65534 was refused/g);
      assert.equal(lines?.length, 1);
    });

    it(`ends handshakes that do not go on after 5 s, by ${type} (P2)`, async () => {
      const nothingLeft = holdings(node);
      const times = await Promise.all(
        ['0', '1', '15', '23'].map(async (bytes, seconds) => {
          // One after the other: each has five seconds of its own.
          await delay(1000 * seconds);
          return runAs('nobody', node, 'cpg', 'half', bytes);
        }),
      );
      for (const time of times) assert.ok(inTime(Number(time)), times.join());
      await nothingLeft();
    });

    it(`decides itself how long messages can be, by ${type} (P3)`, async () => {
      const nothingLeft = holdings(node);
      for (const small of ['0', '1', '1048576']) {
        assert.equal(await run(node, 'cpg', 'size', small), '0 1048576');
      }
      for (const large of ['67108864', '2147483647', '2147483648', '4294967295']) {
        const told = await run(node, 'cpg', 'size', large);
        assert.ok([`${EMSGSIZE}`, `${ENOMEM}`].includes(told), `${large}: ${told}`);
      }
      await nothingLeft();
    });

    it(`refuses requests that do not exist, and stays connected, by ${type} (P4)`, async () => {
      for (const name of ['cpg', 'cmap', 'votequorum']) {
        for (const id of ['-1', '-2', '255', '65535', '-2147483648']) {
          assert.equal(
            await run(node, name, 'id', id),
            `${INVALID_PARAM}\n${INVALID_PARAM}`,
            `${name} ${id}`,
          );
        }
        // libqb's own: the client takes its leave.
        assert.equal(await run(node, name, 'id', '-3'), 'gone\ngone');
      }
    });

    it(`lets go of them wherever they stop and die, telling that once, by ${type} (P10)`, async () => {
      const { runDir } = cluster.node(node);
      await using observer = await CpgClient.connect({ runDir });
      const left: Change[] = [];
      await observer.join('steps', { onConfiguration: (event) => void left.push(...event.left) });
      const nothingLeft = holdings(node);
      const steps = ['0', '1', '2', '3', '4', '5', '6', '7'].map((step) => {
        const [file, ...args] = cluster.node(node).beside(client, 'cpg', 'step', step);
        return spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      });
      await Promise.all(steps.map(({ stdout }) => once(stdout, 'data')));
      for (const child of steps) child.kill('SIGSTOP');
      await cluster.exchange(500, 20);
      const ended = steps.map((child) => once(child, 'exit'));
      for (const child of steps) child.kill('SIGKILL');
      await Promise.all(ended);
      await nothingLeft();
      await cluster.exchange(500, 20);
      const members = steps.slice(6).map(({ pid }) => `${node}:${pid} process-down`);
      await until('their departure', PATIENCE, () => (left.length >= 2 ? undefined : `${left.length} left`));
      assert.deepEqual(
        left.map(({ nodeId, pid, reason }) => `${nodeId}:${pid} ${reason}`).sort(),
        members.sort(),
      );
    });

    for (const bytes of ['1000', '300000', '3000000']) {
      it(`answers a member that reads nothing and sends ${bytes} bytes, by ${type}`, async () => {
        const nothingLeft = holdings(node);
        assert.equal(await run(node, 'cpg', 'deaf', bytes), '6 1 1 1');
        await nothingLeft();
      });
    }

    it(`disconnects a member that never reads, by ${type} (P9)`, async () => {
      const { runDir } = cluster.node(node);
      const [file, ...args] = cluster.node(node).beside(client, 'cpg', 'step', '6');
      const nothingLeft = holdings(node);
      const deaf = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(deaf.stdout, 'data');
        await using sender = await CpgClient.connect({ runDir });
        let members = 0;
        const onConfiguration = (event: ConfigurationEvent) => void (members = event.members.length);
        const group = await sender.join('steps', { onConfiguration });
        await until('two members', PATIENCE, () => (members === 2 ? undefined : `${members}`));
        // More than what may wait for it, and what its ring or socket holds.
        const bulk = Buffer.alloc(1_000_000);
        for (let n = 0; n < 100 && members === 2; n++) await group.send(bulk);
        await until('the end of the deaf', PATIENCE, () => (members === 1 ? undefined : `${members}`));
        await cluster.exchange(500, 20);
      } finally {
        deaf.kill('SIGKILL');
      }
      await nothingLeft();
    });
  }

  async function keepsNothing(node: number, live: (connections: number) => Promise<void>): Promise<void> {
    const { pid } = cluster.node(node);
    const nothingLeft = holdings(node);
    await live(FIRST_CYCLES);
    const before = { heap: await heapOf(pid), memory: resident(pid) };
    await live(CYCLES);
    await nothingLeft();
    const after = { heap: await heapOf(pid), memory: resident(pid) };
    const told = `MiB before ${JSON.stringify(before)}, after ${CYCLES} connections ${JSON.stringify(after)}`;
    assert.ok(after.heap - before.heap < HEAP_MARGIN && after.memory - before.memory < MEMORY_MARGIN, told);
    if (process.env.COTERIE_CYCLES !== undefined) console.log(`      ${told}`);
  }

  /** MiB of the heap of a daemon, without garbage. */
  async function heapOf(pid: number): Promise<number> {
    const file = join(folder, `${pid}`);
    rmSync(file, { force: true });
    process.kill(pid, 'SIGURG');
    await until('the size of the heap', PATIENCE, () => (existsSync(file) ? undefined : 'not written'));
    return Number((Number(readFileSync(file, 'utf8')) / 2 ** 20).toFixed(2));
  }

  it('lets users in by files of uidgid.d', async () => {
    assert.equal(await runAs('www-data', 2, 'cpg', 'knock', '1'), '0x1');
    assert.equal(await runAs('www-data', 1, 'cpg', 'knock', '1'), `${EACCES}x1`);
  });

  for (const size of [1_000_000, 3_000_000]) {
    it(`carries messages of ${size / 1e6} MB over shared memory and sockets alike`, async () => {
      await cluster.exchange(size, 10);
      cluster.mustBeRight();
    });
  }
});

/** Not before the handshake's time is over, and then as soon as daemon and program get to it. */
function inTime(time: number): boolean {
  return time >= HANDSHAKE - 100 && time < 2 * HANDSHAKE;
}

/** MiB of memory that a process has. */
function resident(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
