import { DeliveryChecker } from '../check/delivery-checker.js';
import { GroupChecker } from '../check/group-checker.js';
import { MembershipChecker } from '../check/membership-checker.js';
import { QuorumChecker } from '../check/quorum-checker.js';
import type { Violation } from '../check/checker.js';
import { cluster, type SimulatedCluster } from '../simulation/cluster.js';
import { Prng } from '../simulation/prng.js';
import type { Trace } from '../trace/trace.js';
import { strike } from './faults.js';
import { plan, type Plan } from './plan.js';
import { Quiet } from './quiet.js';
import { Workload } from './workload.js';

/** Tells the numbers of the schedule from those of the cluster, which starts from the same seed. */
const SALT = 0x5eed;

/** Milliseconds that a node takes at least to start again: packets of before have come or are lost by then. */
const BOOT = 50;

/** What came of a schedule. */
export interface Outcome {
  readonly seed: number;
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly trace: Trace;
  /** Virtual milliseconds. */
  readonly duration: number;
  /** Packets that the network carried. */
  readonly packets: number;
}

/**
 * Runs the schedule of a seed: chaos, in which faults strike and only safety is asked for, then quiet, in which
 * everything has to become good again. The same seed gives the same run, event by event.
 */
export async function runSchedule(seed: number): Promise<Outcome> {
  const random = new Prng(seed ^ SALT);
  const drawn = plan(seed, random);
  const world = cluster(drawn.cluster);
  const { trace, network } = world;
  if (!drawn.forgetful) {
    for (const checker of [
      new MembershipChecker(),
      new DeliveryChecker(),
      new GroupChecker(),
      new QuorumChecker(),
    ])
      trace.attach(checker);
  }
  network.latency = drawn.latency;
  network.jitter = drawn.latency / 2;
  const workload = new Workload(world, random.fork(), drawn.talk);
  await chaos(world, workload, drawn, random);
  await new Quiet(world, workload, drawn.token).run();
  return {
    ...{ seed, plan: drawn, trace, duration: world.now, packets: network.carried },
    violations: trace.finish(),
  };
}

async function chaos(world: SimulatedCluster, workload: Workload, drawn: Plan, random: Prng): Promise<void> {
  const { token, faults, steps, gap } = drawn;
  const scene = { cluster: world, random, workload, token };
  world.start();
  // Most schedules begin with a ring; in the others faults strike while it is formed.
  if (random.chance(0.8)) await world.runUntil(() => world.stable, 10 * token);
  for (let step = 0; step < steps; step++) {
    await world.run(random.between(0, gap));
    if (faults.length > 0) strike(random.pick(faults), scene);
    // A node that forgot its ring ids would take what its former life sent for its own.
    if (drawn.forgetful) await world.run(BOOT);
    for (const id of world.ids) {
      if (world.alive(id) === undefined && random.chance(0.3)) revive(world, id);
    }
  }
}

/** Starts a node that is down, with a disk that works again. */
export function revive(world: SimulatedCluster, id: number): void {
  const disk = world.disk(id);
  disk.full = disk.syncFails = false;
  world.note(`start ${id}`);
  world.start(id);
}
