import assert from 'node:assert/strict';
import {
  Cluster,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  definePlugin,
  inject,
  u64,
  u8,
} from '@coterie/sdk';
import { CpgProgram, QuorumProgram, cluster, type SimulatedCluster } from '@coterie/testkit';

const CPG = 2;
const VERSIONED = 2000;

/** The first version of an engine cannot read what the second sends. */
@ServiceEngine({ name: 'versioned', service: VERSIONED })
class First {
  heard = 0;

  @Delivery(0, u64)
  hear(): void {
    this.heard++;
  }
}

@ServiceEngine({ name: 'versioned', service: VERSIONED })
class Second {
  heard = 0;

  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  @Request(0, u8, { flowControl: true, oneWay: true })
  say(value: number): void {
    this.cluster.multicast(0, u8, value);
  }

  @Delivery(0, u8)
  hear(): void {
    this.heard++;
  }
}

const first = { name: 'versioned', plugin: definePlugin({ engines: [First] }) };
const second = { name: 'versioned', plugin: definePlugin({ engines: [Second] }) };

async function started(nodes: number, seed = 1): Promise<SimulatedCluster> {
  const c = cluster({ nodes, seed });
  c.start();
  await c.settled();
  return c;
}

function membersOf(c: SimulatedCluster): string[] {
  return c.nodes.map(({ view }) => view?.members.join(' ') ?? '');
}

/** A program on each node, all in one group. */
async function programs(c: SimulatedCluster): Promise<CpgProgram[]> {
  const all = c.nodes.map((node) => new CpgProgram(c, node, 'g', 100 + node.id));
  assert.ok(await c.runUntil(() => all.every(({ members }) => members.length === all.length), 5000));
  return all;
}

