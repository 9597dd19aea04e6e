import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, program, root } from '../needs.js';
import type { Cluster } from './cluster.js';
import { Twins, following, runBeside, type Outcome } from './twins.js';
import { until } from './until.js';

const PATIENCE = 20_000;
/** What a counter of an idle daemon does not come to in the second in which it may not have been looked at. */
const SOME = 20;
const tools = ['corosync-cfgtool', 'corosync-cmapctl', 'corosync-cpgtool', 'corosync-quorumtool'];
const needs = [root, ...['corosync', 'gcc', 'ip', 'nsenter', 'setpriv', 'stdbuf', ...tools].map(program)];

/** Keys of corosync that are not in the database of coteried: docs/differences.md says why. */
const missing = startsWith(
  'resources\\.(system\\.|watchdog_timeout)',
  'runtime\\.services\\.(mon|wd|pload)\\.',
  'internal_configuration\\.service\\.[467]\\.',
  'runtime\\.blackbox\\.',
  'stats\\.ipcs\\.service\\d+\\.[^.]+\\.C\\.(queued|sent|send_retries|recv_retries) ',
  'stats\\.srp\\.(avg_|continuous_sendmsg_failures)',
);
/** Keys of coteried for what corosync does not have: its plugins, links as udp has them, further services and counters. */
const additional = startsWith(
  'runtime\\.(plugins|links)\\.',
  'runtime\\.services\\.(cluster-map|confdb|reload|sam)\\.',
  'internal_configuration\\.service\\.(65|70|71|72)\\.',
  'stats\\.(cfg|cluster-map|cmap|confdb|cpg|iba|qb|quorum|reload|sam|udp|votequorum|service|transport)\\.',
  'stats\\.srp\\.rx_dropped\\.',
);
/** Counters and times: what they are at depends on the moment. */
const counted = /^((?:stats\.|runtime\.services\.[^ ]+\.[rt]x )[^=]*)=.*$/gm;

/** What is left of an output when everything is replaced that has to differ between the two clusters. */
function comparable(cluster: Cluster, text: string): string {
  // Clients that run all the time: which pid they got is chance.
  for (const { id, client } of cluster.nodes) {
    const pid = client.self.split(':')[1]!;
    text = text.replace(new RegExp(`(?<![\\d.])${pid}(?!\\d)`, 'g'), `P${id}`);
  }
  return (
    text
      .replace(/^(Date: +).*/gm, '$1now')
      // How often a ring has formed since the first boot.
      .replace(/^(Ring ID: +\d+\.)[0-9a-f]+/gm, '$1S')
      // Each daemon keeps its files in a folder of its own.
      .replaceAll(cluster.folder, 'FOLDER')
      // A connection is named by its address in the memory of corosync, by its number in coteried; the pid before it is
      // that of the tool itself where it is not that of a client.
      .replace(/^(stats\.ipcs\.service\d+\.)(P\d|\d+)\.0x[0-9a-f]+/gm, (_, prefix, pid: string) =>
        /^P/.test(pid) ? `${prefix}${pid}.C` : `${prefix}TOOL.C`,
      )
      .replace(counted, '$1')
  );
}

/** The rows in an order of their own: processes of a group are listed in the order in which they joined. */
const inOrder = (text: string): string => text.split('\n').sort().join('\n');

const known = (text: string): string =>
  text
    .split('\n')
    .filter((row) => !missing.test(row) && !additional.test(row))
    .join('\n');

