import assert from 'node:assert/strict';
import {
  Cluster,
  Nodelist,
  QuorumControl,
  ServiceEngine,
  definePlugin,
  inject,
  type Engine,
  type Synchroniser,
} from '@coterie/sdk';
import { Prng, QuorumChecker, QuorumProgram, cluster, type SimulatedCluster } from '@coterie/testkit';

/** Quorate is who can see node 1. */
@ServiceEngine({ name: 'beacon', service: 1500 })
class Beacon implements Engine {
  readonly active: boolean;
  readonly sync: Synchroniser = {
    init: () => undefined,
    process: () => 'done',
    activate: () => this.control.set(this.cluster.view.members.includes(1), 'node 1 decides'),
    abort: () => undefined,
  };

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(QuorumControl) private readonly control: QuorumControl,
    @inject(Nodelist) _nodelist: Nodelist,
  ) {
    this.active = control.provide('beacon');
  }
}

const beacon = { name: 'beacon', plugin: definePlugin({ engines: [Beacon] }) };

function watch(c: SimulatedCluster): Map<number, QuorumProgram> {
  return new Map(c.nodes.map((node) => [node.id, new QuorumProgram(c, node)]));
}

function quorate(programs: Map<number, QuorumProgram>): number[] {
  return [...programs].filter(([, { verdict }]) => verdict?.quorate).map(([id]) => id);
}

describe('a quorum provider', () => {
  it('of a third party decides, and clients of the quorum service hear it', async () => {
    const c = cluster({ nodes: 4, plugins: [beacon], config: { quorum: { provider: 'beacon' } } });
    c.start();
    await c.settled();
    const programs = watch(c);
    assert.ok(await c.runUntil(() => quorate(programs).length === 4));
    c.partition([1, 2], [3, 4]);
    await c.settled();
    assert.ok(await c.runUntil(() => quorate(programs).join() === '1,2'));
    c.heal();
    await c.settled();
    assert.ok(await c.runUntil(() => quorate(programs).length === 4));
  });

  it('that nobody is, is refused', async () => {
    const c = cluster({ nodes: 1, config: { quorum: { provider: 'beacon' } } });
    c.start();
    await c.run(10);
    assert.equal(c.alive(1), undefined);
    assert.match(c.trace.text(), /COTERIE_E_QUORUM_PROVIDER|quorum\.provider names beacon/);
  });

  it('corosync_ykd: the majority of a majority goes on, the others do not', async () => {
    const c = cluster({ nodes: 5, config: { quorum: { provider: 'corosync_ykd' } } });
    c.start();
    await c.settled();
    const programs = watch(c);
    assert.ok(await c.runUntil(() => quorate(programs).length === 5));
    c.partition([1, 2, 3], [4, 5]);
    await c.settled();
    assert.ok(await c.runUntil(() => quorate(programs).join() === '1,2,3'));
    c.partition([2, 3], [1, 4, 5]);
    await c.settled();
    assert.ok(await c.runUntil(() => quorate(programs).join() === '2,3'), quorate(programs).join());
  });

  for (let seed = 1; seed <= 20; seed++) {
    it(`corosync_ykd: never makes two parts primary (seed ${seed})`, async () => {
      const random = new Prng(seed);
      const c = cluster({
        nodes: 5,
        seed,
        config: { quorum: { provider: 'corosync_ykd' }, totem: { token: 300 } },
      });
      c.trace.attach(new QuorumChecker());
      c.start();
      let programs = new Map<number, QuorumProgram>();
      const look = () => {
        for (const node of c.nodes)
          if (node.synchronised && programs.get(node.id)?.client.connected !== true)
            programs.set(node.id, new QuorumProgram(c, node));
      };
      for (let step = 0; step < 12; step++) {
        const id = random.pick(c.ids);
        if (random.chance(0.5)) {
          const side = c.ids.filter(() => random.chance(0.5));
          c.partition(
            side,
            c.ids.filter((node) => !side.includes(node)),
          );
        } else if (random.chance(0.5)) c.heal();
        else if (c.alive(id) === undefined) c.start(id);
        else c.crash(id);
        await c.run(random.between(0, 2000));
        look();
      }
      c.heal();
      for (const id of c.ids) if (c.alive(id) === undefined) c.start(id);
      await c.settled();
      look();
      assert.ok(await c.runUntil(() => quorate(programs).length === 5), quorate(programs).join());
      assert.deepEqual(c.trace.finish(), []);
      programs = new Map();
    });
  }
});
