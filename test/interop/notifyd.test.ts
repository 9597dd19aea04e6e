import assert from 'node:assert/strict';
import { describeWith, program, root } from '../needs.js';
import { Background } from './background.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { until } from './until.js';

const PATIENCE = 20_000;
const needs = [
  root,
  ...['gcc', 'ip', 'nsenter', 'setpriv', 'stdbuf', 'corosync', 'corosync-notifyd'].map(program),
];

/** corosync-notifyd beside a corosync and beside a coteried, in one ring of which other nodes leave. */
describeWith(needs, 'corosync-notifyd on corosync and on coteried', function () {
  this.timeout(90_000);
  const CORO = 1;
  const OURS = 2;
  const others = [3, 4];
  let cluster: Cluster;
  const notifiers = new Map<number, Background>();

  before(async () => {
    const hosts = await Hosts.create([CORO, OURS, ...others]);
    const nodes = ['corosync', 'coteried', 'coteried', 'coteried'] as const;
    cluster = Cluster.create({ transport: 'udpu', token: 1000, nodes, library: 'libcpg' }, hosts);
    await cluster.start(CORO, OURS, ...others);
    await cluster.agree([CORO, OURS, ...others], PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    await Promise.all([...notifiers.values()].map((each) => each.end('SIGKILL')));
  });

  /** What it has told, its own node being SELF; coteried has no statistics of single connections (docs/differences.md). */
  const told = (id: number) =>
    notifiers
      .get(id)!
      .output.split('\n')
      .filter((line) => line.startsWith('[notice]') && !/connected (to|from) corosync$/.test(line))
      .map((line) => line.replace(new RegExp(`\\S+\\[${id}\\]`), 'SELF'));

  /** Waits until both have told this since the line `from`, and nothing else. */
  const tell = async (from: number, ...wanted: RegExp[]) => {
    for (const id of [CORO, OURS]) {
      await until(`news of node ${id}`, PATIENCE, () =>
        told(id).length >= from + wanted.length ? undefined : notifiers.get(id)!.tail,
      );
    }
    // Membership and quorum come to it on connections of their own.
    const news = (id: number) => told(id).slice(from).sort();
    const lines = news(CORO);
    assert.equal(lines.length, wanted.length, lines.join('\n'));
    wanted.forEach((pattern, i) => assert.match(lines[i]!, pattern));
    assert.deepEqual(news(OURS), lines);
  };

  it('tells at first whether the node is quorate', async () => {
    for (const id of [CORO, OURS])
      notifiers.set(
        id,
        new Background(cluster.node(id).beside('stdbuf', '-oL', 'corosync-notifyd', '-f', '-o', '-n')),
      );
    await tell(0, /SELF is now quorate$/);
  });

  it('tells which node has left', async () => {
    await cluster.node(3).kill();
    await tell(1, /10\.98\.0\.3\[3\] ip:10\.98\.0\.3 left$/);
  });

  it('tells that quorum is lost', async () => {
    await cluster.node(4).kill();
    await tell(2, /10\.98\.0\.4\[4\] ip:10\.98\.0\.4 left$/, /SELF has lost quorum$/);
  });

  it('tells which node has joined, and that quorum is there again', async () => {
    await cluster.start(3);
    await tell(4, /10\.98\.0\.3\[3\] ip:10\.98\.0\.3 joined$/, /SELF is now quorate$/);
  });
});
