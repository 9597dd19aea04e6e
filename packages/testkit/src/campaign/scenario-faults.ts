import type { Family } from './family.js';
import type { Scenario } from './scenario.js';
import { EventCount, arm, formatFault, parseFault } from './single-fault.js';
import { Stage } from './stage.js';

/** Milliseconds after the end of a scenario that still count: programs hear of it. */
const TAIL = 5;

/** Milliseconds that no scenario takes. */
const LONGEST = 10_000;

/** Every fault at every event of a scenario, which is run once without a fault to count its events. */
export function faultsOf(scenario: Scenario): Family {
  return {
    name: scenario.name,
    async *variants(nodes) {
      for (const fault of (await countEvents(scenario, nodes)).faults()) yield formatFault(fault);
    },
    async play(stage, variant) {
      const fault = parseFault(variant);
      if (fault === undefined) return false;
      await scenario.prepare(stage);
      const struck = arm(stage.world, fault);
      scenario.begin(stage);
      return stage.world.runUntil(struck, LONGEST);
    },
  };
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
