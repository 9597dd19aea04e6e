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
    name: 'zombies-kept',
    what: 'processes that ended while this node was paused or apart stay members',
    row: 'E3',
    file: synchronisation,
    find: 'this.addListed();\n        this.removeUnlisted();',
    replace: 'this.addListed();',
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
    name: 'departed-kept',
    what: 'who departed once departs again at every later synchronisation',
    file: synchronisation,
    find: 'this.departed.clear();',
    replace: '',
  },
  {
    name: 'first-list-counts',
    what: 'of two lists of one node the older counts',
    file: synchronisation,
    find: 'this.joinLists.set(from, processes);',
    replace: 'if (!this.joinLists.has(from)) this.joinLists.set(from, processes);',
  },
  {
    name: 'lists-kept',
    what: 'lists of an aborted synchronisation count for the one that follows',
    file: synchronisation,
    find: 'this.downListSent = false;\n        this.forget();',
    replace: 'this.downListSent = false;',
  },
  {
    name: 'joined-during-sync-forgotten',
    what: 'a process that joins during synchronisation is taken out at its end',
    file: synchronisation,
    find: 'this.joined.add(key(group, process));',
    replace: '',
  },
  {
    name: 'left-during-sync-listed',
    what: 'a process that leaves during synchronisation is entered again by the list that names it',
    file: synchronisation,
    find: '|| this.left.has(key(group, process))',
    replace: '',
  },
  {
    name: 'local-processes-not-listed',
    what: 'a node names only its first process in each synchronisation',
    file: synchronisation,
    find: 'return processes.sort((a, b) => a.pid - b.pid);',
    replace: 'return processes.sort((a, b) => a.pid - b.pid).slice(0, 1);',
  },
  {
    name: 'unknown-sender-delivered',
    what: 'messages of nodes without a member in the group are delivered',
    file: engine,
    find: 'const known = this.groups.find(group)?.hasNode(from) ?? false;',
    replace: 'const known = true;',
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
    name: 'departure-lost-for-want-of-room',
    what: 'the end of a program is announced once, room in the send queue or not',
    file: 'engine-cpg/dist/departures.js',
    find: 'if (!departure.sent)\n                return this.retry.start(RETRY);',
    replace: 'departure.sent = true;',
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
