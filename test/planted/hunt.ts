/**
 * `npm run mutants -- [--seeds N] [--again] [BUG...]`: looks for each planted bug with random schedules, two bugs at
 * a time, and writes down which seed found it by which property. What was found before is kept: an interrupted
 * search goes on where it was; `--again` begins anew. Afterwards `npm run docs` writes the table.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { PlantedBug } from './bug.js';
import { findBug, protocolBugs as bugs } from './bugs.js';
import { FIRST_SEED, MOST_SEEDS, readKills, writeKills } from './kills.js';
import type { Found } from './programs/search.js';
import { withPlanted } from './with-planted.js';

/** Seeds a process: it starts in less time than a few of them take. */
const CHUNK = 100;
/** Milliseconds that a process may take for them. */
const PATIENCE = 600_000;

const { values, positionals } = parseArgs({
  options: {
    seeds: { type: 'string', default: String(MOST_SEEDS) },
    again: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const most = Number(values.seeds);
const search = new URL('programs/search.js', import.meta.url);
const kills = readKills();
const chosen = positionals.length > 0 ? positionals.map(findBug) : bugs;
const due = chosen.filter(({ name }) => values.again || kills[name]?.found === undefined);
let done = chosen.length - due.length;
const waiting = [...due];
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
const survivors = chosen.filter(({ name }) => kills[name]?.found === undefined);
console.log(`${chosen.length - survivors.length} of ${chosen.length} planted bugs found`);
process.exitCode = survivors.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    try {
      await hunt(bug);
    } catch (error) {
      console.log(`${bug.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function hunt({ name }: PlantedBug): Promise<void> {
  const began = performance.now();
  let tried = 0;
  let found: Found | null = null;
  while (found === null && tried < most) {
    const count = Math.min(CHUNK, most - tried);
    const from = FIRST_SEED + tried;
    found = await withPlanted<Found | null>(name, search, { from, count }, PATIENCE);
    tried = found === null ? tried + count : found.seed - FIRST_SEED + 1;
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  kills[name] = { ...(found === null ? {} : { found }), seeds: tried, seconds };
  writeKills(bugs, kills);
  done++;
  const end = found === null ? 'SURVIVES' : `${found.property} (${found.message})`;
  console.log(`${done}/${chosen.length} ${name}: ${tried} seeds, ${seconds} s: ${end}`);
}
