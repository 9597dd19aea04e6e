import { readFileSync, writeFileSync } from 'node:fs';
import type { PlantedBug } from './bug.js';
import type { Found } from './programs/search.js';

/** The first seed tried for every bug, and how many may be tried. */
export const FIRST_SEED = 1;
export const MOST_SEEDS = 2000;

const file = new URL('../../planted/kills.json', import.meta.url);

/** What the search for a bug came to. */
export interface Kill {
  /** Undefined: no schedule found the bug. */
  readonly found?: Found;
  readonly seeds: number;
  readonly seconds: number;
}

/** By name of the bug. */
export type Kills = Record<string, Kill>;

export function readKills(): Kills {
  return JSON.parse(readFileSync(file, 'utf8')) as Kills;
}

/** In the order of the bugs; what is known of bugs that are no more is forgotten. */
export function writeKills(bugs: readonly PlantedBug[], kills: Kills): void {
  const known = bugs.flatMap(({ name }) => (kills[name] === undefined ? [] : [[name, kills[name]]]));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`);
}
