import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, program, root } from '../needs.js';
import { Background } from './background.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { until } from './until.js';

/** Longer than the 30 s for which a node waits for the device while its ring forms. */
const PATIENCE = 45_000;
const programs = ['corosync-qdevice', 'corosync-qnetd', 'corosync-quorumtool'];
const needs = [root, ...['gcc', 'ip', 'iptables', 'nsenter', 'setpriv', ...programs].map(program)];

/** Two nodes with corosync-qdevice, and a third host with the corosync-qnetd that they ask. */
describeWith(needs, 'two coteried with corosync-qdevice', function () {
  this.timeout(240_000);
  const QNETD = 3;
  let hosts: Hosts;
  let cluster: Cluster;
  let qnetd: Background;
  const devices: Background[] = [];

  before(async () => {
    hosts = await Hosts.create([1, 2, QNETD]);
    cluster = Cluster.create(
      {
        transport: 'udpu',
        token: 1000,
        nodes: ['coteried', 'coteried'],
        library: 'libcpg',
        qnetd: hosts.address(QNETD),
        own: { run: '/run' },
      },
      hosts,
    );
    const run = join(cluster.folder, 'qnetd');
    mkdirSync(join(run, 'corosync-qnetd'), { recursive: true });
    const mount = `mount --bind ${run} /run && exec corosync-qnetd -f -s off`;
    qnetd = new Background(hosts.on(QNETD, 'sh', '-c', mount));
    await cluster.start(1, 2);
    await cluster.agree([1, 2], PATIENCE);
    for (const node of cluster.nodes) {
      mkdirSync(join(node.runDir, 'corosync-qdevice'));
      devices.push(new Background(node.beside('corosync-qdevice', '-f')));
    }
  });

  after(async () => {
    await cluster.dispose(false);
    await Promise.all([qnetd, ...devices].map((each) => each.end('SIGKILL')));
  });

  const complaints = () => [qnetd, ...devices].map((each) => each.tail).join('\n');

  /** Waits until this node is quorate, or is not, with so many votes in a ring of these nodes. */
  const becomes = async (id: number, quorate: boolean, votes: number, members: readonly number[]) => {
    await until(`quorum of node ${id}`, PATIENCE, async () => {
      const { quorum } = cluster.node(id).client;
      const { output } = await cluster.node(id).run('corosync-quorumtool', '-s');
      const total = Number(/^Total votes: +(\d+)$/m.exec(output)?.[1]);
      const wanted = quorum?.members.join() === members.join() && quorum.quorate === quorate;
      return wanted && total === votes ? undefined : `${output}\n${complaints()}`;
    });
  };

  /** In a ring of its own. */
  const quorateAlone = (id: number) =>
    cluster
      .node(id)
      .client.lines.some((line) => line.kind === 'quorum' && line.quorate && line.members.length === 1);

  it('have its vote beside their own', async () => {
    for (const id of [1, 2]) await becomes(id, true, 3, [1, 2]);
    // What node 1 says of its device comes by a message of its own.
    const wanted = [/^Flags: +Quorate Qdevice *$/m, /^ +1 +1 +A,V,NMW node1$/m, /^ +0 +1 +Qdevice$/m];
    await until('the device on node 2', PATIENCE, async () => {
      const { output } = await cluster.node(2).run('corosync-quorumtool', '-s');
      return wanted.every((line) => line.test(output)) ? undefined : output;
    });
  });

  it('go on in exactly one half when they are cut off from each other', async () => {
    await hosts.cut(1, 2);
    // With all else alike the half with the lowest node id wins.
    await becomes(1, true, 2, [1]);
    await becomes(2, false, 1, [2]);
    assert.equal(quorateAlone(2), false);
  });

  it('are one again when the network is whole', async () => {
    await hosts.heal();
    await cluster.agree([1, 2], PATIENCE);
    for (const id of [1, 2]) await becomes(id, true, 3, [1, 2]);
  });

  it('go on in the other half when the host of the first is lost', async () => {
    await Promise.all([cluster.node(1).kill(), hosts.powerOff(1)]);
    await becomes(2, true, 2, [2]);
  });
});
