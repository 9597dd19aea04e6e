import assert from 'node:assert/strict';
import { CoterieError, value, type DatabaseValue } from '@coterie/sdk';
import { parseTieBreaker, readFixedRules, readRules, type Settings } from '../dist/rules.js';
import { LabNode } from './lab.js';

function settings(
  values: Record<string, number | string>,
  nodeVotes: readonly number[] = [1, 1, 1],
): Settings {
  const get = (name: string) => values[name];
  return {
    number: (name) => (typeof get(name) === 'number' ? Number(get(name)) : undefined),
    text: (name) => (typeof get(name) === 'string' ? String(get(name)) : undefined),
    nodeVotes,
    localVotes: nodeVotes[0] ?? 1,
  };
}

function read(values: Record<string, number | string>, nodeVotes?: readonly number[], registered = false) {
  const from = settings(values, nodeVotes);
  return readRules(from, readFixedRules(from), registered);
}

const device = { 'device.model': 'net' };

describe('rules', () => {
  const refused: [string, string, Record<string, number | string>, number[]?][] = [
    ['no votes to expect', 'COTERIE_E_QUORUM_EXPECTED_VOTES', {}, []],
    ['two_node and device', 'COTERIE_E_QUORUM_CONFLICT', { ...device, two_node: 1 }],
    ['device and last_man_standing', 'COTERIE_E_QUORUM_CONFLICT', { ...device, last_man_standing: 1 }],
    ['device and auto_tie_breaker', 'COTERIE_E_QUORUM_CONFLICT', { ...device, auto_tie_breaker: 1 }, [1, 1]],
    ['device and allow_downscale', 'COTERIE_E_QUORUM_CONFLICT', { ...device, allow_downscale: 1 }],
    [
      'auto_tie_breaker and last_man_standing with odd votes',
      'COTERIE_E_QUORUM_CONFLICT',
      { auto_tie_breaker: 1, last_man_standing: 1 },
    ],
    [
      'expected votes without device votes',
      'COTERIE_E_QUORUM_DEVICE_VOTES',
      { ...device, expected_votes: 5 },
    ],
    ['uneven nodes without device votes', 'COTERIE_E_QUORUM_DEVICE_VOTES', device, [1, 2, 1]],
    [
      'a device that outweighs the nodes',
      'COTERIE_E_QUORUM_DEVICE_VOTES',
      { ...device, 'device.votes': 4, expected_votes: 5 },
    ],
  ];
  for (const [what, code, values, nodeVotes] of refused) {
    it(`refuses ${what}`, () => {
      const { rules, conflicts } = read(values, nodeVotes);
      assert.deepEqual(
        conflicts.map((conflict) => conflict.code),
        [code],
      );
      assert.equal(rules.deviceAllowed, false);
    });
  }

  it('gives a device the votes of all nodes but one', () => {
    const { rules, conflicts } = read(device);
    assert.deepEqual(conflicts, []);
    assert.deepEqual([rules.device?.votes, rules.expectedVotes, rules.deviceAllowed], [2, 5, true]);
    assert.deepEqual([rules.device?.timeout, rules.device?.syncTimeout], [10_000, 30_000]);
  });

  it('waits for all because of two_node unless told otherwise', () => {
    assert.equal(read({ two_node: 1 }, [1, 1]).rules.waitForAll, true);
    assert.equal(read({ two_node: 1, wait_for_all: 0 }, [1, 1]).rules.waitForAll, false);
    assert.equal(read({}).rules.waitForAll, false);
  });

  it('turns off what cannot work, and says so', () => {
    const both = read({ two_node: 1, auto_tie_breaker: 1 }, [1, 1]).rules;
    assert.deepEqual([both.twoNode, both.tieBreaker, both.warnings.length], [false, 'lowest', 1]);
    const odd = read({ auto_tie_breaker: 1 }).rules;
    assert.deepEqual([odd.tieBreaker, odd.warnings.length], ['none', 1]);
    assert.equal(read({ auto_tie_breaker: 1, wait_for_all: 1 }).rules.tieBreaker, 'lowest');
    const late = read({ ...device, two_node: 1 }, [1, 1], true);
    assert.deepEqual([late.conflicts, late.rules.twoNode, late.rules.deviceAllowed], [[], false, true]);
  });

  it('reads tie-breakers', () => {
    assert.equal(parseTieBreaker('lowest'), 'lowest');
    assert.equal(parseTieBreaker('highest'), 'highest');
    assert.deepEqual(parseTieBreaker(' 3  1 2 '), [3, 1, 2]);
    for (const text of ['', '0', '1,2', 'two', '1 0', '4294967296'])
      assert.equal(parseTieBreaker(text), 'none');
  });

  it('makes an engine refuse to start, naming every conflict', () => {
    const on: DatabaseValue = value.u8(1);
    const model = value.string('net');
    const node = new LabNode(1, {
      votes: [1, 1],
      settings: { 'device.model': model, two_node: on, last_man_standing: on },
    });
    assert.throws(
      () => node.start(),
      (error) =>
        error instanceof CoterieError &&
        error.code === 'COTERIE_E_QUORUM_CONFLICT' &&
        /two_node.*last_man_standing/.test(error.message),
    );
  });
});
