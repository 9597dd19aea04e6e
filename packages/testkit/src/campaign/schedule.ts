import { WaitForAllChecker } from '../check/wait-for-all-checker.js';
import { watch, watchRest } from '../check/watch.js';
import { cluster, type SimulatedCluster } from '../simulation/cluster.js';
import { Prng } from '../simulation/prng.js';
import { draw } from './draw.js';
import type { Fault } from './fault.js';
import { Coda } from './coda.js';
import { plan, type Plan } from './plan.js';
import { conclude, type Run } from './run.js';
import type { Scene } from './scene.js';
import type { Script, Setting, Step } from './script.js';
import { applyFault } from './apply.js';
import { Workload } from './workload.js';

/** Tells the numbers of the schedule from those of the cluster, which starts from the same seed. */
const SALT = 0x5eed;

/** Milliseconds that a node takes at least to start again: packets of before have come or are lost by then. */
const BOOT = 50;

/** What came of the schedule of a seed. */
export interface Outcome extends Run {
  readonly seed: number;
  readonly plan: Plan;
  /** The same schedule, with nothing left to be drawn. */
  readonly script: Script;
}

/**
 * Runs the schedule of a seed: chaos, in which faults strike and only safety is asked for, then quiet, in which
 * everything has to become good again. The same seed gives the same run, event by event.
 *
 * @param seed 0 to 2^32 - 1
 */
export async function runSchedule(seed: number): Promise<Outcome> {
  const random = new Prng(seed ^ SALT);
  const drawn = plan(seed, random);
  const scene = setting(drawn);
  // Most schedules begin with a ring; in the others faults strike while it is formed.
  const ring = random.chance(0.8);
  await begin(scene, ring);
  const steps = await improvise(scene, drawn, random);
  const { cluster, token, forgetful, latency, talk } = drawn;
  const script = { cluster, token, forgetful, latency, talk, ring, steps };
  return { seed, plan: drawn, script, ...(await conclude(scene, new Coda(scene))) };
}

/** Runs a schedule step by step; that of a seed gives the same run as the seed. */
export async function runScript(script: Script): Promise<Run> {
  const scene = setting(script);
  await begin(scene, script.ring);
  for (const { at, fault } of script.steps) {
    await advance(scene.world, at);
    applyFault(fault, scene);
  }
  return conclude(scene, new Coda(scene));
}

function setting({ cluster: options, forgetful, latency, talk, token }: Setting): Scene {
  const world = cluster(options);
  const { trace, network } = world;
  const { totem, quorum } = options.config ?? {};
  const { max_messages, send_join, window_size } = totem ?? {};
  if (!forgetful) watch(trace, max_messages === undefined ? undefined : Number(max_messages));
  if (quorum?.wait_for_all === 1) trace.attach(new WaitForAllChecker(world.ids.length));
  watchRest(trace);
  network.latency = latency;
  network.jitter = latency / 2;
  const settings = { token, sendJoin: Number(send_join ?? 0), windowSize: Number(window_size ?? 50) };
  return { world, ...settings, workload: new Workload(world, talk) };
}

async function begin({ world, token }: Scene, ring: boolean): Promise<void> {
  world.start();
  if (ring) await world.runUntil(() => world.stable, 10 * token);
}

/** Draws each fault when its time has come, for it depends on who is there, and lets it strike. */
async function improvise(scene: Scene, drawn: Plan, random: Prng): Promise<readonly Step[]> {
  const { world } = scene;
  const steps: Step[] = [];
  const take = (at: number, fault: Fault) => {
    applyFault(fault, scene);
    steps.push({ at, fault });
  };
  for (let left = drawn.steps; left > 0; left--) {
    const at = world.now + random.between(0, drawn.gap);
    await advance(world, at);
    take(at, drawn.faults.length > 0 ? draw(random.pick(drawn.faults), scene, random) : { kind: 'nothing' });
    // A node that forgot its ring ids would take what its former life sent for its own.
    const again = drawn.forgetful ? at + BOOT : at;
    for (const node of world.ids) {
      if (world.alive(node) !== undefined || !random.chance(0.3)) continue;
      await advance(world, again);
      take(again, { kind: 'start', node });
    }
  }
  return steps;
}

async function advance(world: SimulatedCluster, at: number): Promise<void> {
  if (at > world.now) await world.run(at - world.now);
}
