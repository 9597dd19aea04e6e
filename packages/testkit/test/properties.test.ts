import assert from 'node:assert/strict';
import {
  DeliveryChecker,
  GroupChecker,
  LivenessChecker,
  MembershipChecker,
  QuorumChecker,
  RestChecker,
  properties,
  type Change,
  type Happening,
  type Property,
} from '@coterie/testkit';
import { deliver, judge, originate, regular, ring, transitional, type Line } from './traces.js';

/** The properties that a trace breaks, all checkers watching. */
function broken(lines: readonly Line[]): string {
  const checkers = [
    ...[new MembershipChecker(), new DeliveryChecker(), new GroupChecker(), new QuorumChecker()],
    ...[new LivenessChecker(), new RestChecker()],
  ];
  return [...new Set(judge(checkers, ...lines).map(({ property }) => property))].join(' ');
}

const both = [1, 2];
const [JOIN, LEAVE, NODE_DOWN] = [1, 2, 3];

/** Nodes 1 and 2 install ring 4, and node 1 sends packets 1 to 3. */
const ring4: Line[] = [
  [1, regular(4, 1, 2)],
  [2, regular(4, 1, 2)],
];
const sent: Line[] = [...ring4, [1, originate(4, 1)], [1, originate(4, 2)], [1, originate(4, 3)]];
const delivered = (node: number, ...seqs: number[]): Line[] => seqs.map((seq) => [node, deliver(4, seq, 1)]);
/** The node goes on to ring `sequence`, with both nodes. */
const step = (node: number, sequence = 8): Line[] => [
  [node, transitional(sequence, both, 1, 2)],
  [node, regular(sequence, 1, 2)],
];
const synchronised = (...nodes: number[]): Line[] => nodes.map((node) => [node, { kind: 'synchronised' }]);
const quiet: Line = [0, { kind: 'quiet', patience: 10 }];
const starts: Line[] = both.map((node) => [node, { kind: 'start' }]);
/** Both nodes are on ring 4, and nothing disturbs them any more. */
const rest: Line[] = [...starts, ...ring4, quiet, ...synchronised(1, 2)];

/** Program 10 n is of node n. */
function process(pid: number) {
  return { nodeId: Math.floor(pid / 10), pid };
}
function because(reason: number, ...pids: number[]): Change[] {
  return pids.map((pid) => ({ ...process(pid), reason }));
}
function group(pid: number, members: number[], joined: Change[], left: Change[] = []): Line {
  const lists = { members: members.map(process), joined, left };
  return [process(pid).nodeId, { kind: 'group', group: 'g', pid, ...lists }];
}
const submit = (pid: number, number: number): Line => [
  process(pid).nodeId,
  { kind: 'submit', group: 'g', pid, number },
];
const hear = (pid: number, from: number, number: number): Line => [
  process(pid).nodeId,
  { kind: 'hear', group: 'g', pid, from: process(from), number },
];
const told = (pid: number, sequence: number): Line => [
  process(pid).nodeId,
  { kind: 'group-ring', group: 'g', pid, ring: ring(sequence, both), members: both },
];
const verdict = (node: number, quorate: boolean, sequence: number, ...members: number[]): Line => [
  node,
  { kind: 'quorum', quorate, ring: ring(sequence, members), members } satisfies Happening,
];

/** Programs 10 and 20 are in the group and have said something. */
const joined: Line[] = [
  group(10, [10], because(JOIN, 10)),
  group(10, [10, 20], because(JOIN, 20)),
  group(20, [10, 20], because(JOIN, 20)),
];
const said: Line[] = [...joined, submit(10, 1), submit(20, 1)];
/** The same on ring 4, told to both; then they come to ring 8. */
const toRing8 = (...between: Line[]): Line[] => [
  ...[...ring4, ...said, told(10, 4), told(20, 4), ...step(1), ...step(2), told(10, 8), told(20, 8)],
  ...[...between, ...step(1, 12), ...step(2, 12), told(10, 12), told(20, 12)],
];
/** At rest on ring 4, with programs that were told of it. */
const atRest: Line[] = [...rest, ...joined, told(10, 4), told(20, 4)];

