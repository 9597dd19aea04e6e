import type { PlantedBug } from '../bug.js';

const file = 'totem/dist/ring/token.js';

/** A visit of the token: order, retransmission, what may be forgotten. */
export const tokenBugs: readonly PlantedBug[] = [
  {
    name: 'token-duplicates-count',
    what: 'a token that was here before is taken for the next one',
    file,
    find: 'if (seqLte(token.tokenSeq, r.tokenSeq))',
    replace: 'if (seqLt(token.tokenSeq, r.tokenSeq))',
  },
  {
    name: 'token-of-any-ring',
    what: 'the token of another ring is taken for that of this one',
    file,
    find: 'if (token.representative !== r.ring.representative || token.ringSequence !== r.ring.sequence)',
    replace: 'if (false)',
  },
  {
    name: 'token-in-gather',
    what: 'the token is accepted while the membership is being found out',
    file: 'totem/dist/ring/gather.js',
    find: 'r.tokenDiscarded = true;',
    replace: '',
  },
  {
    name: 'token-loss-unnoticed',
    what: 'the loss of the token is not watched for once the ring is operational',
    file,
    find: '    r.tokenLossTimer.start(r.tokenLossTimeout);\n',
    replace:
      '    if (r.state === "recovery") r.tokenLossTimer.start(r.tokenLossTimeout); else r.tokenLossTimer.stop();\n',
  },
  {
    name: 'release-at-own-aru',
    what: 'messages are forgotten once this node has delivered them, whoever still lacks them',
    file,
    find: 'let upTo = seqLt(token.aru, r.lastAru) ? token.aru : r.lastAru;',
    replace: 'let upTo = r.aru;',
  },
  {
    name: 'release-a-rotation-early',
    what: 'messages are forgotten at the first token that says all have them, not at the second',
    row: 'A7',
    file,
    find: 'let upTo = seqLt(token.aru, r.lastAru) ? token.aru : r.lastAru;',
    replace: 'let upTo = token.aru;',
  },
  {
    name: 'rtr-list-never-cleared',
    what: 'a request for retransmission stays on the token after it was met',
    row: 'A7',
    file,
    find: '            sent++;\n            continue;\n        }\n        token.rtrRepresentative[kept]',
    replace: '            sent++;\n        }\n        token.rtrRepresentative[kept]',
  },
  {
    name: 'rtr-never-requested',
    what: 'nobody asks for messages that are missing',
    file,
    find: 'while (seqLt(seq, token.seq) && token.rtrCount < MAX_RTR) {',
    replace: 'while (false) {',
  },
  {
    name: 'rtr-of-newest-missing-forgotten',
    what: 'the last message of a ring is never asked for',
    file,
    find: 'while (seqLt(seq, token.seq) && token.rtrCount < MAX_RTR) {',
    replace: 'while (seqLt((seq + 1) >>> 0, token.seq) && token.rtrCount < MAX_RTR) {',
  },
  {
    name: 'rtr-from-own-messages-only',
    what: 'only the sender of a message sends it again',
    file,
    find: 'if (sent < allowed && queue.get(seq, r.packet)) {',
    replace:
      'if (sent < allowed && queue.get(seq, r.packet) && r.packet.slab.view.getUint32(r.packet.offset + 5, true) === r.me) {',
  },
  {
    name: 'aru-never-lowered',
    what: 'a node that lacks messages does not lower the aru of the token',
    file,
    find: 'if (!seqLt(r.aru, token.aru) && token.aruAddr !== r.me && token.aruAddr !== 0)',
    replace: 'if (seqLt(r.aru, token.aru))',
  },
  {
    name: 'aru-raised-by-anybody',
    what: 'the aru of the token is raised by others than who lowered it',
    file,
    find: 'if (!seqLt(r.aru, token.aru) && token.aruAddr !== r.me && token.aruAddr !== 0)',
    replace: 'if (false)',
  },
  {
    name: 'aru-address-kept',
    what: 'who lowered the aru stays on the token after it has caught up',
    file,
    find: 'token.aruAddr = token.aru === token.seq ? 0 : r.me;',
    replace: 'token.aruAddr = r.me;',
  },
  {
    name: 'aru-over-a-hole',
    what: 'the own aru moves on over a message that is missing',
    file,
    find: 'while (seqLte(next, r.highSeqReceived) && queue.has(next)) {',
    replace: 'while (seqLte(next, r.highSeqReceived) && (queue.has(next) || queue.has((next + 1) >>> 0))) {',
  },
  {
    name: 'failed-to-receive-not-remembered',
    what: 'a node that cannot receive accuses itself and then waits for the others as if it had not',
    row: 'A8',
    file,
    find: 'r.failedToReceive = true;',
    replace: '',
  },
  {
    name: 'token-forwarded-unchanged',
    what: 'the number of the token does not grow from hop to hop',
    file,
    find: 'token.tokenSeq = (token.tokenSeq + 1) >>> 0;',
    replace: '',
  },
  {
    name: 'number-given-twice',
    what: 'after a retransmission the next message gets the number of the last one',
    file,
    find: 'token.seq = (token.seq + 1) >>> 0;',
    replace:
      'if (sent > 0 || r.counters.mcast_retx === 0 || r.counters.mcast_retx === r.plantedRetx) token.seq = (token.seq + 1) >>> 0; r.plantedRetx = r.counters.mcast_retx;',
  },
  {
    name: 'own-message-not-kept',
    what: 'a node cannot send its own messages again',
    file,
    find: 'if (sent < allowed && queue.get(seq, r.packet)) {',
    replace:
      'if (sent < allowed && queue.get(seq, r.packet) && r.packet.slab.view.getUint32(r.packet.offset + 5, true) !== r.me) {',
  },
];
