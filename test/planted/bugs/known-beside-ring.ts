import type { PlantedBug } from '../bug.js';

/** Bugs beside the rows of the catalogue: the ring and the network. */
export const knownBesideRingBugs: readonly PlantedBug[] = [
  {
    name: '3020fd57-recovered-message-cut',
    what: 'a message that is sent again in recovery loses its last bytes',
    row: '3020fd57, 208d907f',
    file: 'totem/dist/ring/recovery.js',
    find: 'r.retransQueue.push(target, r.arena.offset, MCAST_SIZE + length)',
    replace: 'r.retransQueue.push(target, r.arena.offset, length)',
  },
  {
    name: '1d9f444f-hundred-nodes',
    what: 'lists hold 100 nodes',
    row: '1d9f444f, ccb2290f',
    file: 'totem/dist/wire/header.js',
    find: 'MAX_NODES = 384',
    replace: 'MAX_NODES = 100',
  },
  {
    name: '0bf800e0-nobody-left',
    what: 'a node waits for the consensus of nobody',
    row: '0bf800e0',
    file: 'totem/dist/ring/gather.js',
    find: '(alive.length > 0 || r.failedToReceive) &&',
    replace: 'alive.length > 0 &&',
  },
  {
    name: '8f281418-backlog-of-old-ring',
    what: 'a new ring begins with the backlog of the old one',
    row: '8f281418',
    file: 'totem/dist/ring/commit.js',
    find: 'r.previousBacklog = 0;',
    replace: '',
  },
  {
    name: '37858299-32-bit-time',
    what: 'the time of the last token has 32 bits',
    row: '37858299',
    file: 'totem/dist/create-totem.js',
    find: 'ports.clock.now() - lastTokenAt',
    replace: 'ports.clock.now() - (lastTokenAt >>> 0)',
  },
  {
    name: '6c3b337b-hears-itself-by-network',
    what: 'a node gets what it sends to itself when it sends it, as if from the network',
    row: '6c3b337b',
    file: 'sdk/dist/transport-parts/self-delivery.js',
    find: 'setImmediate(this.run);',
    replace: 'this.run();',
  },
  {
    name: '600fb408-transitional-set-kept',
    what: 'what nodes have sent during synchronisation outlives them',
    row: '600fb408',
    file: 'totem/dist/groups/assemble.js',
    find: 'this.trans.delete(id);',
    replace: '',
  },
  {
    name: '7b02f176-room-reserved-twice',
    what: 'a message needs twice its room',
    row: '7b02f176',
    file: 'totem/dist/groups/pack.js',
    find: '1 + Math.ceil(bytes / (this.capacity - 2))',
    replace: '2 * (1 + Math.ceil(bytes / (this.capacity - 2)))',
  },
  {
    name: '64fb3000-lowest-node-leaves-silently',
    what: 'nobody tells that the processes of the node with the lowest id have left',
    row: '64fb3000',
    file: 'engine-cpg/dist/synchronisation.js',
    find: 'this.events.changed(group, [], addresses(processes, Reason.NODE_DOWN));',
    replace:
      'if (processes[0].nodeId !== this.members[0]) this.events.changed(group, [], addresses(processes, Reason.NODE_DOWN));',
  },
];