/** Node 2 dies, and node 1 goes on alone. */
const withoutNode2: Line[] = [
  [2, { kind: 'fail', how: 'crash' }],
  [1, transitional(8, [1], 1)],
  [1, regular(8, 1)],
  ...synchronised(1),
];
/** Program 10 has 20 and 30 of other nodes beside it. */
const three: Line[] = [...ring4, group(10, [10, 20, 30], because(JOIN, 10)), told(10, 4)];
const goes = (pid: number, ...staying: number[]): Line =>
  group(10, [10, ...staying], [], because(NODE_DOWN, pid));

/** A trace that breaks the property and nothing else, and its twin that breaks nothing. */
interface Twins {
  readonly broken: readonly Line[];
  readonly whole: readonly Line[];
  /** What such a trace cannot but break too. */
  readonly also?: Property;
}

const twins: Readonly<Record<Property, Twins>> = {
  M1: {
    broken: [
      [1, regular(4, 1, 2)],
      [2, regular(4, 1, 2, 3)],
    ],
    whole: ring4,
  },
  M2: {
    broken: [
      [1, regular(8, 1)],
      ['1.2', regular(8, 1)],
    ],
    whole: [
      [1, regular(8, 1)],
      ['1.2', regular(12, 1)],
    ],
  },
  M3: {
    broken: [...ring4, [1, regular(8, 1, 2)]],
    whole: [...ring4, ...step(1)],
  },
  M4: {
    // Node 3 dies on the way, so that nothing but the lists can tell.
    broken: threeToRing8([1, 2, 3], [1, 2]),
    whole: threeToRing8([1, 2, 3], [1, 2, 3]),
  },
  '1.2': {
    broken: [...sent, ...delivered(1, 1, 2, 3), ...delivered(2, 1, 2, 3), ...step(1), ...delivered(1, 1)],
    whole: [...sent, ...delivered(1, 1, 2, 3), ...delivered(2, 1, 2, 3), ...step(1)],
  },
  '1.3': {
    broken: [...sent, ...delivered(2, 1, 2, 3, 4)],
    whole: [...sent, [1, originate(4, 4)], ...delivered(2, 1, 2, 3, 4)],
  },
  '1.4': { broken: [...sent, ...delivered(2, 1, 2, 2, 3)], whole: [...sent, ...delivered(2, 1, 2, 3)] },
  '3': {
    broken: [...sent, ...delivered(1, 1, 2), ...step(1)],
    whole: [...sent, ...delivered(1, 1, 2, 3), ...step(1)],
  },
  '4': {
    broken: [...sent, ...delivered(1, 1, 2, 3), ...step(1), ...delivered(2, 1, 2), ...step(2)],
    whole: [...sent, ...delivered(1, 1, 2, 3), ...step(1), ...delivered(2, 1, 2, 3), ...step(2)],
  },
  '5': {
    broken: [...ring4, [1, originate(4, 2)], [1, originate(4, 1)]],
    whole: [...ring4, [1, originate(4, 1)], [1, originate(4, 2)]],
  },
  '6.1': {
    // What is numbered has an order; so only rings can come in two.
    broken: [...alone(2, 8, 4), ...alone(1, 4, 8)],
    whole: [...ring4, ...step(2), ...step(1)],
    also: 'M2',
  },
  '6.2': {
    broken: [...sent, [2, deliver(4, 1, 1, 99)]],
    whole: [...sent, [2, deliver(4, 1, 1)]],
  },
  '6.3': { broken: [...sent, ...delivered(2, 1, 3)], whole: [...sent, ...delivered(2, 1, 2, 3)] },
  L1: {
    broken: [...starts, [1, regular(4, 1)], [2, regular(8, 2)], ...synchronised(1, 2), quiet],
    whole: [
      ...([...starts, [1, regular(4, 1)], [2, regular(8, 2)], ...synchronised(1, 2), quiet] as Line[]),
      ...([
        [1, transitional(12, both, 1)],
        [2, transitional(12, both, 2)],
      ] as Line[]),
      ...([[1, regular(12, 1, 2)], [2, regular(12, 1, 2)], ...synchronised(1, 2)] as Line[]),
    ],
  },
  L2: {
    broken: [...rest, [1, originate(4, 1)], ...delivered(1, 1)],
    whole: [...rest, [1, originate(4, 1)], ...delivered(1, 1), ...delivered(2, 1)],
  },
  L3: { broken: [...rest, ...step(1), ...step(2), ...synchronised(1, 2)], whole: rest },
  C1: {
    broken: [...said, hear(10, 10, 1), hear(10, 20, 1), hear(20, 20, 1), hear(20, 10, 1)],
    whole: [...said, hear(10, 10, 1), hear(10, 20, 1), hear(20, 10, 1), hear(20, 20, 1)],
  },
  C2: {
    broken: [...joined, group(10, [10, 20, 21], [])],
    whole: [...joined, group(10, [10, 20, 21], because(JOIN, 21))],
  },
  C3: {
    broken: [...said, submit(10, 2), submit(10, 3), hear(20, 10, 1), hear(20, 10, 3)],
    whole: [...said, submit(10, 2), submit(10, 3), hear(20, 10, 1), hear(20, 10, 2), hear(20, 10, 3)],
  },
  C4: {
    broken: toRing8(hear(10, 10, 1)),
    whole: toRing8(hear(10, 10, 1), hear(20, 10, 1)),
  },
  C5: {
    broken: [...joined, group(10, [10], [], because(JOIN, 20))],
    whole: [...joined, group(10, [10], [], because(LEAVE, 20))],
  },
  C6: { broken: [...said, hear(10, 20, -1)], whole: [...said, hear(10, 20, 1)] },
  C7: {
    broken: [...atRest, group(20, [20], [], because(LEAVE, 10))],
    whole: atRest,
  },
  C8: {
    broken: [...three, ...step(1), goes(20, 30), goes(30)],
    whole: [...three, ...step(1), goes(20, 30), told(10, 8), goes(30)],
  },
  C9: {
    broken: [...rest, ...joined, told(10, 4)],
    whole: atRest,
  },
  Q1: {
    broken: [...ring4, verdict(1, true, 4, 1, 2), verdict(2, false, 4, 1, 2)],
    whole: [...ring4, verdict(1, true, 4, 1, 2), verdict(2, true, 4, 1, 2)],
  },
  Q2: { broken: [...ring4, verdict(1, true, 4, 1)], whole: [...ring4, verdict(1, true, 4, 1, 2)] },
  Q3: {
    broken: [[1, regular(4, 1)], [2, regular(8, 2)], verdict(1, true, 4, 1), verdict(2, true, 8, 2)],
    whole: [[1, regular(4, 1)], [2, regular(8, 2)], verdict(1, true, 4, 1), verdict(2, false, 8, 2)],
  },
  Q4: {
    broken: [...rest, verdict(1, false, 4, 1, 2), verdict(2, false, 4, 1, 2)],
    whole: [...rest, verdict(1, true, 4, 1, 2), verdict(2, true, 4, 1, 2)],
  },
  Q5: {
    broken: [...atRest, ...withoutNode2, told(10, 8)],
    whole: [...atRest, ...withoutNode2, group(10, [10], [], because(NODE_DOWN, 20)), told(10, 8)],
    also: 'C7',
  },
};

