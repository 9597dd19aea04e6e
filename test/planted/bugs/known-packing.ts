import type { PlantedBug } from '../bug.js';

const assemble = 'totem/dist/groups/assemble.js';
const operational = 'totem/dist/ring/operational.js';

/** Bugs that corosync had with messages in packets. */
export const knownPackingBugs: readonly PlantedBug[] = [
  {
    name: 'c2-next-message-appended',
    what: 'a message that follows a long one is appended to it',
    row: 'C2',
    file: assemble,
    find: 'this.deliver(from, assembly.view, 0, assembly.length);\n                assembly.length = 0;',
    replace: 'this.deliver(from, assembly.view, 0, assembly.length);',
  },
  {
    name: 'c3-lengths-unchecked',
    what: 'lengths of parts are believed',
    row: 'C3',
    file: assemble,
    find: 'if (length < head || length !== head + sumOfLengths(view, offset, count))',
    replace: 'if (false)',
  },
  {
    name: 'c4-buffers-switched-early',
    what: 'recovered messages are assembled apart from the beginnings that were delivered before',
    row: 'C4',
    file: operational,
    find: 'deliver(r, old.highSeqReceived, true);\n    r.groups.transitional();',
    replace: 'r.groups.transitional();\n    deliver(r, old.highSeqReceived, true);',
  },
  {
    name: 'c5-ordinary-messages-first',
    what: 'messages that waited are sent ahead of synchronisation',
    row: 'C5',
    file: operational,
    find: 'r.groups.awaitSynchronised();',
    replace: '',
  },
  {
    name: 'c5-staged-with-synchronisation',
    what: 'the packet being filled goes out with synchronisation',
    row: 'C5',
    file: 'totem/dist/groups/pack.js',
    find: 'if (this.count > 0)\n            this.seal(0);\n        this.queue = queue;',
    replace: 'this.queue = queue;',
  },
  {
    name: 'c6-torn-message-awaited',
    what: 'what a node has sent of a message outlives it, and its next packet is taken for the rest',
    row: 'C6',
    file: assemble,
    find: 'this.normal.delete(id);',
    replace:
      'const kept = this.normal.get(id); if (kept?.fragment) kept.abandon = () => { kept.length = 0; kept.broken = true; };',
  },
  {
    name: 'c7-end-without-beginning',
    what: 'the end of a message is delivered by who has not heard its beginning',
    row: 'C7',
    file: assemble,
    find: "if (continuation !== assembly.fragment)\n        return 'pg_continuation';",
    replace: '',
  },
];
