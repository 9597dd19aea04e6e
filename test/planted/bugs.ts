import type { PlantedBug } from './bug.js';
import { knownBugs } from './bugs/known.js';
import { tokenBugs } from './bugs/token.js';

export const bugs: readonly PlantedBug[] = [...tokenBugs, ...knownBugs];

export function findBug(name: string): PlantedBug {
  const bug = bugs.find((each) => each.name === name);
  if (bug === undefined) throw new Error(`there is no planted bug ${name}`);
  return bug;
}
