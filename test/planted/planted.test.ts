import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { builtFrom } from '../known-bugs/built.js';
import type { Attempt, Finding } from '../known-bugs/try-planted.js';
import { bugs, protocolBugs } from './bugs.js';
import { knownBugs } from './bugs/known.js';
import { missedBugs, missedKnownBugs } from './bugs/missed.js';
import { readKills } from './kills.js';
import { plant } from './patch.js';
import type { Trial } from './programs/replay.js';
import type { Found } from './programs/search.js';
import { withPlanted } from './with-planted.js';

const packages = new URL('../../../packages/', import.meta.url);
const search = new URL('programs/search.js', import.meta.url);
const replay = new URL('programs/replay.js', import.meta.url);
const tryPlanted = new URL('../known-bugs/try-planted.js', import.meta.url);
const kills = readKills();
/** Bugs that have to be found, at least. */
const FEWEST = 48;

describe('The planted bugs', () => {
  it('have names of their own', () => {
    const names = bugs.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name, i) => names.indexOf(name) !== i),
      [],
    );
  });

  for (const bug of bugs) {
    it(`can be planted: ${bug.name}`, () => {
      const source = readFileSync(new URL(bug.file, packages), 'utf8');
      assert.notEqual(plant(bug, source), source);
    });
  }

  it('say so when they are stale', () => {
    assert.throws(() => plant(bugs[0]!, 'something else'), /stale.* 0 times/);
    assert.throws(() => plant(bugs[0]!, bugs[0]!.find.repeat(2)), /stale.* 2 times/);
  });

  it('are in the process that asks for one and in no other', async function () {
    this.timeout(60_000);
    const where = { from: 1, count: 40 };
    const found = await withPlanted<Found | null>('token-duplicates-count', search, where);
    assert.notEqual(found, null);
    assert.equal(await withPlanted(undefined, search, { from: found!.seed, count: 1 }), null);
  });
});

/**
 * Whatever changes the packets that nodes send or the faults that are drawn gives every seed another schedule. A few more
 * are tried then; with them most bugs are found, and `npm run mutants -- --again` looks for all.
 */
const MORE = 4;

describe('Random schedules', function () {
  this.timeout(300_000);
  const known = protocolBugs.flatMap(({ name }) => {
    const found = kills[name]?.found;
    return found === undefined ? [] : [{ bug: name, from: found.seed, count: 1 + MORE }];
  });
  const seeds = [...new Set(known.map(({ from }) => from))];
  let found: (Found | null)[] = [];
  let innocent: (Found | null)[] = [];

  before(async () => {
    const trials: Trial[] = [...known, ...seeds.map((from) => ({ from, count: 1 }))];
    const all = await withPlanted<(Found | null)[]>(undefined, replay, trials, 280_000);
    found = all.slice(0, known.length);
    innocent = all.slice(known.length);
  });

  it('have found each bug that they are to find', () => {
    assert.equal(known.length, protocolBugs.length);
  });

  it(`find at least ${FEWEST} bugs again, by the seeds that have found them or the next few`, () => {
    const lost = known.filter((_, i) => found[i] === null).map(({ bug }) => bug);
    assert.ok(known.length - lost.length >= FEWEST, `not found: ${lost.join(' ')}`);
  });

  it('find nothing with the same seeds where nothing is planted', () => {
    assert.deepEqual(
      innocent,
      seeds.map(() => null),
    );
  });
});

describe('Tests', function () {
  this.timeout(120_000);
  let findings: (Finding | null)[] = [];

  before(async () => {
    const attempts = missedBugs.map(({ name, finder: { file, test } }): Attempt => {
      return { bug: name, module: builtFrom(file).href, test };
    });
    findings = await withPlanted(undefined, tryPlanted, attempts, 110_000);
  });

  missedBugs.forEach(({ name }, i) => {
    it(`find ${name}, which random schedules miss`, () => {
      assert.ok(findings[i], 'nothing was found wrong');
      assert.ok(findings[i].property, findings[i].message);
    });
  });

  it('find the known bugs that random schedules miss', () => {
    for (const { name } of missedKnownBugs) assert.ok(knownBugs.some((bug) => bug.name === name));
  });
});
