import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import {
  SamClient,
  supervise,
  type ProgramTerms,
  type Status,
  type SuperviseOptions,
} from '../dist/client/index.js';
import { Coteried, isAlive, until } from './coteried.js';

function refusal(csError: number) {
  return (error: unknown) => error instanceof ServiceError && error.csError === csError;
}

describe('programs and their supervisors', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-sam-programs-'));
  const file = (name: string) => join(folder, name);
  const read = (name: string) => {
    try {
      return readFileSync(file(name), 'utf8');
    } catch {
      return '';
    }
  };
  const pidIn = async (name: string): Promise<number> => {
    await until(name, () => read(name).endsWith('\n'));
    return Number(read(name));
  };
  const shell = (script: string): [string, ...string[]] => ['sh', '-c', script];

  after(() => rmSync(folder, { recursive: true }));

  describe('of a Node program', () => {
    let daemon: Coteried;
    let client: SamClient;

    before(async () => {
      daemon = await Coteried.start();
      client = await SamClient.connect({ runDir: daemon.runDir });
    });
    after(async () => {
      await client.close();
      await daemon[Symbol.asyncDispose]();
    });

    const entry = async () => (await client.list()).find(({ id }) => id === `${process.pid}`);
    const sleeper = (terms: Partial<ProgramTerms> = {}, options: SuperviseOptions = {}) =>
      supervise({ command: ['sleep', '60'], backoff: 50, ...terms }, { runDir: daemon.runDir, ...options });

    it('are started again, and recorded with their state', async () => {
      const command = shell(
        `echo x >>${file('count')}; [ $(wc -l <${file('count')}) -gt 2 ] && exit 0; exit 3`,
      );
      const states: string[] = [];
      const onChange = ({ state, instance }: Status) => states.push(`${instance} ${state}`);
      const supervisor = await supervise({ command, backoff: 50 }, { runDir: daemon.runDir, onChange });
      const outcome = await supervisor.ended;
      assert.deepEqual(outcome, {
        ...{ failed: false, reason: 'it has ended by itself' },
        end: { kind: 'exit', code: 0 },
      });
      assert.deepEqual(states, [
        ...['1 running', '1 stopped', '2 running', '2 stopped'],
        ...['3 running', '3 stopped'],
      ]);
      assert.equal(await entry(), undefined);
    });

    it('are ended by whoever may talk to the daemon', async () => {
      const supervisor = await sleeper({}, { name: 'bed' });
      const listed = await entry();
      const { pid } = supervisor.status;
      assert.ok(listed && pid);
      assert.deepEqual([listed.name, listed.pid, listed.state], ['bed', pid, 'running']);
      await client.stop(listed.id);
      assert.equal(isAlive(pid), false);
      assert.equal((await supervisor.ended).failed, false);
      await assert.rejects(client.stop(listed.id), refusal(CsError.NOT_EXIST));
      await assert.rejects(client.start(listed.id), refusal(CsError.NOT_EXIST));
    });

    it('are killed with all they have started, when they do not listen', async () => {
      const script = `trap '' TERM; sh -c "trap '' TERM; echo \\$\\$ >${file('inner')}; sleep 60" & wait; sleep 60`;
      const supervisor = await sleeper({ command: shell(script), killTimeout: 200 });
      const inner = await pidIn('inner');
      await supervisor.stop();
      await until('the end of the inner one', () => !isAlive(inner));
    });

    it('have one supervisor a process in the record', async () => {
      await using _ = await sleeper();
      await assert.rejects(sleeper(), refusal(CsError.EXIST));
      await using unrecorded = await sleeper({}, { recorded: false });
      assert.ok(unrecorded.status.pid);
    });

    it('are supervised further while the daemon is away, and recorded by the next one', async () => {
      await using supervisor = await sleeper();
      await client.close();
      await daemon.end('SIGKILL');
      process.kill(supervisor.status.pid!, 'SIGKILL');
      await until(
        'the restart',
        () => supervisor.status.instance === 2 && supervisor.status.state === 'running',
      );
      await daemon.start();
      client = await SamClient.connect({ runDir: daemon.runDir });
      await until('the record', async () => (await entry())?.instance === 2);
    });

    it('are ended by signals to their supervisor, however soon they come', async () => {
      const command = shell(`kill -USR2 ${process.pid}; echo $$ >${file('signalled')}; sleep 60`);
      const supervisor = await supervise({ command }, { recorded: false, stopOn: ['SIGUSR2'] });
      assert.equal((await supervisor.ended).failed, false);
      assert.equal(process.listenerCount('SIGUSR2'), 0);
      if (read('signalled') !== '') assert.equal(isAlive(Number(read('signalled'))), false);
    });

    it('need a daemon only for the record and for quorum', async () => {
      const nowhere = { runDir: folder };
      await assert.rejects(sleeper({}, nowhere), /COTERIE_E_CLIENT_ABSENT|no daemon/);
      await using free = await sleeper({}, { ...nowhere, recorded: false });
      assert.equal(free.status.state, 'running');
    });
  });

  describe('of the daemon', () => {
    const section = (name: string, command: string, ...settings: string[]) =>
      `process {\nname: ${name}\ncommand: ${command}\n${settings.map((each) => `${each}\n`).join('')}}\n`;
    const saying = (name: string) => `echo $$ >${file(name)}; exec sleep 60`;

    it('are started, listed, stopped, and ended when they are silent', async () => {
      rmSync(file('web'), { force: true });
      const web = section('web', saying('web'), 'environment: COLOUR=green');
      const script = `echo x >>${file('beats')}; echo beat >&3; sleep 60`;
      const settings = ['health_check: pipe', 'health_interval: 300', 'backoff: 100'];
      await using daemon = await Coteried.start(`sam {\n${web}${section('quiet', script, ...settings)}}\n`);
      await using client = await SamClient.connect({ runDir: daemon.runDir });
      const pid = await pidIn('web');
      const listed = (await client.list()).find(({ id }) => id === 'web');
      assert.deepEqual(
        [listed?.id, listed?.state, listed?.supervisor, listed?.pid],
        ['web', 'running', 'coteried', pid],
      );
      assert.match(readFileSync(`/proc/${pid}/environ`, 'utf8'), /COLOUR=green\0/);
      await client.stop('web');
      assert.equal(isAlive(pid), false);
      assert.equal((await client.list()).find(({ id }) => id === 'web')?.state, 'stopped');
      rmSync(file('web'));
      await client.start('web');
      const next = await pidIn('web');
      // libsam's clock: what watches the record compares the two.
      let beat = 0n;
      await until('the first beat', async () => {
        beat = (await client.list()).find(({ id }) => id === 'quiet')!.lastUpdated;
        return beat > 0n;
      });
      const age = Number(process.hrtime.bigint() - beat) / 1e6;
      assert.ok(age >= 0 && age < 60_000, `${age} ms`);
      await until('the second start of the silent one', () => read('beats').length >= 4);
      await daemon.end();
      assert.equal(isAlive(next), false);
    });

    it('may outlive it, and are found again', async () => {
      const sections =
        section('keeper', saying('kept'), 'on_daemon_stop: keep') + section('other', saying('left'));
      await using daemon = await Coteried.start(`sam {\n${sections}}\n`);
      const kept = await pidIn('kept');
      const left = await pidIn('left');
      await daemon.end('SIGKILL');
      assert.equal(isAlive(kept), true);
      await daemon.start();
      {
        await using client = await SamClient.connect({ runDir: daemon.runDir });
        assert.equal((await client.list()).find(({ id }) => id === 'keeper')?.pid, kept);
      }
      await until('the end of what the crash has left', () => !isAlive(left));
      daemon.configure('');
      daemon.reload();
      await until(
        'the end of what is not configured',
        () => !isAlive(kept),
        () => daemon.output,
      );
    });
  });
});