describeWith(needs, 'tools of corosync on clusters of corosync and of coteried', function () {
  this.timeout(120_000);
  let twins: Twins;

  before(async () => {
    twins = await Twins.start();
  });

  after(() => twins.dispose());

  /** Runs a command on a node of both; the outcomes have to be the same. */
  const same = async (
    command: string,
    {
      node = 1,
      input = '',
      see = (text: string) => text,
      code,
    }: {
      readonly node?: number;
      readonly input?: string;
      readonly see?: (text: string) => string;
      /** The exit status, where the test relies on it. */
      readonly code?: number;
    } = {},
  ): Promise<string> => {
    const [theirs, ours] = await twins.each(async (cluster) => {
      const outcome = await runBeside(cluster, node, command.split(' '), input);
      return seen(outcome, (text) => see(comparable(cluster, text)));
    });
    assert.deepEqual(ours, theirs, command);
    if (code !== undefined) assert.equal(theirs.code, code, `${command}: ${theirs.stderr.join()}`);
    return theirs.stdout.join('\n');
  };

  /** As {@link same}, of what changes nothing: one may hear a little later of a ring, or of a program that has ended. */
  const shows: typeof same = async (command, options) => {
    let text = '';
    await until(command, PATIENCE, async () => {
      try {
        text = await same(command, options);
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    });
    return text;
  };

  /** What a tool has had sent is in force on all nodes: the messages that come behind it are there. */
  const delivered = () => twins.each((cluster) => cluster.exchange(300, 1));

  const allSame = (tool: string, options: readonly string[], see?: (text: string) => string): void => {
    for (const option of options) {
      const command = option === '' ? tool : `${tool} ${option}`;
      it(command, () => shows(command, { see: see ?? ((text) => text) }));
    }
  };

  describe('corosync-cpgtool', () => {
    allSame('corosync-cpgtool', ['', '-n', '-e', '-e -n', '-d ;', '-d ; -n', '-h', '-x'], inOrder);

    it('names the processes of all nodes', async () => {
      const text = await shows('corosync-cpgtool', { see: inOrder, code: 0 });
      for (const id of [1, 2, 3]) assert.match(text, new RegExp(`P${id}\\s+${id} \\(10\\.98\\.0\\.${id}\\)`));
    });
  });

  describe('corosync-quorumtool', () => {
    const showing = ['', '-s', '-l', '-s -a', '-l -a', '-s -p', '-l -p', '-s -H', '-l -H', '-s -i', '-l -i'];
    const orders = ['-l -o a', '-l -o n', '-l -o i', '-l -o x', '-s -o i'];
    allSame('corosync-quorumtool', [...showing, ...orders, '-f', '-V', '-h', '-x', '-n 2']);

    it('changes votes and expected votes', async () => {
      for (const options of ['-v 2', '-v 3 -n 3', '-v 1 -n 99', '-v x', '-e 7', '-e 2', '-e 0', '-e x']) {
        await same(`corosync-quorumtool ${options}`);
        await delivered();
        await shows('corosync-quorumtool -s');
      }
      assert.match(await shows('corosync-quorumtool -s', { node: 3 }), /^Total votes: +6$/m);
      for (const options of ['-e 6', '-v 1', '-e 5', '-v 1 -n 3', '-e 3']) {
        await same(`corosync-quorumtool ${options}`, { code: 0 });
        await delivered();
      }
      assert.match(await shows('corosync-quorumtool -s'), /^Quorum: +2 +$/m);
    });

    it('monitors', async () => {
      const screens = await twins.each(async (cluster) => {
        const monitor = following(cluster, 1, ['stdbuf', '-oL', 'corosync-quorumtool', '-m']);
        try {
          // An empty line ends it.
          await until('the list of nodes', PATIENCE, () =>
            /^ +3 +1 .*\n\n/m.test(monitor.text) ? undefined : monitor.text,
          );
        } finally {
          await monitor.end();
        }
        return comparable(cluster, monitor.text);
      });
      assert.equal(screens[1], screens[0]);
    });
  });

  describe('corosync-cfgtool', () => {
    const showing = [
      '',
      '-s',
      '-s -b',
      '-n',
      '-b',
      '-s -i 0',
      '-s -i 1',
      '-s -i 10.98.0.1',
      '-n -i 10.98.0.2',
    ];
    const others = ['-a 1', '-a 3', '-a 9', '-a 0', '-a x', '-L', '-h', '-x', '-i', '-k 99', '-k x', '-k 0'];
    allSame('corosync-cfgtool', [...showing, ...others]);
  });

  describe('corosync-cmapctl', () => {
    allSame(
      'corosync-cmapctl',
      ['', '-b', '-m stats', '-m icmap', '-m foo', '-m stats stats.srp', '-m stats -b'],
      known,
    );
    const set = (type: string, value: string) => [
      `-s t.${type} ${type} ${value}`,
      `-g t.${type}`,
      `-b -g t.${type}`,
    ];
    const values = [
      ...[...set('i8', '-5'), ...set('u8', '200'), ...set('i16', '-300'), ...set('u16', '65535')],
      ...[...set('i32', '-70000'), ...set('u32', '4294967295'), ...set('i64', '-9223372036854775808')],
      ...[...set('u64', '18446744073709551615'), ...set('flt', '1.5'), ...set('dbl', '2.25')],
      ...[...set('str', 'hallo'), ...set('bin', '/etc/passwd'), ...set('bin', '-')],
    ];
    const refused = [
      '-s t.u8 u8 300',
      '-s t.i8 i8 x',
      '-s t.x foo 1',
      '-s x str y',
      '-s a$b.c str y',
      '-s t.bin bin /none',
    ];
    const reading = ['t.', '-b t.', 'totem', '-g totem.version', '-g a', '-g foo.bar', '-q -g totem.version'];
    const more = ['-q -g foo.bar', '-g totem.version nodelist.node.0.nodeid', '-g', '-s t.a', '-h', '-x'];
    const deleting = ['-d t.str', '-d t.str', '-d t.i8 t.u8', '-d', '-D t.', '-D t.', 't.'];
    const readOnly = ['-s totem.cluster_name str x', '-d totem.version', '-d runtime.members.1.ip'];
    const nodes = ['-s nodelist.node.0.nodeid u32 9', '-d nodelist.node.0.nodeid'];
    const timing = ['-s totem.token u32 2000', '-g runtime.config.totem.token', '-s totem.token u32 1000'];
    const statistics = [
      '-m stats -g stats.foo',
      '-m stats -s stats.foo u32 3',
      '-m stats -d stats.pg.msg_reserved',
    ];
    const clearing = ['-C knet', '-C ipc', '-C totem', '-C schedmiss', '-C all', '-C foo', '-C'];
    it('reads, writes and deletes', async () => {
      for (const option of [...values, ...refused, ...reading, ...more, ...deleting, ...readOnly, ...nodes])
        await same(`corosync-cmapctl ${option}`, { input: 'from stdin\n' });
      for (const option of [...timing, ...statistics, ...clearing]) await same(`corosync-cmapctl ${option}`);
      assert.match(await same('corosync-cmapctl -g runtime.config.totem.token'), /= 1000$/m);
    });

    for (const [option, key] of [
      ['-C totem', 'stats.srp.orf_token_rx'],
      ['-C ipc', 'stats.ipcs.global.closed'],
      ['-C all', 'stats.srp.orf_token_rx'],
      ['-C all', 'stats.ipcs.global.closed'],
    ]) {
      it(`${option} begins ${key} anew`, async () => {
        await twins.each(async (cluster) => {
          const run = (...args: string[]) =>
            runBeside(cluster, 1, ['corosync-cmapctl', '-m', 'stats', ...args]);
          const count = async () => Number((await run('-g', key!)).stdout.split(' = ')[1]);
          await until(`${key} to count`, PATIENCE, async () => {
            const now = await count();
            return now >= SOME ? undefined : `${now}`;
          });
          assert.equal((await run(...option!.split(' '))).code, 0);
          await until(`${key} to begin anew`, PATIENCE, async () => {
            const now = await count();
            return now < SOME ? undefined : `${now}`;
          });
        });
      });
    }

    it('loads a file', async () => {
      const input =
        't.a u32 5\nt.b str two words\nt.c.x u8 1\nt.c.y u8 2\n^t.a\n^^t.c.\nt.d foo 1\nt.e\n# a remark\n';
      const file = join(twins.coteried.folder, 'keys');
      writeFileSync(file, input);
      await same(`corosync-cmapctl -p ${file}`);
      assert.match(await same('corosync-cmapctl t.'), /t\.b \(str\) = two$/m);
      for (const option of ['-p /none', '-p']) await same(`corosync-cmapctl ${option}`);
      await same('corosync-cmapctl -D t.', { code: 0 });
    });

    for (const option of ['-t t.key', '-T t.', '-b -T t.']) {
      it(`${option} follows changes`, async () => {
        const changes = await twins.each(async (cluster) => {
          const map = (text: string) => runBeside(cluster, 1, ['corosync-cmapctl', ...text.split(' ')]);
          const tracker = following(cluster, 1, ['stdbuf', '-oL', 'corosync-cmapctl', ...option.split(' ')]);
          try {
            // When it tracks it does not say; a key that changes all the time shows it.
            let ticks = 0;
            await until('a change', PATIENCE, async () => {
              await map(`-s t.key u64 ${++ticks}`);
              return tracker.text.includes('t.key') ? undefined : tracker.text;
            });
            for (const change of [
              '-s t.key str a',
              '-s t.key str a',
              '-s t.key str b',
              '-s t.key2 u8 1',
              '-d t.key2',
            ])
              await map(change);
            await map('-d t.key');
            await until('the last change', PATIENCE, () =>
              /delete> t\.key /.test(tracker.text) ? undefined : tracker.text,
            );
          } finally {
            await tracker.end('q\n');
          }
          // How often the first key had to change is chance.
          return tracker.text.slice(tracker.text.search(/^.*t\.key \(str\)/m));
        });
        assert.equal(changes[1], changes[0]);
        assert.match(changes[0], /delete> t\.key /);
      });
    }
  });

  describe('corosync-cfgtool, which ends daemons', () => {
    const comeBack = async (id: number): Promise<void> => {
      await twins.each(async (cluster) => {
        await until(`the end of node ${id}`, PATIENCE, () =>
          cluster.node(id).running ? 'it runs' : undefined,
        );
        cluster.node(id).crash = undefined;
        await cluster.start(id);
      });
      await twins.agree();
    };

    it('has all read their configuration again: -R', () => same('corosync-cfgtool -R', { code: 0 }));

    for (const [options, node] of [
      ['-k 3', 1],
      ['-H', 3],
      ['-H --force', 2],
    ] as const) {
      it(options, async () => {
        await same(`corosync-cfgtool ${options}`, { node, code: 0 });
        await comeBack(options === '-k 3' ? 3 : node);
      });
    }

    it('and all tools without a daemon', async () => {
      await twins.each((cluster) => cluster.node(3).stop());
      await twins.agree(1, 2);
      await shows('corosync-quorumtool -s');
      await shows('corosync-quorumtool -l');
      await shows('corosync-cfgtool -s');
      await shows('corosync-cfgtool -n');
      await shows('corosync-cpgtool', { see: inOrder });
      await shows('corosync-cmapctl runtime.members');
    });
  });
});

/** In lines, which show better what differs. */
function seen({ code, stdout, stderr }: Outcome, see: (text: string) => string) {
  return { code, stdout: see(stdout).split('\n'), stderr: see(stderr).split('\n') };
}

/** Matches rows that start with one of these patterns. */
function startsWith(...patterns: string[]): RegExp {
  return new RegExp(`^(${patterns.join('|')})`);
}
