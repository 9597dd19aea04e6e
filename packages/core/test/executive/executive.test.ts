import assert from 'node:assert/strict';
import {
  CoterieError,
  CsError,
  ServiceEngine,
  definePlugin,
  value,
  type Engine,
  type Plugin,
} from '@coterie/sdk';
import type { Manifest } from '@coterie/sdk/manifest';
import {
  Executive,
  StoredRingId,
  loadConfiguration,
  type Configuration,
  type Ending,
  type LoadedPlugin,
} from '../../dist/index.js';
import { hello, request } from '../ipc/raw-client.js';
import { ManualTime } from '../manual-time.js';
import { RecordedLog } from '../recorded-logs.js';
import { MemoryListener, type MemoryProgram } from './memory-listener.js';
import { SimulatedNetwork } from './simulated-network.js';
import { tallyPlugin, type TallyEngine } from './tally-engine.js';

function configuration(node: number, nodes: number): Configuration {
  const list = Array.from(
    { length: nodes },
    (_, i) => `node {\nring0_addr: 10.0.0.${i + 1}\nnodeid: ${i + 1}\n}\n`,
  );
  const { configuration, problems } = loadConfiguration({
    file: 'corosync.conf',
    text:
      'totem {\nversion: 2\ntransport: sim\ncluster_name: test\ncrypto_cipher: none\ncrypto_hash: none\n}\n' +
      `nodelist {\n${list.join('')}}\n`,
    node: `${node}`,
    host: { hostname: 'test', addresses: [] },
    pluginSchemas: new Map(),
    transports: ['sim'],
  });
  assert.ok(configuration, JSON.stringify(problems));
  return configuration;
}

function loaded(name: string, plugin: Plugin): LoadedPlugin {
  const manifest = { name, kind: 'engine', services: [] as const } as unknown as Manifest;
  return { manifest, packageName: name, version: '1.0.0', plugin };
}

/** One node of the simulated cluster. */
class Node {
  readonly log = new RecordedLog();
  readonly listener = new MemoryListener();
  readonly executive: Executive;
  tally!: TallyEngine;
  ready = false;
  ending: Ending | undefined;

  constructor(
    readonly id: number,
    cluster: Cluster,
    more: readonly Plugin[] = [],
  ) {
    const files = cluster.disk(id);
    const storage = {
      read: (name: string) => files.get(name),
      write: (name: string, bytes: Uint8Array) => {
        if (cluster.fullDisks.has(id)) throw new CoterieError('COTERIE_E_STATE_WRITE', 'disk full');
        files.set(name, bytes.slice());
      },
    };
    const plugins = [
      loaded('sim', cluster.network.plugin()),
      loaded(
        'tally',
        tallyPlugin((engine) => (this.tally = engine)),
      ),
      ...more.map((plugin, index) => loaded(`more${index}`, plugin)),
    ];
    this.executive = new Executive(configuration(id, cluster.size), plugins, {
      ...{ clock: cluster.time, timers: cluster.time, storage, listener: this.listener, uid: 0 },
      random: { below: (bound) => (id * 7) % bound },
      ringIds: new StoredRingId(storage, id, this.log),
      logs: () => this.log,
    });
    void this.executive.ready.then(() => (this.ready = true));
    void this.executive.ended.then((ending) => (this.ending = ending));
  }

  connect(): MemoryProgram {
    const program = this.listener.connect();
    program.send(hello(1027));
    return program;
  }
}

class Cluster {
  readonly time = new ManualTime();
  readonly network = new SimulatedNetwork(this.time);
  readonly fullDisks = new Set<number>();
  private readonly disks = new Map<number, Map<string, Uint8Array>>();

  constructor(readonly size: number) {}

  disk(id: number): Map<string, Uint8Array> {
    const files = this.disks.get(id) ?? new Map<string, Uint8Array>();
    this.disks.set(id, files);
    return files;
  }

  async start(...ids: number[]): Promise<Node[]> {
    const nodes = ids.map((id) => new Node(id, this));
    for (const { executive } of nodes) await executive.start();
    return nodes;
  }

  /** Until all are synchronised in one ring of exactly them. */
  together(nodes: readonly Node[]): Promise<void> {
    const wanted = nodes.map(({ id }) => id).join(' ');
    return this.network.until(`ring of ${wanted}`, () => {
      // A dump costs more than a millisecond of the ring.
      if (this.time.now() % 10 !== 0) return false;
      return nodes.every((node) => {
        const { open, synchronising, members } = node.executive.dump() as {
          open: boolean;
          synchronising: boolean;
          members: number[];
        };
        return open && !synchronising && members.join(' ') === wanted;
      });
    });
  }
}

@ServiceEngine({ name: 'broken', service: 2000 })
class Broken implements Engine {
  start(): void {
    throw new Error('cannot start');
  }
}

function add(amount: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32LE(amount, 0);
  return request(0, body);
}

