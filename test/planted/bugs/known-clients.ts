import type { PlantedBug } from '../bug.js';

/** Bugs that corosync and libqb had with clients, the database and the configuration. */
export const knownClientBugs: readonly PlantedBug[] = [
  {
    name: 'h2-size-believed',
    what: 'the size that a request names is not compared with the one that it has',
    row: 'H2',
    file: 'core/dist/routing/client-router.js',
    find: 'bytes.getInt32(offset + 8, true) !== length',
    replace: 'false',
  },
  {
    name: 'h2-frame-of-any-size',
    what: 'a frame of a stream may be longer than allowed',
    row: 'H2',
    file: 'sdk/dist/client/frame-reader.js',
    find: ' && size <= this.largest',
    replace: '',
  },
  {
    name: 'h4-waits-for-clients',
    what: 'a daemon that leaves waits until its clients have gone',
    row: 'H4',
    file: 'core/dist/executive.js',
    find: "this.clientRouter.closeAll('the daemon is leaving');",
    replace:
      'while (this.clientRouter.size > 0) await new Promise((resolve) => this.ports.timers.timer(resolve).start(10));',
  },
  {
    name: 'i1-iterates-over-deleted-keys',
    what: 'an iterator comes to keys that were deleted',
    row: 'I1',
    file: 'engine-confdb/dist/session.js',
    find: 'if (this.map.get(key))',
    replace: 'if (true)',
  },
  {
    name: 'i2-newest-ends-too',
    what: 'every node of a ring with different versions ends',
    row: 'I2',
    file: 'engine-confdb/dist/config-version.js',
    find: 'from !== this.cluster.nodeId && version > this.highest',
    replace: 'from !== this.cluster.nodeId && version !== this.own()',
  },
  {
    name: 'i2-older-lives',
    what: 'a node with an older version lives',
    row: 'I2',
    file: 'engine-confdb/dist/config-version.js',
    find: 'if (own === 0n || this.highest === own)',
    replace: 'if (true)',
  },
  {
    name: 'i3-node-moves',
    what: 'a reload may change the address of a node',
    row: 'I3',
    file: 'core/dist/config/reload.js',
    find: "problems.error('COTERIE_E_CONFIG_RELOAD_ADDRESS'",
    replace: "problems.warning('COTERIE_E_CONFIG_RELOAD_ADDRESS'",
  },
];