describe('a simulated cluster', () => {
  it('forms a ring, goes on without a member, and takes it back', async () => {
    const c = await started(3);
    c.crash(2);
    await c.settled();
    assert.deepEqual(membersOf(c), ['1 3', '1 3']);
    c.start(2);
    await c.settled();
    assert.deepEqual(membersOf(c), ['1 2 3', '1 2 3', '1 2 3']);
    assert.equal(c.node(2).life, 2);
  });

  it('splits and merges', async () => {
    const c = await started(4);
    c.partition([1, 2], [3, 4]);
    await c.settled();
    assert.deepEqual(membersOf(c), ['1 2', '1 2', '3 4', '3 4']);
    c.heal();
    await c.settled();
    assert.deepEqual(membersOf(c), Array(4).fill('1 2 3 4'));
  });

  it('carries messages of programs to all members of their group', async () => {
    const c = await started(3);
    const all = await programs(c);
    for (const program of all) for (let i = 0; i < 20; i++) assert.ok(program.say(1000 * i));
    const heard = ({ heardLast }: CpgProgram) => all.every(({ pid }) => heardLast.get(pid) === 20);
    assert.ok(await c.runUntil(() => all.every(heard), 5000));
  });

  it('tells programs about quorum', async () => {
    const c = await started(3);
    const watchers = c.nodes.map((node) => new QuorumProgram(c, node));
    c.partition([1], [2, 3]);
    await c.settled();
    await c.run(100);
    assert.deepEqual(
      watchers.map(({ verdict }) => verdict?.quorate),
      [false, true, true],
    );
  });

  it('lets a node say goodbye, which takes no token timeout', async () => {
    const c = await started(3);
    const before = c.now;
    c.leave(3);
    assert.ok(await c.runUntil(() => c.nodes.length === 2, 1000));
    await c.settled();
    assert.ok(c.now - before < 500, `${c.now - before} ms`);
  });

  it('refuses programs before the first synchronisation, and ends them with their daemon', async () => {
    const c = cluster({ nodes: 2 });
    c.start();
    assert.equal(c.node(1).connect(CPG).refused?.error, CsError.TRY_AGAIN);
    await c.settled();
    const client = c.node(1).connect(CPG);
    assert.equal(client.refused, undefined);
    c.crash(1);
    assert.equal(client.closed, 'lost');
  });

  it('holds what comes to a paused node until it goes on', async () => {
    const c = await started(3);
    c.node(2).process.pause(5000);
    assert.ok(await c.runUntil(() => c.node(1).view?.members.join(' ') === '1 3', 4900));
    assert.equal(c.node(2).view?.members.join(' '), '1 2 3');
    await c.run(5000);
    await c.settled();
    assert.deepEqual(membersOf(c), Array(3).fill('1 2 3'));
  });

  it('lets a stalled node notice it by its clock', async () => {
    const c = await started(2);
    c.node(1).process.stall(3000);
    await c.run(10_000);
    assert.ok(c.node(1).log.some((line) => /paused [23]\d{3} ms/.test(line)));
  });

  it('ends a node whose disk is full when it has to store a ring id', async () => {
    const c = await started(2);
    c.disk(1).full = true;
    c.crash(2);
    assert.ok(await c.runUntil(() => c.nodes.length === 0, 5000));
    c.disk(1).full = false;
    c.start();
    await c.settled();
  });

  it('restarts a node in one call, with its ring id or without', async () => {
    const c = await started(3);
    for (const options of [{}, { ringId: 'missing' }, { ringId: 'short' }, { ringId: 'older' }] as const) {
      c.restart(2, options);
      await c.settled();
      assert.deepEqual(membersOf(c), Array(3).fill('1 2 3'));
    }
    assert.equal(c.node(2).life, 5);
    // Only who has stored nothing starts counting again.
    const stored = c.disk(2).read('ringid_2');
    c.crash(2);
    c.disk(2).damageRingId('older');
    assert.notDeepEqual(c.disk(2).read('ringid_2'), stored);
  });

  it('loses packets of a kind, of a size and in a direction', async () => {
    const c = await started(3);
    const all = await programs(c);
    c.network.losses.push({ rate: 1, from: 1, to: 2, kinds: ['message'], largerThan: 300 });
    for (let i = 0; i < 10; i++) all[0]?.say(1000);
    // Somebody else sends again what does not get through.
    assert.ok(await c.runUntil(() => all[1]?.heardLast.get(101) === 10, 5000));
  });

  it('does not let a program that does not read hold up the others', async () => {
    const c = await started(2);
    const all = await programs(c);
    all[1]?.client.read(Infinity);
    for (let i = 0; i < 100; i++) all[0]?.say(20_000);
    assert.ok(await c.runUntil(() => all[0]?.heardLast.get(101) === 100, 20_000));
    assert.equal(all[1]?.heardLast.get(101), undefined);
    all[1]?.client.read(0);
    await c.run(10);
    assert.equal(all[1]?.heardLast.get(101), 100);
  });

  it('reads a changed configuration everywhere', async () => {
    const c = await started(2);
    c.reload({ totem: { token: 400 } });
    // Timers that run keep their time.
    await c.run(1000);
    c.crash(2);
    const before = c.now;
    await c.settled();
    assert.ok(c.now - before < 1000, `${c.now - before} ms`);
    assert.throws(() => c.reload({ totem: { token: 1 } }), /totem.token/);
  });

  it('lets nodes differ in the version of their configuration: who starts with an older one ends', async () => {
    const c = cluster({ nodes: 3, config: { totem: { config_version: 1 } } });
    c.start();
    await c.settled();
    c.reload({ totem: { config_version: 2 } }, 1, 2);
    await c.run(1000);
    assert.equal(c.nodes.length, 3);
    c.restart(3);
    const third = c.node(3);
    assert.ok(await c.runUntil(() => !third.alive, 10_000));
    assert.match(third.ending?.reason ?? '', /config_version 1 of this node is older than 2/);
    c.reload({ totem: { config_version: 2 } }, 3);
    c.start(3);
    await c.settled();
  });

  it('runs different versions of an engine beside each other, as while they are upgraded one by one', async () => {
    const upgraded = new Set([1]);
    const c = cluster({ nodes: 3, plugins: (id) => [upgraded.has(id) ? second : first] });
    c.start();
    await c.settled();
    const heard = () =>
      c.nodes.map(
        ({ id }) => (upgraded.has(id) ? c.node(id).engine(Second) : c.node(id).engine(First)).heard,
      );
    c.node(1).connect(VERSIONED).request(0, u8, 1);
    // What the old version cannot read is dropped and counted there.
    assert.ok(await c.runUntil(() => heard()[0] === 1, 1000));
    await c.run(100);
    assert.deepEqual(heard(), [1, 0, 0]);
    upgraded.add(2).add(3);
    for (const id of [2, 3]) {
      c.restart(id);
      await c.settled();
    }
    c.node(1).connect(VERSIONED).request(0, u8, 1);
    assert.ok(await c.runUntil(() => heard().join(' ') === '2 1 1', 1000));
  });

  it('needs no more than two of three links', async () => {
    const c = cluster({ nodes: 3 });
    c.network.cut(1, 3);
    c.start();
    const pairs = () => c.nodes.every(({ view }) => view !== undefined && view.members.length <= 2);
    assert.ok(await c.runUntil(pairs, 10_000));
    c.heal();
    await c.settled();
  });
});
