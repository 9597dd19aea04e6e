import type { PlantedBug } from './bug.js';
import { cpgBugs } from './bugs/cpg.js';
import { flowBugs } from './bugs/flow.js';
import { groupBugs } from './bugs/groups.js';
import { knownBugs } from './bugs/known.js';
import { membershipBugs } from './bugs/membership.js';
import { missedBugs } from './bugs/missed.js';
import { quorumBugs } from './bugs/quorum.js';
import { recoveryBugs } from './bugs/recovery.js';
import { syncBugs } from './bugs/sync.js';
import { tokenBugs } from './bugs/token.js';
import { wireBugs } from './bugs/wire.js';

/** Those that random schedules have to find. */
export const protocolBugs: readonly PlantedBug[] = [
  ...tokenBugs,
  ...flowBugs,
  ...membershipBugs,
  ...recoveryBugs,
  ...groupBugs,
  ...wireBugs,
  ...syncBugs,
  ...cpgBugs,
  ...quorumBugs,
];

export const bugs: readonly PlantedBug[] = [...protocolBugs, ...missedBugs, ...knownBugs];

export function findBug(name: string): PlantedBug {
  const bug = bugs.find((each) => each.name === name);
  if (bug === undefined) throw new Error(`there is no planted bug ${name}`);
  return bug;
}
