import { conclude, type Run } from './run.js';
import { scenarios, type Scenario } from './scenario.js';
import { Stage, TOKEN } from './stage.js';
import { EventCount, arm, formatFault, parseFault } from './single-fault.js';

/** Sizes of the clusters. */
const SIZES = [2, 3];
/** Milliseconds after the end of a scenario that still count: programs hear of it. */
const TAIL = 5;
/** Milliseconds that programs go on talking after the fault: long enough for the token to be missed. */
const AFTERMATH = 1.5 * TOKEN;

/** What came of a systematic schedule. */
export interface ExhaustiveOutcome extends Run {
  /** Replays exactly this schedule: `merge-1/3/kill/2@157`. */
  readonly name: string;
}

/** The scenarios and sizes of clusters, with which the names of their schedules begin: `merge-1/3`. */
export function exhaustiveScenarios(): readonly string[] {
  return SIZES.flatMap((nodes) => scenarios(nodes).map(({ name }) => `${name}/${nodes}`));
}

/**
 * The names of the systematic schedules: every fault at every event of every scenario. A scenario is run once
 * without a fault to count its events, when its turn comes.
 * @param of some of {@link exhaustiveScenarios}, all unless told
 * @throws RangeError for a scenario that does not exist
 */
export async function* exhaustiveNames(of = exhaustiveScenarios()): AsyncGenerator<string> {
  for (const name of of) {
    const { scenario, nodes } = find(name);
    const events = await countEvents(scenario, nodes);
    for (const fault of events.faults()) yield `${name}/${formatFault(fault)}`;
  }
}

/**
 * Runs one systematic schedule: its scenario with its one fault, then quiet. The same name gives the same run,
 * event by event.
 * @throws RangeError if there is no such schedule
 */
export async function runNamed(name: string): Promise<ExhaustiveOutcome> {
  const [of, size, ...rest] = name.split('/');
  const { scenario, nodes } = find(`${of}/${size}`);
  const fault = parseFault(rest.join('/'));
  if (fault === undefined) throw new RangeError(`${name}: no such fault`);
  const stage = new Stage(nodes);
  const { world, workload } = stage;
  await scenario.prepare(stage);
  const struck = arm(world, fault);
  scenario.begin(stage);
  if (!(await world.runUntil(struck))) throw new RangeError(`${name}: there is no such event`);
  await world.run(AFTERMATH);
  return { name, ...(await conclude({ world, workload, token: TOKEN })) };
}

async function countEvents(scenario: Scenario, nodes: number): Promise<EventCount> {
  const stage = new Stage(nodes);
  const { world } = stage;
  await scenario.prepare(stage);
  const events = new EventCount(world);
  scenario.begin(stage);
  await stage.until(() => {
    events.look();
    return scenario.over(stage);
  });
  const end = world.now + TAIL;
  await stage.until(() => {
    events.look();
    return world.now >= end;
  });
  return events;
}

function find(name: string): { scenario: Scenario; nodes: number } {
  for (const nodes of SIZES) {
    const scenario = scenarios(nodes).find((each) => `${each.name}/${nodes}` === name);
    if (scenario !== undefined) return { scenario, nodes };
  }
  throw new RangeError(`there is no scenario '${name}'`);
}
