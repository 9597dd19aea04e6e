import type { NodeId } from '@coterie/sdk';
import { watch, watchRest } from '../check/watch.js';
import { cluster, type SimulatedCluster } from '../simulation/cluster.js';
import { Workload } from './workload.js';

/** Token timeout of the scenarios, milliseconds. */
export const TOKEN = 400;
/** Every node's programs say something, often and at some length: most messages go in several packets. */
const TALK = { every: 4, chance: 0.4, size: 4000, share: 1 };

/** A small cluster in use, watched by all checkers, with nothing left to chance but what the seed decides. */
export class Stage {
  readonly world: SimulatedCluster;
  readonly workload: Workload;

  constructor(readonly nodes: number) {
    this.world = cluster({ nodes, seed: nodes, config: { totem: { token: TOKEN } } });
    const { trace, network } = this.world;
    watch(trace);
    watchRest(trace);
    network.latency = 1;
    network.jitter = 0.5;
    this.workload = new Workload(this.world, { ...TALK, seed: nodes });
  }

  /** Is there one ring of all that are up, and every program at its place? */
  get settled(): boolean {
    return this.world.stable && this.workload.complete;
  }

  /** Lets time pass until {@link settled}. @throws Error if that does not come */
  async settle(): Promise<void> {
    await this.until(() => this.settled);
  }

  /** Lets time pass until the condition holds. @throws Error if that does not come */
  async until(condition: () => boolean): Promise<void> {
    if (!(await this.world.runUntil(condition))) throw new Error('an undisturbed cluster does not settle');
  }

  /** Lets the nodes form one ring. */
  async form(): Promise<void> {
    this.world.start();
    await this.settle();
  }

  /** Lets these groups of nodes hear only themselves, and waits until each is a ring. */
  async part(...groups: readonly (readonly NodeId[])[]): Promise<void> {
    this.world.network.partition(...groups);
    await this.until(() => !this.settled);
    await this.settle();
  }
}
