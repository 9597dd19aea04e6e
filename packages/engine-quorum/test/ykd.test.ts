import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextSession, type YkdState } from '../dist/ykd.js';

const fresh = (...members: number[]): YkdState => ({ id: 0, lastPrimary: { id: 0, members }, ambiguous: [] });
const allowed = (members: number[], ...states: YkdState[]) => nextSession(states, members)?.id;

describe('dynamic voting', () => {
  it('takes a majority of the last primary component', () => {
    const state = fresh(1, 2, 3, 4, 5);
    assert.equal(allowed([1, 2, 3], state, state, state), 1);
    assert.equal(allowed([4, 5], state, state), undefined);
    const shrunk: YkdState = { id: 3, lastPrimary: { id: 3, members: [1, 2, 3] }, ambiguous: [] };
    assert.equal(allowed([2, 3], shrunk, shrunk), 4);
    assert.equal(allowed([1, 4, 5], shrunk, state, state), undefined);
    assert.equal(allowed([1, 2, 4, 5], shrunk, state, state, shrunk), 4);
  });

  it('gives an even split to the side with the lowest node', () => {
    const state = fresh(1, 2, 3, 4);
    assert.equal(allowed([1, 4], state, state), 1);
    assert.equal(allowed([2, 3], state, state), undefined);
  });

  it('counts sessions that others may have formed', () => {
    const state = fresh(1, 2, 3, 4, 5);
    const tried: YkdState = { ...state, id: 1, ambiguous: [{ id: 1, members: [1, 2, 3] }] };
    // 1 and 2 may have formed it with 3, and may go on without 3.
    assert.equal(allowed([3, 4, 5], tried, state, state), undefined);
    assert.equal(allowed([2, 3, 4, 5], tried, tried, state, state), 2);
    // One that a later primary component has left behind does not count.
    const later: YkdState = { id: 2, lastPrimary: { id: 2, members: [3, 4, 5] }, ambiguous: [] };
    assert.equal(allowed([3, 4], tried, later), 3);
  });

  it('never lets two components that form one after the other both go on', () => {
    const splits = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(splits, (rounds) => {
        const states = new Map([1, 2, 3, 4, 5, 6].map((id) => [id, fresh(1, 2, 3, 4, 5, 6)]));
        for (const sides of rounds) {
          const primary: number[][] = [];
          for (const side of [0, 1]) {
            // Side 2 is of nodes that are down.
            const members = [1, 2, 3, 4, 5, 6].filter((id) => sides[id - 1] === side);
            const session =
              members.length > 0 &&
              nextSession(
                members.map((id) => states.get(id)!),
                members,
              );
            if (!session) continue;
            primary.push(members);
            for (const id of members) states.set(id, { id: session.id, lastPrimary: session, ambiguous: [] });
          }
          assert.ok(primary.length <= 1, JSON.stringify(primary));
        }
      }),
    );
  });
});
