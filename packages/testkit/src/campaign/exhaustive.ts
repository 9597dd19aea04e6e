import type { Family } from './family.js';
import { conclude, type Run } from './run.js';
import { faultsOf } from './scenario-faults.js';
import { scenarios } from './scenario.js';
import { Stage, TOKEN } from './stage.js';
import { syncOrders } from './sync-order.js';

/** Sizes of the clusters. */
const SIZES = [2, 3];
/** Milliseconds that programs go on talking after a fault: long enough for the token to be missed. */
const AFTERMATH = 1.5 * TOKEN;

/** What came of a systematic schedule. */
export interface ExhaustiveOutcome extends Run {
  /** Replays exactly this schedule: `merge-1/3/kill/2@157`. */
  readonly name: string;
}

/** What the names of systematic schedules begin with, each a scenario and a size of the cluster: `merge-1/3`. */
export function exhaustiveScenarios(): readonly string[] {
  return SIZES.flatMap((nodes) => families(nodes).map(({ name }) => `${name}/${nodes}`));
}

/**
 * The names of the systematic schedules: every fault at every event of every scenario, and every order in which
 * nodes can synchronise. Names of a scenario come when it has been run once, which takes some milliseconds.
 * @param of some of {@link exhaustiveScenarios}, all unless told
 * @throws RangeError for a scenario that does not exist
 */
export async function* exhaustiveNames(of = exhaustiveScenarios()): AsyncGenerator<string> {
  for (const prefix of of) {
    const { family, nodes } = find(prefix);
    for await (const variant of family.variants(nodes)) yield `${prefix}/${variant}`;
  }
}

/**
 * Runs one systematic schedule, then quiet. The same name gives the same run, event by event.
 * @throws RangeError if there is no such schedule
 */
export async function runNamed(name: string): Promise<ExhaustiveOutcome> {
  const { family, nodes, variant } = find(name);
  const stage = new Stage(nodes);
  const { world, workload } = stage;
  if (!(await family.play(stage, variant))) throw new RangeError(`there is no schedule '${name}'`);
  await world.run(AFTERMATH);
  return { name, ...(await conclude({ world, workload, token: TOKEN })) };
}

function families(nodes: number): readonly Family[] {
  return [...scenarios(nodes).map(faultsOf), syncOrders];
}

function find(name: string): { family: Family; nodes: number; variant: string } {
  const [scenario, size, ...variant] = name.split('/');
  for (const nodes of SIZES) {
    const family = families(nodes).find((each) => each.name === scenario && `${nodes}` === size);
    if (family !== undefined) return { family, nodes, variant: variant.join('/') };
  }
  throw new RangeError(`there is no scenario '${name}'`);
}
