/** D: the network. */
import assert from 'node:assert/strict';
import { loadConfiguration, type Configuration } from '@coterie/core';
import type { KnownBug } from './known-bug.js';
import { changes, holds, settle, started } from './ring.js';

const interfaces = 'packages/transport-udp/test/netns.test.ts';

export const rows: readonly KnownBug[] = [
  {
    row: 'D1',
    symptom:
      'A node that had been taken out of the list came back; then the filter against it dropped what a node says to itself while its interface was down.',
    tests: [
      {
        file: 'packages/transport-udp/test/udpu.test.ts',
        test: 'drops and counts what comes from an unlisted address',
        property: 'Packets of strangers are counted and never heard.',
        finds: ['d1-strangers-heard'],
      },
      {
        file: interfaces,
        test: 'survives the loss of the interface, and is itself meanwhile',
        property: 'Without its interface a node hears its own token.',
        finds: [],
      },
    ],
    remark:
      'Nothing is planted for the second half: it needs network namespaces, which not every machine allows.',
  },
  {
    row: 'D2',
    symptom:
      'A node whose interface went down bound itself to 127.0.0.1 and became another node, which spoilt the cluster.',
    tests: [
      {
        file: interfaces,
        test: 'survives the loss of its address',
        property: 'The node keeps its address and works again when that is back.',
        finds: [],
      },
    ],
    remark:
      'Cannot occur: a node is its nodeid, read once at the start, and its address is that of the nodelist; nothing binds again.',
  },
  {
    row: 'D3',
    symptom:
      'A reload that took a node out of the middle of the list removed those behind it and added them again.',
    scenarios: [
      {
        name: 'a shorter nodelist in another order leaves the ring of the others alone',
        property: 'No membership change in 5 s.',
        finds: ['d3-reload-changes-interface'],
        run: shorterList,
      },
    ],
    tests: [
      {
        file: 'packages/transport-udp/test/udpu.test.ts',
        test: 'follows changes of the nodelist',
        property:
          'Members that are listed before and after hear every packet, wherever they are in the list.',
        finds: [],
      },
    ],
    remark: 'Reloaded in simulated executives; over sockets only the transport.',
  },
];

/** What node `id` reads from a file with these nodes. */
function listing(id: number, nodes: readonly number[]): Configuration {
  const list = nodes.map((nodeid) => `node {\nring0_addr: 10.0.0.${nodeid}\nnodeid: ${nodeid}\n}\n`);
  const totem =
    'version: 2\ncluster_name: simulated\ntransport: sim\ncrypto_cipher: none\ncrypto_hash: none\n';
  const timers = 'token: 1000\ntoken_coefficient: 0\n';
  const quorum = 'quorum {\nprovider: corosync_votequorum\n}\n';
  const { configuration } = loadConfiguration({
    file: 'corosync.conf',
    text: `totem {\n${totem}${timers}}\n${quorum}nodelist {\n${list.join('')}}\n`,
    node: `${id}`,
    host: { hostname: 'simulated', addresses: [] },
    pluginSchemas: new Map(),
    transports: ['sim'],
  });
  assert.ok(configuration !== undefined);
  return configuration;
}

async function shorterList(): Promise<void> {
  const c = await started({ nodes: 4 });
  c.crash(2);
  await settle(c);
  const from = c.trace.events.length;
  for (const id of [1, 3, 4]) c.node(id).reload(listing(id, [4, 1, 3]));
  await c.run(5000);
  assert.equal(changes(c, from), 0);
  const { members } = c.node(1).view!;
  assert.deepEqual(members, [1, 3, 4]);
  holds(c);
}
