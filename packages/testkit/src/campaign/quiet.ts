import type { SimulatedCluster } from '../simulation/cluster.js';
import { LONGEST_RELOAD } from './draw.js';
import type { Scene } from './scene.js';
import { applyFault } from './apply.js';
import type { Coda } from './coda.js';
import type { Workload } from './workload.js';

/** Virtual milliseconds between looks at conditions that cost something. */
const LOOK_EVERY = 5;
/** `netmtu` of the configuration, bytes. */
const MTU = 1500;
/** Packets that each member sends at most until the engines are synchronised. */
const SYNC_PACKETS = 12;
/** Token timeouts without a change that count as rest. */
const REST = 10;

/**
 * The end of a schedule: nothing disturbs any more, and what should come is waited for, so that the checkers of
 * liveness and rest can judge the end of the trace.
 */
export class Quiet {
  /** The token timeout may have been made so long by a reload. */
  private readonly longest: number;
  /**
   * Consensus takes 1.2 of the token timeout; twice both, a second for joins, and the rotations of the token in which
   * everybody can send what synchronises the engines.
   */
  private readonly patience: number;
  private readonly world: SimulatedCluster;
  private readonly workload: Workload;

  constructor(
    private readonly scene: Scene,
    private readonly coda?: Coda,
  ) {
    this.world = scene.world;
    this.workload = scene.workload;
    this.longest = LONGEST_RELOAD * scene.token;
    const { network, ids } = this.world;
    const rotation = ids.length * (network.latency + network.jitter);
    const rotations = (SYNC_PACKETS * ids.length) / (scene.windowSize ?? 50);
    this.patience = 2 * 2.2 * this.longest + 10 * 50 + 1000 + rotations * rotation;
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
    if (!(await this.stable())) return;
    await this.coda?.run();
    if (!(await this.stable())) return;
    if (!(await this.unlessStuck(() => workload.complete)))
      world.trace.violate('L2', 'not every program is a member, long after the last fault');
    await this.farewell();
    await world.run(REST * this.longest);
    this.audit();
  }

  /**
   * Every member says one thing more; all have to hear it, and so all that came before. One node hears nothing of
   * another's messages itself: a third has to repeat them. (Not one from the node that the token comes to next: that
   * node would answer the requests for its own messages, in vain, before anybody else could.)
   */
  private async farewell(): Promise<void> {
    const { network, ids } = this.world;
    if (ids.length > 2) network.losses.push({ rate: 1, kinds: ['message'], from: ids[0]!, to: ids[1]! });
    for (const program of this.workload.members) program.say(100);
    await this.unlessStuck(() => this.heardAll());
    network.losses.length = 0;
  }

  /** What can be judged of the whole run now: no packet was too long (F2), and nothing was told twice (Q6). */
  private audit(): void {
    const { trace, network } = this.world;
    if (network.longest > MTU)
      trace.violate('F2', `a message was sent in a packet of ${network.longest} bytes`);
    for (const [node, { repeated }] of this.workload.watchers) {
      if (repeated > 0) trace.violate('Q6', `a program of node ${node} heard ${repeated} verdicts again`);
    }
  }

  private stable(): Promise<boolean> {
    return this.world.runUntil(() => this.world.stable, this.patience, LOOK_EVERY);
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
