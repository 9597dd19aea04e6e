import type { PlantedBug } from '../bug.js';

const transport = 'transport-udp/dist/ip-transport.js';

/** Bugs that corosync had with the network. */
export const knownTransportBugs: readonly PlantedBug[] = [
  {
    name: 'd1-strangers-heard',
    what: 'packets from unlisted addresses are heard',
    row: 'D1',
    file: transport,
    find: 'site.totem.blockUnlistedIps ? sourcesOf([own, ...members]) : undefined',
    replace: 'undefined',
  },
  {
    name: 'd3-reload-changes-interface',
    what: 'a reload counts as a change of the interface',
    row: 'D3',
    file: 'core/dist/executive.js',
    find: 'this.parts.transport.setMembers(members(configuration));',
    replace: 'this.parts.transport.setMembers(members(configuration)); this.totem.linkChanged(true);',
  },
];
