/** I: the database and the configuration. */
import type { KnownBug } from './known-bug.js';

export const rows: readonly KnownBug[] = [
  {
    row: 'I1',
    symptom: 'An iterator that stood at a key that was deleted crashed the daemon.',
    tests: [
      {
        file: 'packages/engine-confdb/test/iterators.test.ts',
        test: 'come to every key that is still there, whatever four clients set and delete meanwhile (I1)',
        property:
          'In 100,000 operations each step of an iterator comes to the next key that still exists, or to the end.',
        finds: ['i1-iterates-over-deleted-keys'],
      },
    ],
    remark: 'In the engine, which answers these requests one after the other whichever way they come.',
  },
  {
    row: 'I2',
    symptom: 'The node with the newest config_version ended, too.',
    tests: [
      {
        file: 'packages/engine-confdb/test/config-version.test.ts',
        test: 'stops the older nodes, never the newest (I2)',
        property: 'Whoever has the newest version lives.',
        finds: ['i2-newest-ends-too', 'i2-older-lives'],
      },
    ],
    remark: 'In the engine, with three nodes’ messages.',
  },
  {
    row: 'I3',
    symptom: 'A second reload that failed crashed, as did one that added an interface.',
    tests: [
      {
        file: 'packages/core/test/config/reload.test.ts',
        test: 'refuses to move a node or to become another one',
        property: 'A reload that cannot be done is refused as a whole.',
        finds: ['i3-node-moves'],
      },
    ],
    remark:
      'A reload is planned before anything is changed, so there is nothing that a failed one could leave behind; packages/core/test/daemon has one with a daemon.',
  },
];
