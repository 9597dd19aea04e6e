import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cluster, type Behaviour, type Settings, type SimulatedCluster } from '@coterie/testkit';
import { plugin } from '../dist/index.js';

const schema = JSON.parse(readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;
const NAME = 'web';

/** Nodes that supervise one program, `serve`, that does what it is told to. */
class Lab {
  readonly cluster: SimulatedCluster;
  /** When each instance was started on node 1. */
  readonly starts: number[] = [];

  constructor(settings: Settings, behaviour: Behaviour = () => undefined, nodes = 1) {
    this.cluster = cluster({
      nodes,
      plugins: [{ name: 'sam', plugin, schema }],
      config: { sam: { process: [{ name: NAME, command: 'serve', ...settings }] } },
    });
    for (const id of this.cluster.ids) {
      this.cluster.programs(id).install('serve', (program) => {
        if (id === 1) this.starts.push(this.cluster.now);
        behaviour(program);
      });
    }
    this.cluster.start();
  }

  static async settled(settings: Settings, behaviour?: Behaviour, nodes?: number): Promise<Lab> {
    const lab = new Lab(settings, behaviour, nodes);
    await lab.cluster.settled();
    return lab;
  }

  get running() {
    return this.cluster.programs(1).running;
  }

  key(name: string, program = NAME): unknown {
    return this.cluster.node(1).executive.database.get(`resources.process.${program}.${name}`)?.value;
  }

  async until(condition: () => boolean, limit?: number): Promise<void> {
    assert.ok(await this.cluster.runUntil(condition, limit), `state ${String(this.key('state'))}`);
  }
}

function lasts(lab: () => Lab, milliseconds: number, code: number): Behaviour {
  return (program) => lab().cluster.schedule.after(milliseconds, () => program.exit(code));
}

describe('the daemon and the programs of its configuration', () => {
  it('starts them with their environment and records them as libsam does', async () => {
    const lab = await Lab.settled({ environment: 'COLOUR=green', user: 'web' });
    const [program] = lab.running;
    assert.deepEqual(program?.what.command, ['/bin/sh', '-c', 'serve']);
    assert.equal(program.what.user, 'web');
    assert.equal(program.what.environment['COLOUR'], 'green');
    assert.equal(program.what.environment['COTERIE_SAM_INSTANCE'], '1');
    assert.equal(program.what.channel, false);
    const keys = ['recovery', 'poll_period', 'state', 'pid', 'instance', 'restarts', 'supervisor', 'name'];
    assert.deepEqual(
      keys.map((key) => lab.key(key)),
      ['restart', 0n, 'running', program.pid, 1, 0, 'coteried', NAME],
    );
  });

  it('starts one that fails again, after pauses that double up to a limit', async () => {
    const lab: Lab = new Lab(
      { backoff: 100, backoff_max: 500 },
      lasts(() => lab, 10, 1),
    );
    await lab.until(() => lab.starts.length === 6);
    const pauses = lab.starts.slice(1).map((start, i) => Math.round(start - lab.starts[i]! - 10));
    assert.deepEqual(pauses, [100, 200, 400, 500, 500]);
    assert.equal(lab.key('restarts'), 5);
    await lab.until(() => lab.key('state') === 'stopped');
    assert.equal(lab.key('reason'), 'it ended with exit code 1');
    assert.equal(lab.key('pid'), undefined);
  });

  it('counts failures anew after a run that was long enough', async () => {
    const life = () => (lab.starts.length === 3 ? 600 : 10);
    const lab: Lab = new Lab({ backoff: 100, backoff_max: 500 }, (program) =>
      lasts(() => lab, life(), 1)(program),
    );
    await lab.until(() => lab.starts.length === 5);
    const pauses = lab.starts
      .slice(1)
      .map((start, i) => Math.round(start - lab.starts[i]! - (i === 2 ? 600 : 10)));
    assert.deepEqual(pauses, [100, 200, 100, 200]);
  });

  it('gives up after so many restarts in a row', async () => {
    const lab: Lab = new Lab(
      { backoff: 100, max_restarts: 2 },
      lasts(() => lab, 10, 1),
    );
    await lab.until(() => lab.key('state') === 'failed');
    assert.equal(lab.starts.length, 3);
    assert.equal(lab.key('reason'), 'it ended with exit code 1, after 2 restarts in a row');
    await lab.cluster.run(60_000);
    assert.equal(lab.starts.length, 3);
  });

  it('leaves a failure at that where the policy is quit, and an end in good order always', async () => {
    const quit: Lab = new Lab(
      { policy: 'quit' },
      lasts(() => quit, 10, 1),
    );
    await quit.until(() => quit.key('state') === 'failed');
    const done: Lab = new Lab(
      {},
      lasts(() => done, 10, 0),
    );
    await done.until(() => done.key('state') === 'stopped');
    for (const lab of [quit, done]) {
      await lab.cluster.run(120_000);
      assert.equal(lab.starts.length, 1);
    }
  });

  it('tries again what could not be started', async () => {
    const lab = new Lab({ backoff: 100 });
    lab.cluster.programs(1).uninstall('serve');
    await lab.until(() => lab.key('restarts') === 3);
    assert.match(String(lab.key('reason')), /^it could not be started: ENOENT/);
    lab.cluster.programs(1).install('serve', () => undefined);
    await lab.until(() => lab.key('state') === 'running' && lab.running.length === 1);
  });

  it('ends one that is silent, first with the signal, then for good', async () => {
    const lab = new Lab(
      {
        health_check: 'pipe',
        health_interval: 1000,
        kill_timeout: 2000,
        warn_signal: 'SIGHUP',
        backoff: 100,
      },
      (program) => {
        program.onSignal = () => undefined;
        for (let beat = 1; beat <= 3; beat++) {
          lab.cluster.schedule.after(beat * 900, () => program.tell('beat'));
        }
      },
    );
    await lab.until(() => lab.running.length === 1);
    const [first] = lab.running;
    await lab.until(() => first!.signals.length === 1);
    assert.equal(Math.round(lab.cluster.now - lab.starts[0]!), 3700);
    assert.deepEqual(first!.signals, ['SIGHUP']);
    assert.equal(typeof lab.key('last_updated'), 'bigint');
    await lab.until(() => !first!.alive);
    assert.equal(Math.round(lab.cluster.now - lab.starts[0]!), 5700);
    await lab.until(() => lab.starts.length === 2);
    assert.equal(lab.key('reason'), undefined);
  });

  it('lets a program pause its checks, and keeps data for its next instance', async () => {
    const lab = new Lab({ health_check: 'pipe', health_interval: 1000, backoff: 100 }, (program) => {
      if (lab.starts.length === 1) program.tell(`store ${Buffer.from('kept').toString('base64')}`);
      else program.tell('load');
      program.tell('stop');
    });
    await lab.cluster.run(10_000);
    const [first] = lab.running;
    assert.deepEqual(first?.heard, ['ok', 'ok']);
    assert.equal(lab.key('state'), 'stopped');
    first.tell('start');
    await lab.until(() => lab.key('state') === 'running');
    await lab.until(() => lab.starts.length === 2);
    await lab.until(() => lab.running[0]?.heard.length === 2);
    assert.deepEqual(lab.running[0]!.heard, [`ok ${Buffer.from('kept').toString('base64')}`, 'ok']);
  });

  it('answers what makes no sense, and lives on', async () => {
    const lab = new Lab({ health_check: 'pipe' }, (program) => {
      const words = [
        '',
        'dance',
        'warn SIGNONE',
        'warn',
        'beat now please',
        `store ${'A'.repeat(1_500_000)}`,
      ];
      for (const word of words) program.tell(word);
      program.tell('warn SIGUSR1');
    });
    await lab.until(() => lab.running[0]?.heard.length === 7);
    assert.deepEqual(lab.running[0]!.heard, [
      ...['refused unknown word', 'refused unknown word', 'refused no such signal', 'refused no such signal'],
      ...['refused too many words', 'refused too much data', 'ok'],
    ]);
  });

  it('kills one that says it has failed, whatever the policy', async () => {
    const lab = new Lab({ health_check: 'pipe' }, (program) => program.tell('failed'));
    await lab.until(() => lab.key('state') === 'failed');
    assert.equal(lab.running.length, 0);
    await lab.cluster.run(120_000);
    assert.equal(lab.starts.length, 1);
  });

  it('runs one that requires quorum only while there is quorum', async () => {
    const lab = await Lab.settled({ requires_quorum: 'yes' }, undefined, 3);
    await lab.until(() => lab.key('state') === 'running');
    const [first] = lab.running;
    lab.cluster.partition([1], [2, 3]);
    await lab.until(() => lab.key('state') === 'waiting for quorum');
    assert.deepEqual([lab.running.length, first?.signals], [0, ['SIGTERM']]);
    await lab.cluster.run(10_000);
    assert.equal(lab.starts.length, 1);
    lab.cluster.heal();
    await lab.until(() => lab.key('state') === 'running');
    assert.equal(lab.key('restarts'), 0);
  });

  it('does not start one that requires quorum before the node has it', async () => {
    const lab = new Lab({ requires_quorum: 'yes' }, undefined, 2);
    lab.cluster.crash(2);
    await lab.cluster.run(5000);
    assert.deepEqual([lab.starts.length, lab.key('state')], [0, 'waiting for quorum']);
    lab.cluster.start(2);
    await lab.until(() => lab.starts.length === 1);
  });

  it('gives one with policy quit up when quorum is lost', async () => {
    const lab = await Lab.settled({ requires_quorum: 'yes', policy: 'quit' }, undefined, 2);
    await lab.until(() => lab.starts.length === 1);
    lab.cluster.crash(2);
    await lab.until(() => lab.key('state') === 'failed');
    assert.equal(lab.key('reason'), 'quorum was lost');
  });

  it('ends what a program has started when it ends itself', async () => {
    const lab = new Lab({ backoff: 100, kill_timeout: 1000 }, (program) => {
      program.leavesOthers = true;
      lab.cluster.schedule.after(10, () => program.exit(1));
    });
    await lab.until(() => lab.running.length === 1);
    const [first] = lab.running;
    await lab.until(() => !first!.alive);
    assert.equal(first!.signal(undefined), true);
    await lab.until(() => lab.starts.length === 2);
    assert.equal(first!.signal(undefined), false);
    assert.deepEqual(first!.signals, ['SIGTERM']);
    assert.equal(Math.round(lab.starts[1]! - lab.starts[0]!), 1110);
  });

  it('ends its programs before it leaves the ring', async () => {
    const lab = await Lab.settled(
      { kill_timeout: 3000 },
      (program) => (program.onSignal = () => lab.cluster.schedule.after(1000, () => program.exit(0))),
      2,
    );
    const [program] = lab.running;
    const asked = lab.cluster.now;
    lab.cluster.leave(1);
    await lab.until(() => !program!.alive);
    assert.equal(Math.round(lab.cluster.now - asked), 1000);
    assert.deepEqual(lab.cluster.node(2).view?.members, [1, 2]);
    assert.ok(await lab.cluster.runUntil(() => lab.cluster.alive(1) === undefined));
  });

  it('keeps nobody waiting who does not end: kills it in time', async () => {
    const lab = await Lab.settled({ kill_timeout: 3000 }, (program) => (program.onSignal = () => undefined));
    const asked = lab.cluster.now;
    lab.cluster.leave(1);
    await lab.until(() => lab.running.length === 0);
    assert.equal(Math.round(lab.cluster.now - asked), 3000);
    assert.ok(await lab.cluster.runUntil(() => lab.cluster.alive(1) === undefined));
  });

  it('kills its programs when the daemon fails', async () => {
    const lab = await Lab.settled({}, (program) => (program.onSignal = () => undefined));
    void lab.cluster.node(1).executive.fail(new Error('disk'));
    assert.ok(await lab.cluster.runUntil(() => lab.cluster.alive(1) === undefined));
    assert.equal(lab.running.length, 0);
  });

  for (const end of ['leave', 'crash'] as const) {
    it(`finds one that may outlive it again after a ${end}`, async () => {
      const lab = await Lab.settled({ on_daemon_stop: 'keep', backoff: 100 });
      const [program] = lab.running;
      lab.cluster[end](1);
      assert.ok(await lab.cluster.runUntil(() => lab.cluster.alive(1) === undefined));
      await lab.cluster.run(5000);
      lab.cluster.start(1);
      await lab.until(() => lab.key('state') === 'running');
      assert.deepEqual([lab.running, lab.key('pid'), lab.key('instance')], [[program], program!.pid, 1]);
      program!.exit(0);
      await lab.until(() => lab.starts.length === 2);
      assert.equal(lab.key('instance'), 2);
    });
  }

  it('ends what a life that crashed has left, and starts it anew', async () => {
    const lab = await Lab.settled({});
    const [program] = lab.running;
    lab.cluster.crash(1);
    assert.equal(program!.alive, true);
    lab.cluster.start(1);
    await lab.until(() => lab.starts.length === 2 && lab.key('state') === 'running');
    assert.deepEqual([program!.alive, program!.signals, lab.running.length], [false, ['SIGTERM'], 1]);
  });

  it('starts a program that was kept and has ended meanwhile', async () => {
    const lab = await Lab.settled({ on_daemon_stop: 'keep' });
    lab.cluster.crash(1);
    lab.running[0]!.exit(0);
    lab.cluster.start(1);
    await lab.until(() => lab.starts.length === 2);
  });

  it('signals no process by what a damaged file says', async () => {
    for (const text of ['', '{', '[{"pid":-1,"birth":"x","name":"web","instance":1,"section":""}]', '[1]']) {
      const lab = await Lab.settled({ on_daemon_stop: 'keep' });
      lab.cluster.crash(1);
      lab.cluster.disk(1).write('sam.json', Buffer.from(text));
      lab.cluster.start(1);
      await lab.until(() => lab.starts.length === 2);
      assert.ok(lab.cluster.node(1).log.some((line) => line.includes('sam.json cannot be used')));
    }
  });

  it('goes on where its state cannot be written', async () => {
    const lab = await Lab.settled({ backoff: 100 });
    lab.cluster.disk(1).full = true;
    lab.running[0]!.exit(1);
    await lab.until(() => lab.starts.length === 2 && lab.key('state') === 'running');
  });

  it('follows a reload: renews what has changed, ends what is gone, starts what is new', async () => {
    const lab = await Lab.settled({});
    const [first] = lab.running;
    const other = { name: 'other', command: 'serve' };
    const reload = (...process: Settings[]) => lab.cluster.reload({ sam: { process } });
    reload({ name: NAME, command: 'serve' }, other);
    await lab.until(() => lab.running.length === 2);
    assert.equal(first!.alive, true);
    reload({ name: NAME, command: 'serve', policy: 'quit' }, other);
    await lab.until(() => !first!.alive && lab.running.length === 2 && lab.key('recovery') === 'quit');
    reload(other);
    await lab.until(() => lab.key('state') === undefined);
    assert.deepEqual([lab.running.length, lab.key('state', 'other')], [1, 'running']);
    reload(other, other);
    assert.ok(lab.cluster.node(1).log.some((line) => line.includes('COTERIE_E_SAM_CONFLICT')));
  });

  it('does not start one again beside itself', async () => {
    const lab = await Lab.settled({ kill_timeout: 1000 }, (program) => (program.onSignal = () => undefined));
    const [first] = lab.running;
    lab.cluster.reload({ sam: { process: [] } });
    lab.cluster.reload({ sam: { process: [{ name: NAME, command: 'serve' }] } });
    await lab.until(() => lab.starts.length === 2);
    assert.equal(first!.alive, false);
    assert.deepEqual(
      [lab.running.length, lab.key('state'), lab.key('pid')],
      [1, 'running', lab.running[0]!.pid],
    );
  });

  it('ends one of an earlier daemon that is not configured any more', async () => {
    const lab = await Lab.settled({ on_daemon_stop: 'keep' });
    const [first] = lab.running;
    lab.cluster.crash(1);
    lab.cluster.reload({ sam: { process: [] } });
    lab.cluster.start(1);
    await lab.until(() => !first!.alive);
    assert.deepEqual([first!.signals, lab.starts.length], [['SIGTERM'], 1]);
    await lab.until(() => lab.key('state') === undefined);
  });

  for (const [settings, words] of [
    [{ on_daemon_stop: 'keep', requires_quorum: 'yes' }, 'keep and requires_quorum'],
    [{ on_daemon_stop: 'keep', health_check: 'pipe' }, 'keep and health_check'],
  ] as const) {
    it(`refuses to start with on_daemon_stop: ${words}`, async () => {
      const lab = new Lab(settings);
      assert.ok(await lab.cluster.runUntil(() => lab.cluster.alive(1) === undefined));
      assert.ok(lab.cluster.trace.text().includes(words), lab.cluster.trace.text());
      assert.equal(lab.starts.length, 0);
    });
  }
});
