import type { PlantedBug } from '../bug.js';

const votes = 'engine-quorum/dist/votes.js';
const votequorum = 'engine-quorum/dist/votequorum.js';
const calculation = 'engine-quorum/dist/calculation.js';

/** Who may go on. */
export const quorumBugs: readonly PlantedBug[] = [
  {
    name: 'half-is-enough',
    what: 'half of the votes are a majority',
    row: 'G2',
    file: calculation,
    find: 'return Math.floor((Math.max(expectedVotes, totalVotes) + 2) / 2);',
    replace: 'return Math.floor((Math.max(expectedVotes, totalVotes) + 1) / 2);',
  },
  {
    name: 'dead-vote',
    what: 'nodes that left go on voting',
    file: calculation,
    find: 'if (node.state !== NodeState.member)\n            continue;\n        highestExpected',
    replace: 'highestExpected',
  },
  {
    name: 'departed-not-marked',
    what: 'a node that left is not marked as dead',
    file: votes,
    find: 'node.state = NodeState.dead;',
    replace: ';',
  },
  {
    name: 'only-the-present-expected',
    what: 'a part of the cluster expects no more votes than it has',
    file: votes,
    find: 'const here = change.byMembers ? present.voters : 0;',
    replace: 'const here = present.voters;',
  },
  {
    name: 'quorum-shrinks',
    what: 'a node follows what a smaller part expects',
    file: votes,
    find: 'const here = change.byMembers ? present.voters : 0;',
    replace:
      'const here = change.byMembers || this.members.length < this.previousMembers.length ? present.voters : 0;',
  },
  {
    name: 'verdict-before-all-have-spoken',
    what: 'quorum is decided while members of the new ring have not spoken yet',
    file: votes,
    find: 'if (!this.synchronising)\n            this.decide(totalVotes);',
    replace: 'this.decide(totalVotes);',
  },
  {
    name: 'verdict-about-old-ring',
    what: 'quorum is told about the ring before',
    file: votes,
    find: 'this.ring = view.ring;\n        return',
    replace: 'return',
  },
  {
    name: 'verdict-with-old-members',
    what: 'quorum is told about the members of before',
    file: votequorum,
    find: 'const { quorate, ring, members } = this.votes;\n        this.primary.announce',
    replace: 'const { quorate, ring, previousMembers: members } = this.votes;\n        this.primary.announce',
  },
  {
    name: 'verdict-told-twice',
    what: 'programs hear each verdict twice',
    row: 'G5',
    file: votequorum,
    find: 'if (quorate === this.votes.quorate)\n            this.tellVerdict();',
    replace: 'this.tellVerdict();',
  },
  {
    name: 'verdict-untold',
    what: 'programs do not hear of a new ring whose verdict is the old one',
    file: votequorum,
    find: 'if (quorate === this.votes.quorate)\n            this.tellVerdict();',
    replace: '',
  },
  {
    name: 'introduced-once',
    what: 'a node tells its votes at its first synchronisation only',
    file: votequorum,
    find: 'install(view) {\n        this.introduced = false;',
    replace: 'install(view) {',
  },
  {
    name: 'tie-breaker-on-both-sides',
    what: 'both halves of a cluster take themselves for the one with the deciding node',
    row: 'G2',
    file: calculation,
    find: "if (breaker === 'lowest')\n        return isMember(nodes, extremes.lowest);",
    replace: "if (breaker === 'lowest')\n        return true;",
  },
  {
    name: 'lowest-of-this-side',
    what: 'the node that breaks a tie is the lowest of those present, not of those last quorate',
    row: 'G2',
    file: votes,
    find: 'if (this.quorate)\n            this.markExtremes();',
    replace: 'this.markExtremes(); if (this.quorate) ;',
  },
];
