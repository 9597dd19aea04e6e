import type { PlantedBug } from '../bug.js';

const token = 'totem/dist/ring/token.js';

/** Bugs that corosync had with the token, the order of messages and their retransmission. */
export const knownOrderingBugs: readonly PlantedBug[] = [
  {
    name: 'a1-gives-up-far-behind',
    what: 'a node that lacks more than 1,024 messages asks for none',
    row: 'A1',
    file: token,
    find: 'while (seqLt(seq, token.seq) &&',
    replace: 'while (token.seq - r.aru <= 1024 && seqLt(seq, token.seq) &&',
  },
  {
    name: 'a2-repeated-token-counts',
    what: 'a token that comes again counts as a rotation without progress',
    row: 'A2',
    file: token,
    find: "return 'token_duplicate';",
    replace: "{ if (token.aruAddr !== 0) r.aruCount++; return 'token_duplicate'; }",
  },
  {
    name: 'a3-repeated-token-restarts-timer',
    what: 'a token that comes again restarts the token-loss timer',
    row: 'A3',
    file: token,
    find: "return 'token_duplicate';",
    replace: "{ r.tokenLossTimer.start(r.tokenLossTimeout); return 'token_duplicate'; }",
  },
  {
    name: 'a4-asks-at-once',
    what: 'a message is asked for at the first token that came without it',
    row: 'A4',
    file: token,
    find: 'queue.miss(seq) < r.settings.missCountConst',
    replace: 'queue.miss(seq) < 1',
  },
  {
    name: 'a5-hold-always-cancelled',
    what: 'retransmission keeps the token from being held whatever the configuration says',
    row: 'A5',
    file: token,
    find: 'r.settings.cancelTokenHoldOnRetransmit &&',
    replace: '',
  },
  {
    name: 'a5-hold-never-cancelled',
    what: 'the token is held in spite of retransmission whatever the configuration says',
    row: 'A5',
    file: token,
    find: 'r.settings.cancelTokenHoldOnRetransmit &&',
    replace: 'false &&',
  },
  {
    name: 'a7-recovery-ends-early',
    what: 'recovery ends although the aru says that somebody lacks its messages',
    row: 'A7',
    file: 'totem/dist/ring/recovery.js',
    find: 'r.retransFlagCount >= 3 && seqLte(r.installSeq, token.aru)',
    replace: 'r.retransFlagCount >= 3',
  },
  {
    name: 'a8-accused-node-needs-others',
    what: 'a node that accuses itself has no consensus when it counts everybody among the failed',
    row: 'A8',
    file: 'totem/dist/ring/gather.js',
    find: '(alive.length > 0 || r.failedToReceive) &&',
    replace: 'alive.length > 0 &&',
  },
  {
    name: 'a8-failure-never-declared',
    what: 'a node that holds the ring up never says so',
    row: 'A8',
    file: token,
    find: 'r.aruCount <= r.settings.failRecvConst',
    replace: 'r.aruCount <= 1e9',
  },
];
