import type { PlantedBug } from './bug.js';
import { knownMembershipBugs } from './bugs/known-membership.js';
import { knownOrderingBugs } from './bugs/known-ordering.js';
import { tokenBugs } from './bugs/token.js';

export const bugs: readonly PlantedBug[] = [...tokenBugs, ...knownMembershipBugs, ...knownOrderingBugs];

export function findBug(name: string): PlantedBug {
  const bug = bugs.find((each) => each.name === name);
  if (bug === undefined) throw new Error(`there is no planted bug ${name}`);
  return bug;
}
