import type { NodeId } from '@coterie/sdk';
import { sameNodes } from '../check/rings.js';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { Scene } from './scene.js';

/** The token and consensus timeouts, in token timeouts. */
const TIMEOUTS = 2.2;
/** Share of the token timeout in which a ring is there whose members need not wait for any timeout. */
const PROMPT = 0.7;
/** Joins that may have to be sent, one after the other, before all know of each other. */
const JOINS = 4;

/**
 * Once a schedule has come to rest: one node of an undisturbed cluster crashes or says goodbye, and comes back. The others
 * have to notice in time (L4): a crash within the token and consensus timeouts, what a node says at once.
 */
export class Coda {
  private readonly world: SimulatedCluster;
  private readonly token: number;
  /** Milliseconds in which a ring is there whose members need not wait for any timeout. */
  private readonly prompt: number;

  constructor({ world, token, sendJoin = 0 }: Scene) {
    this.world = world;
    this.token = token;
    this.prompt = PROMPT * token + JOINS * sendJoin;
  }

  async run(): Promise<void> {
    const { world, token } = this;
    const { ids } = world;
    if (ids.length < 2) return;
    // Any choice is good that the same seed makes again.
    const lot = world.trace.events.length;
    const node = ids[lot % ids.length]!;
    const rest = ids.filter((id) => id !== node);
    world.reload({ totem: { token } });
    if (lot % 2 === 0) {
      world.note(`crash ${node}`);
      world.crash(node);
      await this.expect(rest, TIMEOUTS * token + 1000, `the crash of ${node}`);
    } else {
      world.note(`leave ${node}`);
      world.leave(node);
      await world.runUntil(() => world.alive(node) === undefined, token);
      await this.expect(rest, this.prompt, `the goodbye of ${node}`);
    }
    world.note(`start ${node}`);
    world.start(node);
    await this.expect(ids, this.prompt, `the start of ${node}`);
  }

  private async expect(members: readonly NodeId[], limit: number, what: string): Promise<void> {
    const { world } = this;
    const together = () => members.every((id) => sameNodes(world.alive(id)?.view?.members ?? [], members));
    if (await world.runUntil(together, limit)) return;
    world.trace.violate('L4', `no ring of ${members.join(' ')} ${limit.toFixed(0)} ms after ${what}`);
  }
}
