import { sameRing } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { CpgProgram } from '../simulation/cpg-program.js';
import { LONGEST_RELOAD } from './draw.js';
import type { Scene } from './scene.js';
import { applyFault } from './apply.js';
import type { Workload } from './workload.js';

/** Virtual milliseconds between looks at conditions that cost something. */
const LOOK_EVERY = 5;
/** Token timeouts without a change that count as rest. */
const REST = 10;

/**
 * The end of a schedule: nothing disturbs any more. L1: all nodes find one ring in bounded time; L2: everybody
 * hears everything that is said, and lists of members and quorum are right; L3: nothing changes any more.
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
    world.note('quiet');
    world.network.calm();
    workload.rest();
    for (const { process } of world.nodes) process.stall(0);
    for (const id of world.ids) world.disk(id).full = world.disk(id).syncFails = false;
    await world.runUntil(() => world.nodes.every(({ process }) => !process.paused));
    // A token that was lost before is missed only now.
    await world.run(this.longest);
    for (const node of world.ids) applyFault({ kind: 'start', node }, this.scene);
    const since = world.now;
    if (!(await world.runUntil(() => world.stable, this.patience, LOOK_EVERY))) {
      this.violated('L1', `no ring of all ${this.patience.toFixed(0)} ms after the last fault`);
      return;
    }
    const rings = this.rings();
    if (!(await this.unlessStuck(() => workload.complete)))
      this.violated(
        'L2',
        `not every program is a member ${(world.now - since).toFixed(0)} ms after the last fault`,
      );
    await this.farewell();
    await world.run(REST * this.longest);
    if (this.rings() !== rings || !world.stable) this.violated('L3', 'the ring changed without a fault');
    this.audit();
  }

  /** Every member says one thing more; all have to hear it, and so all that came before. */
  private async farewell(): Promise<void> {
    const { members } = this.workload;
    for (const program of members) program.say(100);
    const lacking = () => {
      for (const hearer of members) {
        const sender = members.find((each) => each.group === hearer.group && !heardAll(hearer, each));
        if (sender !== undefined) return { hearer, sender };
      }
      return undefined;
    };
    if (await this.unlessStuck(() => lacking() === undefined)) return;
    const { hearer, sender } = lacking()!;
    const last = hearer.heardLast.get(sender.pid) ?? 0;
    this.violated('L2', `${hearer.pid} heard ${last} of ${sender.pid}'s ${sender.sent} messages`);
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

  /** Who is listed is there, who is there is listed, and everybody knows. */
  private audit(): void {
    const { members, watchers } = this.workload;
    for (const program of members) {
      const expected = members
        .filter(({ group }) => group === program.group)
        .map(({ node, pid }) => `${node.id}:${pid}`);
      const listed = program.members.map(({ nodeId, pid }) => `${nodeId}:${pid}`);
      if (expected.sort().join(' ') !== listed.sort().join(' '))
        this.violated(
          'C7',
          `${program.pid} knows the members ${listed.join(' ')} instead of ${expected.join(' ')}`,
        );
    }
    for (const [id, { verdict }] of watchers) {
      const view = this.world.alive(id)?.view;
      if (verdict === undefined || view === undefined || !sameRing(verdict.ring, view.ring))
        this.violated('Q4', `quorum of node ${id} is not about its ring`);
      else if (!verdict.quorate) this.violated('Q4', `node ${id} is not quorate with everybody there`);
    }
  }

  private rings(): string {
    return this.world.trace.events.filter(({ kind }) => kind === 'regular').length.toString();
  }

  private violated(property: string, message: string): void {
    this.world.trace.violate(property, message);
  }
}

function heardAll(hearer: CpgProgram, { pid, sent }: CpgProgram): boolean {
  return hearer.heardLast.get(pid) === sent;
}
