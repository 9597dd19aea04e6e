import type { PlantedBug } from '../bug.js';

const recovery = 'totem/dist/ring/recovery.js';
const operational = 'totem/dist/ring/operational.js';
const commit = 'totem/dist/ring/commit.js';
const messages = 'totem/dist/ring/messages.js';

/** From one ring to the next: what is exchanged, delivered, installed. */
export const recoveryBugs: readonly PlantedBug[] = [
  {
    name: 'transitional-by-node-id',
    what: 'a member that restarted meanwhile counts as having come along',
    row: 'B13',
    file: recovery,
    find: 'r.members.includes(id) && sameOldRing(r, token.entries[i])',
    replace: 'r.members.includes(id)',
  },
  {
    name: 'old-ring-overwritten',
    what: 'a ring that was never installed counts as the old one when the attempt is repeated',
    row: 'B7',
    file: commit,
    find: 'r.ring = { representative: token.representative, sequence: token.ringSequence };',
    replace:
      'if (r.counters.continuous_gather > 1) r.oldRing = r.ring; r.ring = { representative: token.representative, sequence: token.ringSequence };',
  },
  {
    name: 'old-ring-not-restored',
    what: 'what was received of the old ring is forgotten when recovery fails',
    row: 'B7',
    file: recovery,
    find: 'if (r.saved === undefined)',
    replace: 'if (true)',
  },
  {
    name: 'old-ring-restored-to-nothing',
    what: 'a second failure of recovery restores what the first one had begun',
    row: 'B7',
    file: commit,
    find: 'r.saved ??= {',
    replace:
      'r.saved = r.counters.continuous_gather > 1 ? { aru: 0, highSeqReceived: r.highSeqReceived } : {',
  },
  {
    name: 'recovery-of-nothing',
    what: 'messages that others lack are not sent again on the new ring',
    file: recovery,
    find: 'if (someoneLacks) {',
    replace: 'if (false) {',
  },
  {
    name: 'recovery-from-own-aru',
    what: 'only what this node lacks itself is sent again on the new ring',
    file: recovery,
    find: 'if (r.deliverMembers.includes(token.members[i]) && sameOldRing(r, entry) && seqLt(entry.aru, low))',
    replace: 'if (token.members[i] === r.me && seqLt(entry.aru, low))',
  },
  {
    name: 'recovery-skips-the-first',
    what: 'the first message behind the lowest aru is not sent again on the new ring',
    file: recovery,
    find: 'let seq = range < SORT_QUEUE_SIZE ? low :',
    replace: 'let seq = range < SORT_QUEUE_SIZE && range > 0 ? (low + 1) >>> 0 :',
  },
  {
    name: 'recovery-taken-for-done',
    what: 'a message of recovery counts as sent by another member before any did',
    row: 'B9',
    file: recovery,
    find: 'return place >= 0 && r.recovered[place] === 1;',
    replace: 'return place >= 0 && slab.view.getUint32(offset + 2 * MCAST_SIZE - 28, true) % 3 === 0;',
  },
  {
    name: 'recovery-ends-with-messages-waiting',
    what: 'a member with messages of recovery to send does not say so on the token',
    row: 'B9',
    file: recovery,
    find: 'if (r.retransQueue.length > 0) {\n        if (token.retransFlag === 0) {',
    replace: 'if (r.retransQueue.length > 0) {\n        if (false) {',
  },
  {
    name: 'recovery-flag-cleared-for-others',
    what: 'a member without messages of recovery says that nobody has any',
    file: recovery,
    find: 'else if (token.retransFlag !== 0 && r.setRetransFlag) {',
    replace: 'else if (token.retransFlag !== 0) {',
  },
  {
    name: 'recovery-not-all-received',
    what: 'the new ring is installed before all have received what recovery sent',
    file: recovery,
    find: 'r.retransFlagCount >= 3 && seqLte(r.installSeq, token.aru)',
    replace: 'r.retransFlagCount >= 3',
  },
  {
    name: 'recovery-unfiltered',
    what: 'messages of recovery are delivered whatever old ring they are of',
    file: recovery,
    find: 'if (inner.representative !== r.oldRing.representative || inner.ringSequence !== r.oldRing.sequence)',
    replace: 'if (false)',
  },
  {
    name: 'recovered-tail-forgotten',
    what: 'messages of recovery beyond what this node had heard of are not delivered',
    file: recovery,
    find: 'if (seqLt(old.highSeqReceived, inner.seq))',
    replace: 'if (false)',
  },
  {
    name: 'received-flag-always-set',
    what: 'a member with holes in what it received says that it has everything',
    file: commit,
    find: 'mine.receivedFlag = r.receivedFlag ? 1 : 0;',
    replace: 'mine.receivedFlag = 1;',
  },
  {
    name: 'laggard-not-marked',
    what: 'members behind the furthest of their old ring are not marked as lacking something',
    file: commit,
    find: 'entry.receivedFlag = 0;',
    replace: ';',
  },
  {
    name: 'stop-at-a-gap',
    what: 'survivors do not deliver what comes behind a message that nobody has',
    row: 'B10',
    file: operational,
    find: 'deliver(r, old.highSeqReceived, true);',
    replace: 'deliver(r, old.highSeqReceived, false);',
  },
  {
    name: 'gap-passed-over',
    what: 'messages behind one that is missing are delivered at once',
    file: messages,
    find: 'deliver(r, r.highSeqReceived, false);',
    replace: 'deliver(r, r.highSeqReceived, true);',
  },
  {
    name: 'departed-behind-a-gap',
    what: 'behind a gap messages of departed members are delivered, which may depend on what is missing',
    file: operational,
    find: 'if (skip && !r.deliverMembers.includes(from))',
    replace: 'if (false)',
  },
  {
    name: 'rest-in-transitional',
    what: 'what could be delivered in the old configuration is delivered in the transitional one',
    file: operational,
    find: '    deliver(r, old.highSeqReceived, false);\n',
    replace: '',
  },
  {
    name: 'regular-without-transitional',
    what: 'the new configuration is installed without a transitional one before it',
    file: operational,
    find: "r.upcalls.configuration({ kind: 'transitional', ring: r.ring, members: transitional, left, joined: [] });",
    replace: '',
  },
  {
    name: 'recovery-messages-delivered-again',
    what: 'what recovery sent is delivered as messages of the new ring',
    file: operational,
    find: 'r.highDelivered = highest;',
    replace: 'r.highDelivered = 0;',
  },
  {
    name: 'aru-of-recovery-kept',
    what: 'the aru of the old ring goes on in the new one',
    file: operational,
    find: 'r.aru = newAru;',
    replace: '',
  },
];
