import type { NodeId } from '@coterie/sdk';
import { sameNodes } from '../check/rings.js';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { Scene } from './scene.js';
import type { Workload } from './workload.js';

/** The token and consensus timeouts, in token timeouts. */
const TIMEOUTS = 2.2;
/** Share of the token timeout in which a ring is there whose members need not wait for any timeout. */
const PROMPT = 0.7;
/** Joins that may have to be sent, one after the other, before all know of each other. */
const JOINS = 4;
/** Rotations of the token that recovery from losses may take, and milliseconds that each node takes in all of them. */
const RECOVERY = 60;
const HANDLING = 100;
/** Messages that each program sends in vain, bytes of each, and milliseconds before the fault in which half get lost. */
const SAID = 4;
const SIZE = 1000;
const LOSSY = 20;

/**
 * Once a schedule has come to rest: either two parts of the cluster are cut off and find each other again, or a node
 * crashes, another says goodbye, and they come back. All have to notice in time (L4): a crash within the token and
 * consensus timeouts, what a node says at once.
 */
export class Coda {
  private readonly world: SimulatedCluster;
  private readonly workload: Workload;
  private readonly token: number;
  /** Milliseconds in which a ring is there after a crash, and parts have found each other. */
  private readonly slow: number;
  /** Milliseconds in which a ring is there whose members need not wait for any timeout. */
  private readonly prompt: number;

  constructor({ world, workload, token, sendJoin = 0 }: Scene) {
    this.world = world;
    this.workload = workload;
    this.token = token;
    this.slow = TIMEOUTS * token + 1000 + (RECOVERY * world.network.latency + HANDLING) * world.ids.length;
    this.prompt = PROMPT * token + JOINS * sendJoin;
  }

  async run(): Promise<void> {
    const { ids, trace } = this.world;
    if (ids.length < 2) return;
    // Any choice is good that the same seed makes again.
    const lot = trace.events.length;
    const nth = (i: number) => ids[(Math.floor(lot / 3) + i) % ids.length]!;
    const [first, second, third] = [nth(0), nth(1), nth(2)];
    this.world.reload({ totem: { token: this.token } });
    if (lot % 3 === 0) return this.merge();
    if (ids.length === 2 && lot % 3 === 1) await this.leave(first);
    else await this.crash(first, ids.length > 3 ? third : undefined);
    if (ids.length > 2) {
      // Who is gone already must not hold the others up.
      await this.leave(second);
      await this.start(second);
    }
    if (ids.length > 3) await this.start(third);
    await this.start(first);
  }

  /** Two parts find each other, each with messages that have not come everywhere. */
  private async merge(): Promise<void> {
    const { network, ids } = this.world;
    this.world.note('partition');
    network.partition(
      ids.filter((_, i) => i % 2 === 0),
      ids.filter((_, i) => i % 2 === 1),
    );
    await this.world.runUntil(() => this.world.stable, this.slow);
    await this.talkInVain();
    this.world.note('heal');
    network.heal();
    await this.expect(this.slow, 'the network has healed');
    network.losses.length = 0;
  }

  /** Recovery has something to do then; in the middle of it the `next` one crashes. */
  private async crash(node: NodeId, next: NodeId | undefined): Promise<void> {
    const { world } = this;
    await this.talkInVain();
    world.note(`crash ${node}`);
    world.crash(node);
    if (next !== undefined) {
      await world.runUntil(() => world.nodes.some(({ state }) => state === 'recovery'), this.slow);
      world.note(`crash ${next}`);
      world.crash(next);
    }
    await this.expect(this.slow, `the crash of ${next ?? node}`);
    world.network.losses.length = 0;
  }

  /** Much of what is said has not come everywhere in the end, and messages go on getting lost. */
  private async talkInVain(): Promise<void> {
    this.world.network.losses.push({ rate: 0.5, kinds: ['message'] });
    for (const program of this.workload.members) {
      for (let said = 0; said < SAID; said++) program.say(SIZE);
    }
    await this.world.run(LOSSY);
  }

  private async leave(node: NodeId): Promise<void> {
    const { world } = this;
    world.note(`leave ${node}`);
    world.leave(node);
    await world.runUntil(() => world.alive(node) === undefined, this.token);
    await this.expect(this.prompt, `the goodbye of ${node}`);
  }

  private async start(node: NodeId): Promise<void> {
    this.world.note(`start ${node}`);
    this.world.start(node);
    await this.expect(this.prompt, `the start of ${node}`);
  }

  /** A ring of all that are up within `limit` milliseconds. */
  private async expect(limit: number, what: string): Promise<void> {
    const { world } = this;
    const { nodes } = world;
    const members = nodes.map(({ id }) => id);
    const together = () => nodes.every(({ view }) => sameNodes(view?.members ?? [], members));
    if (await world.runUntil(together, limit)) return;
    world.trace.violate('L4', `no ring of ${members.join(' ')} ${limit.toFixed(0)} ms after ${what}`);
  }
}
