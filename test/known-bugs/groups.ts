/** E: process groups. */
import type { KnownBug } from './known-bug.js';

const synchronisation = 'packages/engine-cpg/test/synchronisation.test.ts';
const membership = 'packages/engine-cpg/test/membership.test.ts';

export const rows: readonly KnownBug[] = [
  {
    row: 'E3',
    symptom: 'A process that ended while this node was paused stayed in its group.',
    tests: [
      {
        file: synchronisation,
        test: 'takes out a process whose end this node did not hear of (E3)',
        property: 'After the next round it has left, with reason PROCDOWN.',
        finds: ['e3-unlisted-processes-stay'],
      },
    ],
  },
  {
    row: 'E4',
    symptom:
      'A node that found itself on a list of those that went took out its own processes: they heard nothing more.',
    tests: [
      {
        file: 'packages/engine-cpg/test/captures.test.ts',
        test: 'never take out local processes, even without a transitional configuration (E4)',
        property: 'Local processes stay members.',
        finds: ['e4-own-node-departs'],
      },
      {
        file: synchronisation,
        test: 'keeps every local client informed when ten nodes start together (E4)',
        property: 'Each gets its own join and everything after it.',
        finds: ['e4-own-node-departs-with-others'],
      },
    ],
    remark:
      'Here no node follows the lists of others, so the ways of ten nodes into one ring matter less: three rounds of halves and merges of ten, and the campaigns.',
  },
  {
    row: 'E5',
    symptom:
      'A node that had joined counted as down: its processes were taken in before the lists of those that went.',
    tests: [
      {
        file: synchronisation,
        test: 'adds everybody once, in whatever order lists and barriers come (E5)',
        property:
          'In all 1,680 orders of three nodes’ messages everybody has the same members, each told once.',
        finds: ['e5-lists-by-order-of-arrival'],
      },
      {
        file: synchronisation,
        test: 'counts a node as down that was away for a round, though that was interrupted',
        property: 'Its processes leave and come, in this order.',
        finds: ['e5-joins-before-departures'],
      },
    ],
  },
  {
    row: 'E7',
    symptom: 'Members were told the wrong reason of a departure, or two departures.',
    tests: [
      {
        file: membership,
        test: 'give one event for: finalize, then disconnect (E7)',
        property: 'One event, with reason PROCDOWN.',
        finds: ['e7-process-down-says-leave'],
      },
      {
        file: membership,
        test: 'give one event for: leave, then finalize (E7)',
        property: 'One event, with reason LEAVE.',
        finds: ['e7-leave-says-process-down'],
      },
    ],
    remark: 'The suite has four ends: leave and finalize, leave and disconnect, finalize, disconnect.',
  },
  {
    row: 'E8',
    symptom:
      'A process that joined again while its leave was on the way, or twice, corrupted the list of members.',
    tests: [
      {
        file: 'packages/engine-cpg/test/requests.test.ts',
        test: 'let a process join again only when its leave has been delivered (E8)',
        property: 'TRY_AGAIN until then, EXIST for a second membership; the list stays right.',
        finds: ['e8-joins-before-leave-is-back', 'e8-joins-twice'],
      },
    ],
    remark: '1,000 loops in the engine instead of 10,000 through IPC.',
  },
];