describe('every property', () => {
  for (const [property, { broken: cracked, whole, also }] of Object.entries(twins)) {
    const name = properties[property as Property];
    it(`${property} (${name}) is missed where it is broken, and only there`, () => {
      const expected = [property, ...(also === undefined ? [] : [also])].sort();
      assert.deepEqual(broken(cracked).split(' ').sort(), expected);
      assert.equal(broken(whole), '');
    });
  }

  it('but safe delivery is among them: 7.1 and 7.2 do not apply, as on corosync every message is agreed', () => {
    assert.deepEqual(
      Object.keys(properties).filter((name) => name.startsWith('7')),
      [],
    );
  });
});

/** The node installs two rings one after the other, and nobody comes along. */
function alone(node: number, ...sequences: [number, number]): Line[] {
  const [first, second] = sequences;
  return [
    [node, regular(first, 1, 2)],
    [node, transitional(second, both, node)],
    [node, regular(second, 1, 2)],
  ];
}

/** Nodes 1 to 3 leave ring 4 for ring 8; nodes 1 and 2 with these transitional configurations, node 3 dies. */
function threeToRing8(first: number[], second: number[]): Line[] {
  const members = [1, 2, 3];
  return [
    ...members.map((node): Line => [node, regular(4, ...members)]),
    [3, { kind: 'fail', how: 'crash' }],
    [1, transitional(8, members, ...first)],
    [2, transitional(8, members, ...second)],
    [1, regular(8, ...members)],
    [2, regular(8, ...members)],
  ];
}
