import type { PlantedBug } from '../bug.js';

const file = 'totem/dist/ring/token.js';

/** A visit of the token: ordering, retransmission, what may be forgotten. */
export const tokenBugs: readonly PlantedBug[] = [
  {
    name: 'token-duplicates-count',
    what: 'a token that was here before is taken for the next one',
    file,
    find: 'if (seqLte(token.tokenSeq, r.tokenSeq))',
    replace: 'if (seqLt(token.tokenSeq, r.tokenSeq))',
  },
];
