import type { SimulatedCluster } from '../simulation/cluster.js';
import { LONGEST_RELOAD } from './draw.js';
import type { Scene } from './scene.js';
import { applyFault } from './apply.js';
import type { Workload } from './workload.js';

/** Virtual milliseconds between looks at conditions that cost something. */
const LOOK_EVERY = 5;
/** Token timeouts without a change that count as rest. */
const REST = 10;

/**
 * The end of a schedule: nothing disturbs any more, and what should come is waited for, so that the checkers of
 * liveness and rest can judge the end of the trace.
 */
export class Quiet {
  /** The token timeout may have been made so long by a reload. */
  private readonly longest: number;
  /** Consensus takes 1.2 of the token timeout; twice both, and a second for joins. */
  private readonly patience: number;
  private readonly world: SimulatedCluster;
  private readonly workload: Workload;

  constructor(private readonly scene: Scene) {
    this.world = scene.world;
    this.workload = scene.workload;
    this.longest = LONGEST_RELOAD * scene.token;
    this.patience = 2 * 2.2 * this.longest + 10 * 50 + 1000;
  }

  async run(): Promise<void> {
    const { world, workload } = this;
    world.note('calm');
    world.network.calm();
    workload.rest();
    for (const { process } of world.nodes) process.stall(0);
    for (const id of world.ids) world.disk(id).full = world.disk(id).syncFails = false;
    await world.runUntil(() => world.nodes.every(({ process }) => !process.paused));
    // A token that was lost before is missed only now.
    await world.run(this.longest);
    for (const node of world.ids) applyFault({ kind: 'start', node }, this.scene);
    world.trace.record(0, 0, { kind: 'quiet', patience: this.patience });
    if (!(await world.runUntil(() => world.stable, this.patience, LOOK_EVERY))) return;
    if (!(await this.unlessStuck(() => workload.complete)))
      world.trace.violate('L2', 'not every program is a member, long after the last fault');
    // Every member says one thing more; all have to hear it, and so all that came before.
    for (const program of workload.members) program.say(100);
    await this.unlessStuck(() => this.heardAll());
    await world.run(REST * this.longest);
  }

  private heardAll(): boolean {
    const { members } = this.workload;
    return members.every(({ group, heardLast }) =>
      members.every((from) => from.group !== group || heardLast.get(from.pid) === from.sent),
    );
  }

  /** Waits for the condition as long as programs hear something: there may be much that has to come first. */
  private async unlessStuck(condition: () => boolean): Promise<boolean> {
    const heard = () => this.world.trace.events.findLastIndex(({ kind }) => kind === 'hear');
    let last: number;
    do {
      last = heard();
      if (await this.world.runUntil(condition, this.patience, LOOK_EVERY)) return true;
    } while (heard() > last);
    return false;
  }
}
