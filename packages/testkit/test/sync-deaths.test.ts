import assert from 'node:assert/strict';
import {
  Cluster,
  Delivery,
  ServiceEngine,
  definePlugin,
  inject,
  struct,
  u32,
  type Infer,
  type SyncView,
  type Synchroniser,
} from '@coterie/sdk';
import { cluster, type SimulatedCluster, type SimulatedPlugin } from '@coterie/testkit';

const Said = struct({ round: u32 });

/** An engine that says something on its turn in each round, and notes whatever is against the rules. */
function witness(service: number, problems: string[]): SimulatedPlugin {
  const name = `witness${service}`;

  @ServiceEngine({ name, service })
  class Witness implements Synchroniser {
    /** Of the round, from its `init` to its `activate` or `abort`. */
    private view: SyncView | undefined;
    readonly sync = this;

    constructor(@inject(Cluster) private readonly cluster: Cluster) {}

    init(view: SyncView): void {
      this.must(this.view === undefined, 'init within a round');
      this.view = view;
    }

    process(): 'done' | 'again' {
      this.must(this.view !== undefined, 'process before init');
      return this.cluster.multicast(0, Said, { round: this.view?.ring.sequence ?? 0 }) ? 'done' : 'again';
    }

    activate(): void {
      this.must(this.view !== undefined, 'activate before init');
      this.view = undefined;
    }

    abort(): void {
      this.must(this.view !== undefined, 'abort before init');
      this.view = undefined;
    }

    /** What was said in a round that was broken off may be heard in the next. */
    @Delivery(0, Said)
    onSaid({ round }: Infer<typeof Said>): void {
      const current = this.cluster.view.ring.sequence;
      this.must(round < current || this.view?.ring.sequence === round, `round ${round} heard outside of it`);
    }

    private must(holds: boolean, problem: string): void {
      if (!holds) problems.push(`node ${this.cluster.nodeId}, ${name}: ${problem}`);
    }
  }
  return { name, plugin: definePlugin({ engines: [Witness] }) };
}

/** Three nodes, of which the third has joined two that were there before it: all have installed the ring. */
async function joined(problems: string[]): Promise<SimulatedCluster> {
  // One turn before cpg's, one behind all others.
  const plugins = [witness(1, problems), witness(2000, problems)];
  const world = cluster({ nodes: 3, seed: 5, plugins });
  world.start(1, 2);
  await world.settled();
  world.start(3);
  assert.ok(await world.runUntil(() => world.alive(3)?.view?.members.length === 3));
  return world;
}

describe('a node that dies while it synchronises', () => {
  it('leaves no engine without init, whatever turn had come (F2)', async () => {
    const problems: string[] = [];
    let turns = 0;
    for (let runs = 0; ; runs++) {
      const world = await joined(problems);
      const { process } = world.node(3);
      const end = process.runs + runs;
      await world.runUntil(() => process.runs >= end);
      if (world.node(3).synchronised) break;
      world.crash(3);
      await world.run(1);
      await world.settled();
      world.start(3);
      await world.settled();
      turns++;
    }
    assert.deepEqual(problems, []);
    assert.ok(turns > 20, `${turns} moments`);
  });
});
