import assert from 'node:assert/strict';
import { value, type DatabaseValue, type NodeId } from '@coterie/sdk';
import { Lab } from './lab.js';

type Settings = Readonly<Record<string, DatabaseValue>>;

const on = value.u8(1);
const modes: readonly { name: string; settings: Settings; sizes: readonly number[] }[] = [
  { name: 'plain', settings: {}, sizes: [2, 3, 4, 5, 6, 7] },
  { name: 'wait_for_all', settings: { wait_for_all: on }, sizes: [2, 3, 4, 5, 6, 7] },
  { name: 'last_man_standing', settings: { last_man_standing: on }, sizes: [2, 3, 4, 5, 6, 7] },
  {
    name: 'last_man_standing and wait_for_all',
    settings: { last_man_standing: on, wait_for_all: on },
    sizes: [2, 3, 4, 5, 6, 7],
  },
  { name: 'auto_tie_breaker lowest', settings: { auto_tie_breaker: on }, sizes: [2, 3, 4, 5, 6, 7] },
  ...['lowest', 'highest', '3 1 2'].map((node) => ({
    name: `auto_tie_breaker ${node} and wait_for_all`,
    settings: { auto_tie_breaker: on, wait_for_all: on, auto_tie_breaker_node: value.string(node) },
    sizes: [2, 3, 4, 5, 6, 7],
  })),
  {
    name: 'auto_tie_breaker and last_man_standing',
    settings: { auto_tie_breaker: on, last_man_standing: on },
    sizes: [2, 4, 6],
  },
];

/** The members of the sides, and which of them are quorate: all or none of a side. */
function quorateSides(lab: Lab, sides: readonly (readonly NodeId[])[]): number {
  const quorate = lab.quorate();
  const count = (side: readonly NodeId[]) => side.filter((id) => quorate.includes(id)).length;
  for (const side of sides) {
    assert.ok(
      [0, side.length].includes(count(side)),
      `members of ${side.join()} disagree: ${quorate.join()}`,
    );
  }
  for (const id of lab.nodes.keys()) assert.equal(lab.node(id).dump().quorate, quorate.includes(id));
  return sides.filter((side) => count(side) > 0).length;
}

/** Every way to cut 1..n in two. */
function* cuts(n: number): Generator<[NodeId[], NodeId[]]> {
  const all = Array.from({ length: n }, (_, index) => index + 1);
  for (let bits = 1; bits < 2 ** (n - 1); bits++) {
    yield [all.filter((id) => (bits >> (id - 1)) & 1), all.filter((id) => !((bits >> (id - 1)) & 1))];
  }
}

function cluster(n: number, settings: Settings): Lab {
  return new Lab({ votes: Array.from({ length: n }, () => 1), settings });
}

describe('partitions', () => {
  for (const { name, settings, sizes } of modes) {
    it(`never makes both sides of a split quorate: ${name}`, () => {
      for (const n of sizes) {
        for (const sides of cuts(n)) {
          const lab = cluster(n, settings);
          lab.form([...sides[0], ...sides[1]]);
          assert.equal(lab.quorate().length, n);
          lab.form(...sides);
          const quorate = quorateSides(lab, sides);
          const even = sides[0].length === sides[1].length;
          assert.ok(quorate <= 1, `${name}, ${sides.join(' | ')}`);
          if (!even) assert.equal(quorate, 1, `${name}, ${sides.join(' | ')}`);
          if (even && name.startsWith('auto_tie_breaker')) assert.equal(quorate, 1);
          lab.advance(10_000);
          assert.ok(quorateSides(lab, sides) <= 1, `${name}, ${sides.join(' | ')} after the window`);
          lab.form([...sides[0], ...sides[1]]);
          assert.equal(quorateSides(lab, [[...sides[0], ...sides[1]]]), 1, `${name}: together again`);
        }
      }
    });
  }

  it('lets either of two nodes go on alone with two_node, but not start alone', () => {
    const lab = cluster(2, { two_node: on });
    lab.form([1], [2]);
    assert.deepEqual(lab.quorate(), []);
    assert.match(lab.node(1).dump().reason, /^waiting for all: 1 of 2 votes/);
    lab.form([1, 2]);
    assert.deepEqual(lab.quorate(), [1, 2]);
    lab.form([1], [2]);
    assert.deepEqual(lab.quorate(), [1, 2]);
    lab.boot(2);
    lab.form([2]);
    assert.deepEqual(lab.quorate(), [1]);
  });

  for (const settings of [{}, { wait_for_all: on }]) {
    it(`is safe through random splits, merges and restarts: ${Object.keys(settings).join() || 'plain'}`, () => {
      for (let seed = 1; seed <= 60; seed++) {
        const random = randomness(seed);
        const n = 2 + random(6);
        const lab = cluster(n, settings);
        for (let step = 0; step < 8; step++) {
          const sides = scatter(n, 1 + random(3), random);
          for (let id = 1; id <= n; id++) if (random(8) === 0) lab.boot(id);
          lab.form(...sides);
          assert.ok(quorateSides(lab, sides) <= 1, `seed ${seed}, step ${step}: ${sides.join(' | ')}`);
        }
      }
    });
  }
});

function scatter(n: number, parts: number, random: (bound: number) => number): NodeId[][] {
  const sides: NodeId[][] = Array.from({ length: parts }, () => []);
  for (let id = 1; id <= n; id++) sides[random(parts)]?.push(id);
  return sides.filter((side) => side.length > 0);
}

/** Lehmer's generator: the same numbers for the same seed. */
function randomness(seed: number): (bound: number) => number {
  let state = (seed * 7919) % 2147483647;
  return (bound) => {
    state = (state * 48271) % 2147483647;
    return state % bound;
  };
}
