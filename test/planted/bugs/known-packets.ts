import type { PlantedBug } from '../bug.js';

const header = 'totem/dist/wire/header.js';
const token = 'totem/dist/wire/orf-token.js';

/** Bugs that corosync had with malformed packets. */
export const knownPacketBugs: readonly PlantedBug[] = [
  {
    name: 'j1-short-header-read',
    what: 'a header is read whatever the length of the packet',
    row: 'J1',
    file: header,
    find: 'if (length < HEADER_SIZE)',
    replace: 'if (false)',
  },
  {
    name: 'j2-long-token-taken',
    what: 'a token of any length is taken',
    row: 'J2',
    file: token,
    find: 'if (length > MAX_SIZE)',
    replace: 'if (false)',
  },
  {
    name: 'j2-too-many-requests-taken',
    what: 'a token may claim one request more than fit',
    row: 'J2',
    file: token,
    find: 'if (rtrCount > MAX_RTR)',
    replace: 'if (rtrCount > MAX_RTR + 1)',
  },
  {
    name: 'j3-short-commit-token-taken',
    what: 'a commit token may be shorter than its fixed part',
    row: 'J3',
    file: 'totem/dist/wire/commit-token.js',
    find: 'if (length < FIXED_SIZE)',
    replace: 'if (false)',
  },
  {
    name: 'j4-counts-added-up',
    what: 'the sum of the two counts of a join is checked, in 32 bits',
    row: 'J4',
    file: 'totem/dist/wire/join.js',
    find: 'if (procCount > MAX_NODES || failedCount > MAX_NODES)',
    replace: 'if ((procCount + failedCount) >>> 0 > MAX_NODES)',
  },
  {
    name: 'j5-unknown-type-taken',
    what: 'a packet of an unknown type is taken for a signed number',
    row: 'J5',
    file: header,
    find: 'return type <= PacketType.holdCancel ? type',
    replace: 'return view.getInt8(offset + 3) <= PacketType.holdCancel ? type',
  },
  {
    name: 'j5-cut-hold-cancel-taken',
    what: 'a hold cancel may be cut',
    row: 'J5',
    file: 'totem/dist/wire/hold-cancel.js',
    find: 'if (length < HOLD_CANCEL_SIZE)',
    replace: 'if (false)',
  },
];
