import assert from 'node:assert/strict';
import { GroupChecker, type Change, type Happening } from '@coterie/testkit';
import { broken, regular, type Line } from './traces.js';

function verdict(...lines: Line[]): string {
  return broken(new GroupChecker(), ...lines);
}

const [JOIN, LEAVE, NODE_DOWN, NODE_UP] = [1, 2, 3, 4];

/** Program 10 n is of node n. */
function process(pid: number) {
  return { nodeId: Math.floor(pid / 10), pid };
}

function group(pid: number, members: number[], changes: { joined?: Change[]; left?: Change[] } = {}): Line {
  const { joined = [], left = [] } = changes;
  return [
    process(pid).nodeId,
    { kind: 'group', group: 'g', pid, members: members.map(process), joined, left },
  ];
}

function because(reason: number, ...pids: number[]): Change[] {
  return pids.map((pid) => ({ ...process(pid), reason }));
}

function submit(pid: number, number: number): Line {
  return [process(pid).nodeId, { kind: 'submit', group: 'g', pid, number }];
}

function hear(pid: number, from: number, number: number): Line {
  return [process(pid).nodeId, { kind: 'hear', group: 'g', pid, from: process(from), number }];
}

function ringEvent(pid: number, sequence: number): Line {
  const happening: Happening = {
    ...{ kind: 'group-ring', group: 'g', pid, ring: { representative: 1, sequence }, members: [1, 2] },
  };
  return [process(pid).nodeId, happening];
}

/** Programs 10 and 20 are in the group. */
const joined: Line[] = [
  group(10, [10], { joined: because(JOIN, 10) }),
  group(10, [10, 20], { joined: because(JOIN, 20) }),
  group(20, [10, 20], { joined: because(JOIN, 20) }),
];
const spoken: Line[] = [...joined, submit(10, 1), submit(10, 2), submit(20, 1)];

describe('the group checker', () => {
  it('is content with programs that join, talk and leave', () => {
    assert.equal(
      verdict(
        ...spoken,
        ...[hear(10, 10, 1), hear(10, 20, 1), hear(20, 10, 1), hear(20, 20, 1)],
        group(10, [10], { left: because(LEAVE, 20) }),
      ),
      '',
    );
  });

  it('wants one order (C1)', () => {
    assert.equal(
      verdict(...spoken, hear(10, 10, 1), hear(10, 20, 1), hear(20, 20, 1), hear(20, 10, 1)),
      'C1',
    );
    // A leave has its place in the order too.
    const left = { left: because(LEAVE, 20) };
    const third: Line[] = [group(30, [10, 20, 30], { joined: because(JOIN, 30) })];
    assert.equal(
      verdict(
        ...[...spoken, ...third, hear(10, 10, 1), group(10, [10], left)],
        ...[group(30, [10, 30], left), hear(30, 10, 1)],
      ),
      'C1',
    );
  });

  it('wants its own join first, and lists that fit the changes (C2)', () => {
    assert.equal(verdict(group(10, [10, 20], { joined: because(JOIN, 20) })), 'C2');
    assert.equal(verdict(...joined, group(10, [10])), 'C2');
    assert.equal(verdict(...joined, group(10, [10, 20], { joined: because(JOIN, 20) })), 'C2');
    assert.equal(verdict(...joined, group(10, [10, 20], { left: because(LEAVE, 30) })), 'C2');
  });

  it('wants senders to be members, and their messages without gaps (C3)', () => {
    assert.equal(verdict(...joined, submit(30, 1), hear(10, 30, 1)), 'C3');
    assert.equal(verdict(...spoken, submit(10, 3), hear(20, 10, 1), hear(20, 10, 3)), 'C3');
    assert.equal(verdict(...spoken, hear(20, 10, 2), hear(20, 10, 1)), 'C3');
  });

  it('lets a sender that was away begin where it is (C3)', () => {
    const away = [
      group(20, [20], { left: because(NODE_DOWN, 10) }),
      group(20, [10, 20], { joined: because(NODE_UP, 10) }),
    ];
    assert.equal(verdict(...spoken, submit(10, 3), hear(20, 10, 1), ...away, hear(20, 10, 3)), '');
  });

  it('wants the same heard between two rings by those who came the same way (C4)', () => {
    const ways: Line[] = [1, 2].map((node) => [node, regular(4, 1, 2)]);
    const next = (sequence: number): Line[] => [1, 2].map((node) => [node, regular(sequence, 1, 2)]);
    const on = (sequence: number): Line[] => [ringEvent(10, sequence), ringEvent(20, sequence)];
    const begun = [...ways, ...spoken, ...on(4), ...next(8), ...on(8)];
    const heard = [hear(10, 10, 1), hear(20, 10, 1)];
    assert.equal(verdict(...begun, ...heard, ...next(12), ...on(12)), '');
    assert.equal(verdict(...begun, heard[0] as Line, ...next(12), ...on(12)), 'C4');
  });

  it('lets those miss a message who were not there when it was submitted (C4)', () => {
    const alone: Line[] = [
      [1, regular(4, 1)],
      [2, regular(5, 2)],
    ];
    const next = (sequence: number): Line[] => [1, 2].map((node) => [node, regular(sequence, 1, 2)]);
    const on = (sequence: number): Line[] => [ringEvent(10, sequence), ringEvent(20, sequence)];
    const steps = [...next(8), ...joined, ...on(8), ...next(12), ...on(12), hear(10, 10, 1)];
    assert.equal(verdict(...alone, submit(10, 1), ...steps, ...next(16), ...on(16)), '');
    assert.equal(verdict(...alone, ...next(6), submit(10, 1), ...steps, ...next(16), ...on(16)), 'C4');
  });

  it('wants reasons, and a node to go down as a whole and never the own one (C5)', () => {
    assert.equal(verdict(...joined, group(10, [10], { left: because(JOIN, 20) })), 'C5');
    assert.equal(verdict(group(10, [10], { joined: because(LEAVE, 10) })), 'C5');
    assert.equal(verdict(...joined, group(10, [20], { left: because(NODE_DOWN, 10) })), 'C5');
    const two = group(10, [10, 20, 21], { joined: because(JOIN, 21) });
    assert.equal(verdict(...joined, two, group(10, [10, 21], { left: because(NODE_DOWN, 20) })), 'C5');
  });

  it('wants messages whole, and sent by somebody (C6)', () => {
    assert.equal(verdict(...joined, hear(10, 20, 1)), 'C6');
    assert.equal(verdict(...spoken, hear(10, 20, -1)), 'C6');
  });
});
