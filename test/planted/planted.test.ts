import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { bugs } from './bugs.js';
import { plant } from './patch.js';
import type { Found } from './programs/search.js';
import { withPlanted } from './with-planted.js';

const packages = new URL('../../../packages/', import.meta.url);
const search = new URL('programs/search.js', import.meta.url);

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
