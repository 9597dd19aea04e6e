import assert from 'node:assert/strict';
import { value, type DatabaseValue } from '@coterie/sdk';
import { findings } from '../dist/status/findings.js';
import { screen } from '../dist/status/screen.js';
import { snapshot, type RingStatus, type Snapshot } from '../dist/status/snapshot.js';

const keys = new Map<string, DatabaseValue>([
  ['nodelist.local_node_pos', value.u32(0)],
  ...[1, 2, 3].flatMap((nodeId, position): [string, DatabaseValue][] => [
    [`nodelist.node.${position}.nodeid`, value.u32(nodeId)],
    [`nodelist.node.${position}.ring0_addr`, value.string(`192.0.2.${nodeId}`)],
    [`nodelist.node.${position}.name`, value.string(`node-${nodeId}`)],
  ]),
  ['nodelist.node.2.quorum_votes', value.u32(2)],
  ['runtime.members.9.ip', value.string('r(0) ip(192.0.2.9) ')],
  ['runtime.plugins.cpg.kind', value.string('engine')],
  ['runtime.plugins.cpg.package', value.string('@coterie/engine-cpg')],
  ['runtime.plugins.cpg.version', value.string('0.1.0')],
  ['runtime.plugins.cpg.provides', value.string('cpg@1')],
  ['runtime.plugins.cpg.directory', value.string('/srv/cpg')],
  ['runtime.plugins.cpg.import_time_ms', value.u32(12)],
  ['runtime.plugins.cpg.problems', value.string('COTERIE_W_SDK_DUPLICATE')],
  ['stats.srp.gather_entered', value.u64(4n)],
  ['totem.cluster_name', value.string('example')],
  ['totem.transport', value.string('udpu')],
]);

function ring(members: number[], total: number, flags: string[] = []): RingStatus {
  const quorate = total >= 3;
  return {
    ring: '1.2c',
    members,
    quorate,
    votes: { quorate, expected: 4, total, needed: 3, flags },
  };
}

function seen(members: number[], total: number, flags?: string[]): Snapshot {
  return snapshot(keys, ring(members, total, flags));
}

describe('What status reads from the database', () => {
  it('joins the nodelist with the ring', () => {
    const { nodes, plugins, counters, cluster } = seen([1, 3], 3);
    assert.deepEqual(
      nodes.map(({ nodeId, member, votes }) => [nodeId, member, votes]),
      [
        [1, true, 1],
        [2, false, 1],
        [3, true, 2],
      ],
    );
    assert.deepEqual(plugins, [
      {
        name: 'cpg',
        kind: 'engine',
        packageName: '@coterie/engine-cpg',
        version: '0.1.0',
        provides: ['cpg@1'],
        ...{ requires: [], section: '', directory: '/srv/cpg', importTime: 12 },
        problems: ['COTERIE_W_SDK_DUPLICATE'],
      },
    ]);
    assert.equal(counters['gather_entered'], 4);
    assert.equal(cluster, 'example');
  });

  it('shows a member that the nodelist does not have, with the address it speaks from', () => {
    const stranger = seen([1, 2, 3, 9], 4).nodes.at(-1);
    assert.deepEqual(stranger, {
      nodeId: 9,
      name: undefined,
      address: '192.0.2.9',
      member: true,
      votes: undefined,
    });
  });

  it('needs no key at all', () => {
    const { nodes, plugins } = snapshot(new Map(), {
      ring: '1.0',
      members: [1],
      quorate: true,
      votes: undefined,
    });
    assert.equal(nodes.length, 1);
    assert.deepEqual(plugins, []);
  });
});

describe('What status finds wrong', () => {
  it('nothing, when all nodes are in the ring', () => {
    assert.deepEqual(findings(seen([1, 2, 3], 4)), []);
  });

  it('are a link that is down, and a way to a member of the ring', () => {
    const down = new Map([
      ...keys,
      ['runtime.links.0.address', value.string('192.0.2.1')],
      ['runtime.links.0.up', value.u8(0)],
      ['runtime.links.0.reason', value.string('port_down')],
      ...[2, 3].flatMap((peer): [string, DatabaseValue][] => [
        [`runtime.links.0.peers.${peer}.address`, value.string(`192.0.2.${peer}`)],
        [`runtime.links.0.peers.${peer}.up`, value.u8(0)],
        [`runtime.links.0.peers.${peer}.reason`, value.string('no answer')],
      ]),
    ] as [string, DatabaseValue][]);
    const found = findings(snapshot(down, ring([1, 2], 3))).map(({ what }) => what);
    assert.ok(found.includes('The link at 192.0.2.1 is down: port_down.'));
    assert.ok(found.includes('There is no path to node 2 (192.0.2.2): no answer.'));
    assert.ok(!found.some((what) => what.includes('192.0.2.3)') && what.startsWith('There is no path')));
  });

  it('names the node that is absent from a quorate ring', () => {
    const [finding, ...more] = findings(seen([1, 3], 3));
    assert.equal(finding?.severity, 'warning');
    assert.match(finding.what, /A node is not in the ring: node-2 \(192\.0\.2\.2\)/);
    assert.deepEqual(more, []);
  });

  it('puts lost quorum first, with the votes and whom to start', () => {
    const [finding] = findings(seen([1], 1));
    assert.equal(finding?.severity, 'error');
    assert.match(finding.what, /Not quorate: 1 of 4 votes, 3 needed/);
    assert.match(finding.hint, /node-2 .*node-3/);
  });

  it('tells that wait_for_all waits', () => {
    const waiting = { ...seen([1, 3], 3, ['waitForAll']), quorate: false };
    assert.match(findings(waiting)[0]?.hint ?? '', /waits for all nodes once: start node-2/);
  });

  it('looks at the votes when every node is there and quorum is not', () => {
    const odd = { ...seen([1, 2, 3], 4), quorate: false };
    assert.match(findings(odd)[0]?.hint ?? '', /expected_votes/);
  });

  it('suspects the firewall when no ring can be formed', () => {
    const stuck = { ...seen([1, 2, 3], 4), counters: { continuous_gather: 3 } };
    assert.match(findings(stuck)[0]?.hint ?? '', /firewall/);
  });

  it('names a member that is not configured', () => {
    assert.match(findings(seen([1, 2, 3, 9], 4))[0]?.what ?? '', /Node 9 \(192\.0\.2\.9\)/);
  });
});

describe('The screen of status', () => {
  it('begins with the problem', () => {
    const lines = screen(seen([1], 1));
    assert.match(lines[0] ?? '', /^Not quorate/);
    assert.match(lines.join('\n'), /2 {2}node-2 {2}192\.0\.2\.2 {2}absent {2}1 vote/);
  });

  it('fits a terminal of 24 lines for a small cluster', () => {
    const lines = screen(seen([1, 2, 3], 4));
    assert.equal(lines[0], 'All is well.');
    assert(lines.length < 24);
    assert.match(lines.join('\n'), /Ring 1\.2c of cluster example: 3 of 3 nodes, seen from node 1 over udpu/);
    assert.match(lines.join('\n'), /Quorum yes: 4 of 4 votes, 3 needed/);
  });
});
