import type { PlantedBug } from '../bug.js';

const votes = 'engine-quorum/dist/votes.js';

/** Bugs that corosync had with quorum. */
export const knownQuorumBugs: readonly PlantedBug[] = [
  {
    name: 'g2-tie-breaker-against-majority',
    what: 'the tie-breaker helps half of an odd number although the others have quorum by themselves',
    row: 'G2',
    file: votes,
    find: 'if (this.previousMembers.length - this.members.length >= this.quorum)',
    replace: 'if (false)',
  },
  {
    name: 'g3-two-nodes-need-not-wait',
    what: 'two_node does not imply wait_for_all',
    row: 'G3',
    file: 'engine-quorum/dist/rules.js',
    find: 'fixed.waitForAll ?? twoNode',
    replace: 'fixed.waitForAll ?? false',
  },
  {
    name: 'g3-alone-after-reload',
    what: 'wait_for_all that a reload implies does not begin with waiting',
    row: 'G3',
    file: votes,
    find: 'else if (!followed && !this.quorate)',
    replace: 'else if (false)',
  },
  {
    name: 'g4-verdict-not-passed-on',
    what: 'the quorum service hears of a change only after the next change of the ring',
    row: 'G4',
    file: 'engine-quorum/dist/votequorum.js',
    find: 'if (quorate !== this.votes.quorate)\n            this.tellVerdict();',
    replace: '',
  },
  {
    name: 'g5-second-trackstart-taken',
    what: 'a second request to track is taken',
    row: 'G5',
    file: 'engine-quorum/dist/quorum.js',
    find: 'already ? CsError.EXIST : CsError.OK',
    replace: 'CsError.OK',
  },
];
