import type { PlantedBug } from '../bug.js';

/** How much a node may send, and when an idle ring's token rests. */
export const flowBugs: readonly PlantedBug[] = [
  {
    name: 'max-messages-ignored',
    what: 'a visit of the token sends as much as the window holds, whatever max_messages says',
    file: 'totem/dist/ring/flow-control.js',
    find: 'let allowed = Math.min(maxMessages, free);',
    replace: 'let allowed = free;',
  },
  {
    name: 'fcc-only-grows',
    what: 'what this node sent a rotation ago is not taken off the count on the token, and a full window stops it',
    file: 'totem/dist/ring/flow-control.js',
    find: 'const free = (windowSize - token.fcc) >>> 0;',
    replace: 'token.fcc += r.transmitCount; const free = Math.max(0, windowSize - token.fcc);',
  },
  {
    name: 'backlog-negative',
    what: 'the backlog on the token goes below nothing, and a share of it is nothing',
    file: 'totem/dist/ring/flow-control.js',
    find: 'if (share > 0)\n            allowed = Math.min(allowed, share);',
    replace: 'allowed = Math.min(allowed, share);',
  },
  {
    name: 'held-token-never-released',
    what: 'the representative of an idle ring keeps the token for good',
    file: 'totem/dist/ring/token.js',
    find: '    if (held)\n        r.holdTimer.start(r.settings.hold);',
    replace: '    if (held) r.tokenRetransmitTimer.stop();',
  },
  {
    name: 'token-held-by-everybody',
    what: 'every member of an idle ring holds the token, not the representative alone',
    file: 'totem/dist/ring/token.js',
    find: 'const held = r.isRepresentative && r.tokenHeld;',
    replace: 'const held = r.tokenHeld;',
  },
  {
    name: 'held-token-without-retransmission',
    what: 'a token that is lost on its way out of the representative after a hold is not sent again',
    file: 'totem/dist/ring/token-hold.js',
    find: "if (r.state === 'gather' || r.left)\n        return;\n    r.transmitToken();",
    replace:
      "if (r.state === 'gather' || r.left)\n        return;\n    if (r.state === 'operational') r.sentToken.length = 0;\n    r.transmitToken();",
  },
  {
    name: 'sort-queue-window-short',
    what: 'the sort queue takes messages for older than they are',
    file: 'totem/dist/ring/sort-queue.js',
    find: 'return (seq - this.head) >>> 0 < SORT_QUEUE_SIZE;',
    replace: 'return (seq - this.head) >>> 0 < 16;',
  },
  {
    name: 'sort-queue-releases-one-more',
    what: 'one message more is forgotten than all are known to have',
    file: 'totem/dist/ring/sort-queue.js',
    find: 'while (!seqLt(seq, this.head)) {',
    replace: 'while (!seqLt((seq + 1) >>> 0, this.head)) {',
  },
];
