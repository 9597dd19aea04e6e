import { sameRing } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { CpgProgram } from '../simulation/cpg-program.js';
import { revive } from './schedule.js';
import type { Workload } from './workload.js';

/** Token timeouts without a change that count as rest. */
const REST = 10;

/**
 * The end of a schedule: nothing disturbs any more. L1: all nodes find one ring in bounded time; L2: everybody
 * hears everything that is said, and lists of members and quorum are right; L3: nothing changes any more.
 */
export class Quiet {
  private readonly patience: number;

  constructor(
    private readonly world: SimulatedCluster,
    private readonly workload: Workload,
    token: number,
  ) {
    // A reload may have made the token timeout up to 1.4 times as long; consensus is 1.2 of it.
    const longest = 1.4 * token;
    this.patience = 2 * 2.2 * longest + 10 * 50 + 1000;
    this.rest = REST * longest;
  }

  private readonly rest: number;

  async run(): Promise<void> {
    const { world, workload } = this;
    world.note('quiet');
    world.network.calm();
    workload.rest();
    const awake = () => world.nodes.every(({ process }) => !process.paused);
    await world.runUntil(awake);
    for (const id of world.ids) {
      world.disk(id).full = world.disk(id).syncFails = false;
      if (world.alive(id) === undefined) revive(world, id);
    }
    const since = world.now;
    if (!(await world.runUntil(() => world.stable, this.patience))) {
      this.violated('L1', `no ring of all ${this.patience.toFixed(0)} ms after the last fault`);
      return;
    }
    const rings = this.rings();
    if (!(await world.runUntil(() => workload.complete, this.patience)))
      this.violated(
        'L2',
        `not every program is a member ${(world.now - since).toFixed(0)} ms after the last fault`,
      );
    await this.farewell();
    await world.run(this.rest);
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
    if (await this.world.runUntil(() => lacking() === undefined, this.patience)) return;
    const { hearer, sender } = lacking()!;
    const last = hearer.heardLast.get(sender.pid) ?? 0;
    this.violated('L2', `${hearer.pid} heard ${last} of ${sender.pid}'s ${sender.sent} messages`);
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
      const { view } = this.world.node(id);
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
