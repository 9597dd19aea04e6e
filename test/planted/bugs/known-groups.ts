import type { PlantedBug } from '../bug.js';

const synchronisation = 'engine-cpg/dist/synchronisation.js';
const engine = 'engine-cpg/dist/engine.js';

/** Bugs that corosync had with process groups. */
export const knownGroupBugs: readonly PlantedBug[] = [
  {
    name: 'e3-unlisted-processes-stay',
    what: 'processes that their node does not list any more stay members',
    row: 'E3',
    file: synchronisation,
    find: 'this.removeUnlisted();',
    replace: '',
  },
  {
    name: 'e4-own-node-departs',
    what: 'a node without a transitional configuration takes out its own processes',
    row: 'E4',
    file: synchronisation,
    find: ' && member !== this.cluster.nodeId',
    replace: '',
  },
  {
    name: 'e4-own-node-departs-with-others',
    what: 'a node counts itself among those that went if anybody did',
    row: 'E4',
    file: synchronisation,
    find: 'this.departed.add(member);',
    replace: 'this.departed.add(member).add(this.cluster.nodeId);',
  },
  {
    name: 'e5-lists-by-order-of-arrival',
    what: 'the last list of processes replaces those of other nodes',
    row: 'E5',
    file: synchronisation,
    find: 'this.joinLists.set(from, processes);',
    replace: '{ this.joinLists.clear(); this.joinLists.set(from, processes); }',
  },
  {
    name: 'e5-joins-before-departures',
    what: 'processes of nodes that came are taken in before those of nodes that went are taken out',
    row: 'E5',
    file: synchronisation,
    find: 'this.removeDeparted();\n        this.addListed();',
    replace: 'this.addListed();\n        this.removeDeparted();',
  },
  {
    name: 'e7-process-down-says-leave',
    what: 'the end of a process is announced as a leave',
    row: 'E7',
    file: 'engine-cpg/dist/departures.js',
    find: 'reason: Reason.PROCESS_DOWN',
    replace: 'reason: Reason.LEAVE',
  },
  {
    name: 'e7-leave-says-process-down',
    what: 'a leave is announced as the end of a process',
    row: 'E7',
    file: engine,
    find: 'connection.pid, Reason.LEAVE)',
    replace: 'connection.pid, Reason.PROCESS_DOWN)',
  },
  {
    name: 'e8-joins-before-leave-is-back',
    what: 'a process may join again as soon as it has left',
    row: 'E8',
    file: engine,
    find: 'if (this.groups.has(group, { nodeId: this.cluster.nodeId, pid }) || this.departures.has(group, pid)) {',
    replace: 'if (false) {',
  },
  {
    name: 'e8-joins-twice',
    what: 'a process may be in a group twice',
    row: 'E8',
    file: engine,
    find: 'if (this.local.find(group, pid) !== undefined)',
    replace: 'if (false)',
  },
];
