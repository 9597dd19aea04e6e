import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { CHANNEL_LIMIT, type ProcessEnd, type ProcessGroup, type ProgramToStart } from '../dist/index.js';
import { SystemProcesses } from '../dist/client/index.js';

const processes = new SystemProcesses({ input: 'empty' });
const environment = { PATH: process.env['PATH'] ?? '' };

/** A program that was started, and what it said. */
class Run {
  readonly lines: string[] = [];
  readonly end: Promise<ProcessEnd>;
  readonly group: ProcessGroup | undefined;
  private told: (() => void) | undefined;

  constructor(script: string, more: Partial<ProgramToStart> = {}) {
    let ended!: (end: ProcessEnd) => void;
    this.end = new Promise((resolve) => (ended = resolve));
    const program = { command: ['sh', '-c', script] as const, environment, channel: true, ...more };
    this.group = processes.start(program, {
      ended,
      line: (text) => {
        this.lines.push(text);
        this.told?.();
      },
    });
  }

  async said(count: number): Promise<void> {
    while (this.lines.length < count) await new Promise<void>((resolve) => (this.told = resolve));
  }
}

async function gone(group: ProcessGroup): Promise<void> {
  while (group.signal(undefined)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('SystemProcesses', () => {
  it('tells how a program has ended', async () => {
    assert.deepEqual(await new Run('exit 7').end, { kind: 'exit', code: 7 });
    assert.deepEqual(await new Run('kill -9 $$').end, { kind: 'signal', signal: 'SIGKILL' });
  });

  it('says why a program could not be started', async () => {
    const absent = new Run('', { command: ['/no/such/program'] });
    const odd = new Run('', { command: ['true', 'a\0b'] });
    const nobody = new Run('true', { user: 'nobody' });
    for (const run of [absent, odd, nobody]) {
      assert.equal(run.group, undefined);
      assert.equal((await run.end).kind, 'not-started');
    }
  });

  it('gives it the environment that it was told and nothing else', async () => {
    const { PATH } = environment;
    const run = new Run('env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= | sort >&3', {
      environment: { PATH, A: 'b c' },
    });
    await run.end;
    assert.deepEqual(run.lines, ['A=b c', `PATH=${PATH}`]);
  });

  it('carries lines both ways, the last words too', async () => {
    const run = new Run('while read -r line; do echo "<$line>"; [ "$line" = end ] && exit 3; done <&3 >&3');
    run.group!.say('grün');
    await run.said(1);
    run.group!.say('end');
    assert.deepEqual(await run.end, { kind: 'exit', code: 3 });
    assert.deepEqual(run.lines, ['<grün>', '<end>']);
  });

  it('closes the channel of a program whose line does not end', async () => {
    const run = new Run(`trap '' PIPE; head -c ${CHANNEL_LIMIT * 2} /dev/zero >&3 2>/dev/null; exit 5`);
    assert.deepEqual(await run.end, { kind: 'exit', code: 5 });
    assert.deepEqual(run.lines, []);
  });

  it('signals all of the group, also when the leader is gone', async () => {
    const run = new Run('sleep 60 & sleep 60 & echo up >&3; exit 0', { channel: true });
    await run.end;
    assert.equal(run.group!.signal(undefined), true);
    assert.equal(run.group!.signal('SIGKILL'), true);
    await gone(run.group!);
    assert.equal(run.group!.signal('SIGKILL'), false);
    assert.throws(() => new SystemProcesses({ input: 'empty' }) && run.group!.signal('SIGNONE'), TypeError);
  });

  it('adopts a process that it did not start, and no other one with its number', async () => {
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const exited = once(child, 'exit');
    const { pid } = child;
    assert.ok(pid);
    const known = new Run('read -r line <&3');
    const { birth } = known.group!;
    known.group!.say('end');
    const listener = { ended: () => assert.fail() };
    assert.equal(processes.adopt({ pid, birth: '' }, listener), undefined);
    assert.equal(processes.adopt({ pid, birth: `${birth}0` }, listener), undefined);
    const born = new Run(`echo $(cut -d' ' -f22 /proc/${pid}/stat) >&3`);
    await born.end;
    const identity = { pid, birth: `${birth.split(':')[0]}:${born.lines[0]}` };
    let ended!: (end: ProcessEnd) => void;
    const end = new Promise<ProcessEnd>((resolve) => (ended = resolve));
    const adopted = processes.adopt(identity, { ended });
    assert.ok(adopted);
    assert.equal(adopted.signal('SIGTERM'), true);
    // The interval that looks does not keep a process alive.
    const alive = setTimeout(() => undefined, 10_000);
    assert.deepEqual(await end, { kind: 'unknown' });
    clearTimeout(alive);
    await exited;
    assert.equal(processes.adopt(identity, { ended }), undefined);
  });
});
