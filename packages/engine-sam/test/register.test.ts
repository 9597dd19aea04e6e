import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { value } from '@coterie/sdk';
import { SamClient } from '../dist/client/index.js';
import { Coteried, isAlive, until } from './coteried.js';

const program = join(import.meta.dirname, 'programs', 'registered.js');

/** A program that has registered: its supervisor, and what all of its instances said. */
class Registered implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly child;
  private readonly closed;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.closed = once(this.child, 'close');
    let rest = '';
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  async code(): Promise<unknown> {
    return (await this.closed)[0];
  }

  says(pattern: RegExp): Promise<void> {
    return until(
      `${pattern}`,
      () => this.lines.some((line) => pattern.test(line)),
      () => this.lines.join('\n'),
    );
  }

  /** The process that is supervised. */
  async pid(): Promise<number> {
    await this.says(/started/);
    return Number(this.lines.at(-1)!.split(' ').at(-1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.closed;
  }
}

describe('a Node program that registers', function () {
  this.timeout(60_000);
  let daemon: Coteried;

  before(async () => {
    daemon = await Coteried.start('quorum {\nprovider: corosync_votequorum\nexpected_votes: 1\n}\n');
  });
  after(() => daemon[Symbol.asyncDispose]());

  const entry = async (supervisor: Registered) => {
    await using client = await SamClient.connect({ runDir: daemon.runDir });
    return (await client.list()).find(({ id }) => id === `${supervisor.child.pid}`);
  };

  it('is started again when it ends before it stops, with its data, and gives its exit code', async () => {
    const sam = new Registered('data', daemon.runDir);
    assert.equal(await sam.code(), 7);
    assert.deepEqual(sam.lines, ['1 nothing', '2 from 1', '3 from 2']);
    assert.equal(await entry(sam), undefined);
  });

  it('may end before it has started', async () => {
    const sam = new Registered('end-before-start', daemon.runDir);
    assert.equal(await sam.code(), 5);
    assert.equal(await entry(sam), undefined);
  });

  it('is ended when it is silent', async () => {
    const sam = new Registered('beat', daemon.runDir);
    assert.equal(await sam.code(), 0);
    assert.deepEqual(sam.lines, ['1 silent']);
  });

  it('is warned by the signal of its choice, then killed, when its check fails', async () => {
    const sam = new Registered('ill', daemon.runDir);
    assert.equal(await sam.code(), 0);
    assert.ok(sam.lines.includes('1 warned'), sam.lines.join());
    assert.equal(sam.lines.at(-1), '2 check 5');
  });

  it('is killed when its event loop does not turn', async () => {
    const sam = new Registered('stuck', daemon.runDir);
    assert.equal(await sam.code(), 0);
    assert.deepEqual(sam.lines, ['1 stuck']);
  });

  it('is not started again once it has marked itself as failed', async () => {
    const sam = new Registered('mark', daemon.runDir);
    assert.equal(await sam.code(), 1);
    const { state, recovery, supervisor, name, reason } = (await entry(sam))!;
    assert.deepEqual([state, recovery, supervisor, name], ['failed', 'restart', 'client', 'registered.js']);
    assert.equal(reason, 'it said that it has failed');
    await using client = await SamClient.connect({ runDir: daemon.runDir });
    await client.stop(`${sam.child.pid}`);
    assert.equal(await entry(sam), undefined);
  });

  it('is not started again where the policy is quit', async () => {
    await using sam = new Registered('stay', daemon.runDir, 'quit');
    const pid = await sam.pid();
    await until('the record', async () => (await entry(sam))?.pid === pid);
    process.kill(pid, 'SIGKILL');
    assert.equal(await sam.code(), 1);
    assert.equal((await entry(sam))?.state, 'failed');
  });

  it('ends with its supervisor, asked to or not', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const sam = new Registered('stay', daemon.runDir);
      const pid = await sam.pid();
      sam.child.kill(signal);
      await sam.code();
      await until('the end of the program', () => !isAlive(pid));
    }
  });

  it('may be the one in the README', async () => {
    const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
    const [, example] = /```ts\n([^]*?)```/.exec(readme)!;
    const file = join(import.meta.dirname, 'programs', 'readme-example.js');
    writeFileSync(file, example!);
    const env = { ...process.env, COTERIE_RUN_DIR: daemon.runDir };
    const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
    assert.equal(stdout, 'instance 1 undefined\n');
  });

  it('starts once there is quorum, and is ended when there is none any more', async () => {
    await using database = await ConfdbClient.connect({ runDir: daemon.runDir });
    // One vote is enough of one, not of three.
    const expect = (votes: number) => database.set('quorum.expected_votes', value.u32(votes));
    await expect(3);
    await using sam = new Registered('stay', daemon.runDir, 'quorum');
    await until('the wait', async () => (await entry(sam))?.state === 'waiting for quorum');
    assert.deepEqual(sam.lines, []);
    await expect(1);
    const first = await sam.pid();
    await expect(3);
    await until('the end', () => !isAlive(first));
    await expect(1);
    await sam.says(/^2 started/);
  });
});
