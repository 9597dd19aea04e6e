import type { PlantedBug } from '../bug.js';

const synchronisation = 'engine-cpg/dist/synchronisation.js';
const engine = 'engine-cpg/dist/engine.js';

/** Process groups. */
export const cpgBugs: readonly PlantedBug[] = [
  {
    name: 'join-list-before-down-list',
    what: 'processes that came are entered before those that went are taken out',
    row: 'E5',
    file: synchronisation,
    find: 'this.removeDeparted();\n        this.addListed();',
    replace: 'this.addListed();\n        this.removeDeparted();',
  },
  {
    name: 'departed-forgotten',
    what: 'who missed only an aborted synchronisation is not counted as departed',
    row: 'E4',
    file: synchronisation,
    find: 'const together = new Set(view.transitional);',
    replace: 'this.departed.clear(); const together = new Set(view.transitional);',
  },
  {
    name: 'local-processes-not-listed',
    what: 'a node names only its first process in each synchronisation',
    file: synchronisation,
    find: 'return processes.sort((a, b) => a.pid - b.pid);',
    replace: 'return processes.sort((a, b) => a.pid - b.pid).slice(0, 1);',
  },
  {
    name: 'heard-before-joined',
    what: 'a program hears its group from when it asked to join',
    file: engine,
    find: 'this.local.add(connection);',
    replace: 'this.local.add(connection); this.local.attach(connection);',
  },
  {
    name: 'end-not-announced',
    what: 'the end of a program is told to nobody',
    file: engine,
    find: 'if (member)\n            this.departures.add(group, pid);',
    replace: '',
  },
  {
    name: 'down-reason-for-up',
    what: 'members of a node that came are reported as having gone',
    row: 'E7',
    file: synchronisation,
    find: 'this.events.changed(group, addresses(changes.get(group) ?? [], Reason.NODE_UP), []);',
    replace: 'this.events.changed(group, addresses(changes.get(group) ?? [], Reason.NODE_DOWN), []);',
  },
  {
    name: 'view-of-last-ring',
    what: 'programs are told of the ring before the one that was installed',
    file: 'engine-cpg/dist/notices.js',
    find: 'this.view = view;\n        this.ring(this.clients);',
    replace: 'this.ring(this.clients);\n        this.view = view;',
  },
];
