import type { PlantedBug } from '../bug.js';

const pack = 'totem/dist/groups/pack.js';
const assemble = 'totem/dist/groups/assemble.js';
const compose = 'totem/dist/create-totem.js';

/** Messages in packets: packing, fragments, assembly, the two send queues. */
export const groupBugs: readonly PlantedBug[] = [
  {
    name: 'fragment-not-marked',
    what: 'a packet does not say that its last message goes on',
    file: pack,
    find: 'view.setUint8(header + 4, fragmented);\n        view.setUint8(header + 5, this.continuation);',
    replace: 'view.setUint8(header + 4, 0);\n        view.setUint8(header + 5, this.continuation);',
  },
  {
    name: 'continuation-not-marked',
    what: 'a packet does not say that its first message began before',
    file: pack,
    find: 'this.continuation = fragmented;',
    replace: '',
  },
  {
    name: 'packet-two-bytes-too-long',
    what: 'a packet has no room for the length of its last part',
    file: pack,
    find: 'return this.start + this.capacity - 2 * (this.count + 1);',
    replace: 'return this.start + this.capacity - 2 * this.count;',
  },
  {
    name: 'no-room-for-encapsulation',
    what: 'full packets have no room for the second header that they get in recovery',
    row: 'B11',
    file: compose,
    find: 'const netMtu = settings.netmtu - 2 * MCAST_SIZE;',
    replace: 'const netMtu = settings.netmtu - MCAST_SIZE;',
  },
  {
    name: 'queue-before-sync',
    what: 'messages that waited through a change of the ring go out before its synchronisation',
    row: 'C5',
    file: compose,
    find: 'awaitSynchronised() {\n        this.waiting = true;\n        this.packer.useTransQueue(true);',
    replace: 'awaitSynchronised() {',
  },
  {
    name: 'assembled-together',
    what: 'messages of synchronisation are assembled with what is unfinished of the old ring',
    row: 'C4',
    file: compose,
    find: 'this.assembler.useTransSet(true);',
    replace: '',
  },
  {
    name: 'assembled-apart-too-early',
    what: 'the buffers of assembly are switched before the messages of recovery are delivered',
    row: 'C4',
    file: 'totem/dist/ring/operational.js',
    find: '    r.groups.awaitSynchronised();\n',
    replace: '    r.groups.awaitSynchronised();\n    r.groups.transitional();\n',
  },
  {
    name: 'assembly-not-emptied',
    what: 'the next long message is put behind the last one',
    row: 'C2',
    file: assemble,
    find: '                this.deliver(from, assembly.view, 0, assembly.length);\n                assembly.length = 0;',
    replace: '                this.deliver(from, assembly.view, 0, assembly.length);',
  },
];
