import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, file, program, root } from '../needs.js';
import { Background } from './background.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { until } from './until.js';

const PATIENCE = 60_000;
const NODES = [1, 2, 3] as const;
const needs = [
  root,
  ...['gcc', 'ip', 'nsenter', 'setpriv', 'pacemakerd', 'crm_mon', 'corosync-cfgtool'].map(program),
  file('/usr/lib/ocf/resource.d/pacemaker/Dummy'),
];

/** One resource, that a node's loss is to move without fencing. Pacemaker raises the feature set to its own. */
const CIB = `
<cib crm_feature_set="3.0.0" validate-with="pacemaker-3.0" admin_epoch="0" epoch="1" num_updates="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="options">
        <nvpair id="fencing" name="stonith-enabled" value="false"/>
        <nvpair id="patience" name="dc-deadtime" value="3s"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources>
      <primitive id="dummy" class="ocf" provider="pacemaker" type="Dummy">
        <operations><op id="look" name="monitor" interval="5s"/></operations>
      </primitive>
    </resources>
    <constraints/>
  </configuration>
  <status/>
</cib>
`;

/** Three nodes, each with its own Pacemaker. */
describeWith(needs, 'Pacemaker on three coteried', function () {
  this.timeout(240_000);
  let hosts: Hosts;
  let cluster: Cluster;
  const pacemakers = new Map<number, Background>();

  before(async () => {
    hosts = await Hosts.create(NODES);
    const own = { run: '/run', pacemaker: '/var/lib/pacemaker' };
    const nodes = ['coteried', 'coteried', 'coteried'] as const;
    cluster = Cluster.create({ transport: 'udpu', token: 1000, nodes, library: 'libcpg', own }, hosts);
    for (const { id } of cluster.nodes) {
      const folder = join(cluster.folder, `${id}`, 'pacemaker');
      for (const name of ['blackbox', 'cib', 'cores', 'pengine']) mkdirSync(join(folder, name));
      writeFileSync(join(folder, 'cib', 'cib.xml'), CIB, { mode: 0o600 });
      execFileSync('chown', ['-R', 'hacluster:haclient', folder]);
    }
    await cluster.start(...NODES);
    await cluster.agree(NODES, PATIENCE);
    for (const id of NODES) startPacemaker(id);
  });

  after(async () => {
    await cluster.dispose(false);
    await Promise.all([...pacemakers.values()].map((each) => each.end('SIGKILL')));
  });

  const startPacemaker = (id: number) => {
    const log = ['PCMK_logfile=none', 'PCMK_logfacility=none', 'PCMK_stderr=yes'];
    pacemakers.set(id, new Background(cluster.node(id).beside('env', ...log, 'pacemakerd', '-f')));
  };

  /** What a node finds: the coordinator, who is online, and where the resource runs. */
  const seenBy = async (id: number) => {
    const { output } = await cluster.node(id).run('crm_mon', '-1');
    const [, coordinator] = /Current DC: node(\d) .* partition with quorum$/m.exec(output) ?? [];
    const [, online] = /^ +\* Online: \[ (.*) \]$/m.exec(output) ?? [];
    const [, runsOn] = /^ +\* dummy\s.*Started node(\d)/m.exec(output) ?? [];
    return { coordinator: Number(coordinator), online, runsOn: Number(runsOn), output };
  };

  /** Waits until these nodes alone are online, and agree on their coordinator and on where the resource runs. */
  const settled = async (...ids: readonly number[]) => {
    let runsOn = 0;
    await until(`Pacemaker on ${ids.join()}`, PATIENCE, async () => {
      const views = await Promise.all(ids.map(seenBy));
      const first = views[0]!;
      runsOn = first.runsOn;
      const all = views.every(
        (view) =>
          view.online === ids.map((id) => `node${id}`).join(' ') &&
          ids.includes(view.coordinator) &&
          view.coordinator === first.coordinator &&
          ids.includes(view.runsOn) &&
          view.runsOn === runsOn,
      );
      const report = () => views.map(({ output }, i) => `${output}\n${pacemakers.get(ids[i]!)!.tail}`);
      return all ? undefined : report().join('\n');
    });
    return runsOn;
  };

  /** Where the resource agent has left its mark. */
  const marked = () =>
    cluster.nodes
      .filter((node) => node.running && existsSync(join(node.runDir, 'Dummy-dummy.state')))
      .map(({ id }) => id);

  /** Node on which the resource runs. */
  let place: number;

  it('elects a coordinator and runs a resource on one node', async () => {
    place = await settled(...NODES);
    assert.deepEqual(marked(), [place]);
  });

  it('does not let its daemon be shut down', async () => {
    const { output } = await cluster.node(place).run('corosync-cfgtool', '-H');
    assert.match(output, /Could not shutdown \(error = 10\)/);
    assert.equal(cluster.node(place).running, true);
  });

  it('moves the resource when its node is killed', async () => {
    const lost = place;
    const rest = NODES.filter((id) => id !== lost);
    await Promise.all([cluster.node(lost).kill(), hosts.powerOff(lost)]);
    place = await settled(...rest);
    assert.deepEqual(marked(), [place]);
  });

  it('takes the node back', async () => {
    const back = cluster.nodes.find((node) => !node.running)!;
    // A machine that starts finds it empty.
    rmSync(back.runDir, { recursive: true });
    mkdirSync(back.runDir);
    await back.start();
    await cluster.agree(NODES, PATIENCE);
    startPacemaker(back.id);
    place = await settled(...NODES);
  });

  it('moves the resource when it is stopped on a node, while the ring stays whole', async () => {
    const left = place;
    const rest = NODES.filter((id) => id !== left);
    await pacemakers.get(left)!.end('SIGTERM');
    place = await settled(...rest);
    assert.deepEqual(marked(), [place]);
    await cluster.agree(NODES, PATIENCE);
  });
});
