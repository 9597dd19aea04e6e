import type { PlantedBug } from '../bug.js';

const file = 'core/dist/sync/synchronise.js';

/** Bugs that corosync had with synchronisation. */
export const knownSynchronisationBugs: readonly PlantedBug[] = [
  {
    name: 'f1-messages-of-old-rings-count',
    what: 'barriers and lists of services count whatever ring they are from',
    row: 'F1',
    file,
    find: '!sameRing(message.ring, round.ring)',
    replace: 'false',
  },
  {
    name: 'f2-initialised-when-it-is-their-turn',
    what: 'only the first service is initialised when a round begins',
    row: 'F2',
    file,
    find: 'for (const running of able) {',
    replace: 'for (const running of able.slice(0, 1)) {',
  },
];
