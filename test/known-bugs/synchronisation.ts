/** F: synchronisation. */
import type { KnownBug } from './known-bug.js';

const suite = 'packages/core/test/sync/synchronise.test.ts';

export const rows: readonly KnownBug[] = [
  {
    row: 'F1',
    symptom:
      'Barriers of a round that was given up counted for the next one, which ran beyond its list of services.',
    tests: [
      {
        file: suite,
        test: 'ignores barriers and service lists of an earlier ring, in any phase',
        property:
          'Every service is processed and activated once a round, in order, whatever old messages come.',
        finds: ['f1-messages-of-old-rings-count'],
      },
    ],
  },
  {
    row: 'F2',
    symptom: 'A service whose turn a round did not reach was not initialised for it, but got its messages.',
    tests: [
      {
        file: suite,
        test: 'aborts, wherever the ring breaks, all engines that are not active yet, and starts again',
        property:
          'Every round begins with the initialisation of all services, wherever the one before was cut.',
        finds: ['f2-initialised-when-it-is-their-turn'],
      },
    ],
  },
];
