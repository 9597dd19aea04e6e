import type { PlantedBug } from '../bug.js';

/** What the bytes of a packet mean. */
export const wireBugs: readonly PlantedBug[] = [
  {
    name: 'sequence-does-not-wrap',
    what: 'sequence numbers are compared as plain numbers',
    file: 'totem/dist/wire/sequence.js',
    find: 'return ((a - b) | 0) < 0;',
    replace: 'return a < b;',
  },
  {
    name: 'rtr-entries-overlap',
    what: 'the second request for retransmission on a token is read from the middle of the first',
    file: 'totem/dist/wire/orf-token.js',
    find: 'for (let i = 0, at = offset + FIXED_SIZE; i < rtrCount; i++, at += RTR_SIZE) {',
    replace: 'for (let i = 0, at = offset + FIXED_SIZE; i < rtrCount; i++, at += RING_ID_SIZE) {',
  },
  {
    name: 'token-flag-not-read',
    what: 'the flag that recovery goes on is not read from the token',
    file: 'totem/dist/wire/orf-token.js',
    find: 'into.retransFlag = view.getUint32(offset + 49, true);',
    replace: 'into.retransFlag = 0;',
  },
  {
    name: 'failed-list-of-join-misread',
    what: 'the failed of a join are read from where the considered stand',
    file: 'totem/dist/wire/join.js',
    find: 'failed: readNodeIds(view, offset + FIXED_SIZE + 4 * procCount, failedCount),',
    replace: 'failed: readNodeIds(view, offset + FIXED_SIZE, failedCount),',
  },
  {
    name: 'commit-flag-not-written',
    what: 'the commit token does not carry who lacks something',
    file: 'totem/dist/wire/commit-token.js',
    find: 'view.setUint32(offset + 20, entry.receivedFlag, true);',
    replace: 'view.setUint32(offset + 20, 1, true);',
  },
  {
    name: 'commit-ring-not-written',
    what: 'the commit token carries the numbers of old rings without their representatives',
    file: 'totem/dist/wire/commit-token.js',
    find: 'writeRing(view, offset, entry.representative, entry.ringSequence);',
    replace: 'writeRing(view, offset, 0, entry.ringSequence);',
  },
  {
    name: 'mcast-sender-is-repeater',
    what: 'who repeats a message puts its own name on it',
    file: 'totem/dist/ring/token.js',
    find: 'r.ports.transport.broadcast(r.packet.slab, r.packet.offset, r.packet.length);',
    replace:
      'const copy = r.packet.slab.bytes.slice(r.packet.offset, r.packet.offset + r.packet.length); r.arena.reserve(copy.length); r.arena.slab.bytes.set(copy, r.arena.offset); r.arena.slab.view.setUint32(r.arena.offset + 5, r.me, true); r.arena.slab.view.setUint32(r.arena.offset + 13, r.me, true); r.broadcast(copy.length);',
  },
];
