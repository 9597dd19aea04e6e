/** G: quorum. */
import type { KnownBug } from './known-bug.js';

const votequorum = 'packages/engine-quorum/test/votequorum.test.ts';

export const rows: readonly KnownBug[] = [
  {
    row: 'G2',
    symptom: 'With auto_tie_breaker and an odd number of nodes both sides of a split were quorate.',
    tests: [
      {
        file: 'packages/engine-quorum/test/partitions.test.ts',
        test: 'never makes both sides of a split quorate: auto_tie_breaker lowest and wait_for_all',
        property: 'No split of 2 to 7 nodes has two quorate sides.',
        finds: ['g2-tie-breaker-against-majority'],
      },
    ],
    remark: 'The suite goes through all splits of 2 to 7 nodes for nine combinations of options.',
  },
  {
    row: 'G3',
    symptom: 'A reload that left two nodes did not imply wait_for_all: both went on alone.',
    tests: [
      {
        file: votequorum,
        test: 'implies wait_for_all when a reload leaves two nodes (G3)',
        property: 'The node that is not quorate does not become so alone.',
        finds: ['g3-two-nodes-need-not-wait', 'g3-alone-after-reload'],
      },
    ],
    remark: 'In the engine, where the rule is; that a reload reaches it is tested with a daemon.',
  },
  {
    row: 'G4',
    symptom: 'After a reload from one node to three with wait_for_all quorum and votequorum disagreed.',
    tests: [
      {
        file: votequorum,
        test: 'says the same as the quorum service after a reload from one node to three (G4)',
        property: 'The verdict of the quorum service is the flag of votequorum.',
        finds: ['g4-verdict-not-passed-on'],
      },
    ],
  },
  {
    row: 'G5',
    symptom: 'A second request to track corrupted a list, and the daemon crashed.',
    tests: [
      {
        file: 'packages/engine-quorum/test/quorum.test.ts',
        test: 'refuses a second trackstart and still tells each change once (G5)',
        property: 'The second one is refused, and each change told once.',
        finds: ['g5-second-trackstart-taken'],
      },
    ],
  },
];