describe('executives of one process', () => {
  it('form a ring, serve programs and agree', async () => {
    const cluster = new Cluster(3);
    const nodes = await cluster.start(1, 2, 3);
    await cluster.together(nodes);
    assert.ok(nodes.every(({ ready }) => ready));
    const programs = nodes.map((node) => node.connect());
    for (const [index, program] of programs.entries()) {
      for (let i = 0; i < 20; i++) program.send(add(10 ** index));
    }
    await cluster.network.until('all sums', () => nodes.every(({ tally }) => tally.heardFrom.length === 60));
    for (const { tally } of nodes) {
      assert.equal(tally.total, 2220);
      assert.deepEqual(tally.heardFrom, nodes[0]?.tally.heardFrom);
    }
    // Welcome of 40 bytes, 20 answers of 24, 60 events of 28.
    for (const { received } of programs) assert.equal(received.length, 40 + 20 * 24 + 60 * 28);
  });

  it('lets nobody in before it has synchronised', async () => {
    const cluster = new Cluster(2);
    const [node] = await cluster.start(1);
    assert.ok(node);
    const early = node.connect();
    await cluster.network.until('the refusal', () => early.ended);
    assert.equal(early.received.readInt32LE(16), CsError.TRY_AGAIN);
    await cluster.network.until('ready', () => node.ready);
    const late = node.connect();
    await cluster.network.until('the welcome', () => late.received.length === 40);
    assert.equal(late.received.readInt32LE(16), CsError.OK);
  });

  it('hand what they agreed on to those who come later, and merge after a partition', async () => {
    const cluster = new Cluster(3);
    const nodes = await cluster.start(1, 2);
    await cluster.together(nodes);
    nodes[0]?.connect().send(add(5));
    await cluster.network.until('the sum', () => nodes.every(({ tally }) => tally.total === 5));
    nodes.push(...(await cluster.start(3)));
    await cluster.together(nodes);
    assert.equal(nodes[2]?.tally.total, 5);

    cluster.network.link = (from, to) => (from === 3) === (to === 3);
    await cluster.together(nodes.slice(0, 2));
    await cluster.together(nodes.slice(2));
    nodes[1]?.connect().send(add(7));
    await cluster.network.until('the sum', () => nodes[0]?.tally.total === 12);
    assert.equal(nodes[2]?.tally.total, 5);
    cluster.network.link = () => true;
    await cluster.together(nodes);
    assert.deepEqual(
      nodes.map(({ tally }) => tally.total),
      [12, 12, 12],
    );
  });

  it('leave without making the others wait, and come back under a new ring identity', async () => {
    const cluster = new Cluster(3);
    const nodes = await cluster.start(1, 2, 3);
    await cluster.together(nodes);
    const program = nodes[2]?.connect();
    const ending = await nodes[2]?.executive.leave('enough');
    assert.deepEqual(ending, { kind: 'asked', reason: 'enough' });
    assert.equal(nodes[2]?.tally.stopped, true);
    assert.equal(program?.ended, true);
    const left = cluster.time.now();
    await cluster.together(nodes.slice(0, 2));
    assert.ok(cluster.time.now() - left < 1000);
    const before = nodes[0]?.executive.dump()['ring'];
    nodes.splice(2, 1, ...(await cluster.start(3)));
    await cluster.together(nodes);
    assert.notEqual(nodes[0]?.executive.dump()['ring'], before);
  });

  it('let the others hear the last words of one that leaves', async () => {
    const cluster = new Cluster(3);
    const nodes = await cluster.start(1, 2, 3);
    await cluster.together(nodes);
    const [first, , last] = nodes;
    assert.ok(first && last);
    last.tally.lastWord = 42;
    void last.executive.leave('enough');
    await cluster.network.until('the end', () => last.ending !== undefined);
    await cluster.together(nodes.slice(0, 2));
    assert.equal(first.tally.total, 42);
  });

  it('stay in the ring until what may not go on without it has ended', async () => {
    const cluster = new Cluster(2);
    const [first, last] = (await cluster.start(1, 2)) as [Node, Node];
    await cluster.together([first, last]);
    let quiet = () => {};
    last.tally.quiet = new Promise((resolve) => (quiet = resolve));
    const program = last.connect();
    void last.executive.leave('enough');
    program.send(add(5));
    await cluster.network.until('the sum', () => first.tally.total === 5);
    assert.equal(program.ended, false);
    quiet();
    await cluster.network.until('the end', () => last.ending !== undefined);
    assert.equal(program.ended, true);
    await cluster.together([first]);
  });

  it('do not wait for what has not ended when something fails, or after 90 seconds', async () => {
    const cluster = new Cluster(2);
    const [failing, stuck] = (await cluster.start(1, 2)) as [Node, Node];
    await cluster.together([failing, stuck]);
    for (const { tally } of [failing, stuck]) tally.quiet = new Promise(() => {});
    void failing.executive.leave('enough');
    void stuck.executive.leave('enough');
    await cluster.together([failing, stuck]);
    void failing.executive.fail(new Error('disk'));
    await cluster.network.until('the end of one', () => failing.ending !== undefined);
    assert.equal(stuck.ending, undefined);
    const asked = cluster.time.now();
    await cluster.network.until('the end of the other', () => stuck.ending !== undefined, 91_000);
    assert.ok(cluster.time.now() - asked > 80_000);
    assert.ok(
      stuck.log.lines.some(({ message }) => message.includes('quiescing tally took longer than 90000 ms')),
    );
  });

  it('go on without one that died', async () => {
    const cluster = new Cluster(3);
    const nodes = await cluster.start(1, 2, 3);
    await cluster.together(nodes);
    cluster.network.kill(1);
    await cluster.together(nodes.slice(1));
    const { database } = nodes[1]?.executive ?? assert.fail();
    assert.equal(database.get('runtime.members.1.status')?.value, 'left');
    assert.equal(database.get('runtime.members.3.status')?.value, 'joined');
    assert.equal(database.get('runtime.members.3.join_count')?.value, 1);
    assert.equal(database.get('runtime.members.3.ip')?.value, 'r(0) ip(10.0.0.3) ');
  });

  it('show their counters and services in the database', async () => {
    const cluster = new Cluster(1);
    const [node] = await cluster.start(1);
    assert.ok(node);
    await cluster.network.until('ready', () => node.ready);
    node.connect().send(add(1));
    await cluster.network.until('the sum', () => node.tally.total === 1);
    const { database } = node.executive;
    await cluster.network.until('the count', () => database.get('runtime.services.tally.0.tx')?.value === 1n);
    assert.equal(database.get('runtime.services.tally.service_id')?.value, 1027);
    assert.equal(database.get('runtime.services.tally.0.rx')?.value, 1n);
    assert.ok(Number(database.get('stats.srp.operational_entered')?.value) >= 1);
    assert.equal(database.get('stats.ipcs.global.active')?.value, 1n);
    assert.deepEqual(database.get('totem.cluster_name')?.value, 'test');
  });

  it('form their ring anew when a client wants it', async () => {
    const cluster = new Cluster(2);
    const nodes = await cluster.start(1, 2);
    await cluster.together(nodes);
    const { database } = nodes[0]?.executive ?? assert.fail();
    const force = () => database.get('runtime.force_gather')?.value;
    const rings = () => nodes.map(({ executive }) => executive.dump().ring as string);
    const before = rings()[0];
    assert.equal(force(), 'no');
    database.set('runtime.force_gather', value.string('yes'));
    assert.equal(force(), 'no');
    await cluster.network.until('the next ring', () => !rings().includes(before!));
    await cluster.together(nodes);
  });

  it('say when they were paused', async () => {
    const cluster = new Cluster(1);
    const [node] = await cluster.start(1);
    assert.ok(node);
    await cluster.network.until('ready', () => node.ready);
    cluster.time.stall(30_000);
    assert.ok(
      node.log.lines.some(({ level, message }) => level === 'warn' && /paused (29|30)\d{3} ms/.test(message)),
    );
    assert.ok(Number(node.executive.database.get('stats.schedmiss.0.delay')?.value) > 29_000);
  });

  it('end when an engine wants it', async () => {
    const cluster = new Cluster(1);
    const [node] = await cluster.start(1);
    assert.ok(node);
    await cluster.network.until('ready', () => node.ready);
    node.connect().send(request(1, Buffer.alloc(4)));
    await cluster.network.until('the end', () => node.ending !== undefined);
    assert.deepEqual(node.ending, { kind: 'engine', reason: 'a client wants it' });
  });

  it('end rather than form a ring whose identity cannot be stored', async () => {
    const cluster = new Cluster(2);
    const [node] = await cluster.start(1);
    assert.ok(node);
    await cluster.network.until('ready', () => node.ready);
    const stored = cluster.disk(1).get('ringid_1');
    cluster.fullDisks.add(1);
    const [other] = await cluster.start(2);
    await cluster.network.until('the end', () => node.ending !== undefined);
    assert.equal(node.ending?.kind, 'failure');
    assert.equal(node.ending?.reason, 'COTERIE_E_STATE_WRITE');
    assert.equal(cluster.disk(1).get('ringid_1'), stored);
    assert.ok(other);
    await cluster.together([other]);
  });

  it('stop what has started when something else cannot start', async () => {
    const cluster = new Cluster(1);
    const node = new Node(1, cluster, [definePlugin({ engines: [Broken] })]);
    await assert.rejects(() => node.executive.start(), /cannot start/);
    assert.equal(node.tally.stopped, true);
    assert.throws(() => node.listener.connect());
  });

  it('tell what happened lately, in a form that JSON can hold', async () => {
    const cluster = new Cluster(2);
    const nodes = await cluster.start(1, 2);
    await cluster.together(nodes);
    const dump = JSON.parse(JSON.stringify(nodes[0]?.executive.dump())) as {
      transitions: { what: string; members?: number[] }[];
      engines: Record<string, unknown>;
    };
    const regular = dump.transitions.filter(({ what }) => what === 'regular configuration');
    assert.deepEqual(regular.at(-1)?.members, [1, 2]);
    assert.ok(dump.transitions.some(({ what }) => what === 'gather'));
    assert.ok('tally' in dump.engines);
  });
});
