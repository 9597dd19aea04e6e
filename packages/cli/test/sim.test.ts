import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSchedule, type ResultsData } from '@coterie/testkit';
import { Coterie } from './coterie.js';

/** Milliseconds in which something has to be there. */
const DEADLINE = 90_000;

describe('coterie sim', function () {
  this.timeout(120_000);

  let folder: string;
  let file: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-sim-'))));
  beforeEach(() => (file = join(folder, `${Math.random()}.json`)));
  after(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]): Promise<Coterie & { exit: number | null }> {
    const command = new Coterie(['sim', ...args], folder);
    return Object.assign(command, { exit: await command.code() });
  }

  it('runs random schedules, keeps the figures, and goes on where they end', async () => {
    const first = await run('--seeds', '7..8', '--results', file);
    assert.equal(first.exit, 0, first.err);
    assert.match(first.out, /^2 random and 0 systematic schedules in .*\nEverything held\.\n$/);
    const second = await run('--from', '7', '--count', '3', '--results', file, '--json');
    assert.equal(second.exit, 0, second.err);
    const { figures, seeds, complete, failures } = JSON.parse(second.out) as ResultsData & {
      complete: boolean;
    };
    assert.equal(figures.random, 3);
    assert.deepEqual(seeds, [[7, 9]]);
    assert.deepEqual(failures, []);
    assert.ok(complete);
    const third = await run('--seeds', '7..9', '--results', file);
    assert.match(third.out, /^Continuing .*: 3 of 3 schedules are done\.\n3 random/);
  });

  it('stops at Ctrl-C, and keeps what it has', async () => {
    const command = new Coterie(
      ['sim', '--seeds', '1..1000000', '--results', file, '--workers', '1', '--json'],
      folder,
    );
    const until = Date.now() + DEADLINE;
    while (!existsSync(file) && Date.now() < until) await sleep(50);
    command.child.kill('SIGINT');
    assert.equal(await command.code(), 1);
    const { complete, figures } = JSON.parse(command.out) as ResultsData & { complete: boolean };
    assert.equal(complete, false);
    assert.ok(figures.random > 0);
    assert.deepEqual((JSON.parse(readFileSync(file, 'utf8')) as ResultsData).figures, figures);
  });

  it('shows the trace of a seed, of a name, and of a file', async () => {
    const { trace, script } = await runSchedule(7);
    const hash = trace.hash().toString(16).padStart(8, '0');
    const seed = await run('--replay', '7');
    assert.equal(seed.exit, 0, seed.err);
    assert.ok(seed.out.includes(trace.text()));
    assert.ok(seed.out.endsWith(`trace ${hash}\n`));
    writeFileSync(file, JSON.stringify(script));
    const written = await run('--schedule', file, '--json');
    assert.equal((JSON.parse(written.out) as { hash: string }).hash, hash);
    const named = await run('--replay', 'boot/2/kill/1@9');
    assert.equal(named.exit, 0, named.err);
    assert.match(named.out, /kill\/1@9/);
  });

  for (const [what, args, code, message] of [
    ['a name that means nothing', ['--replay', 'nonsense'], 'COTERIE_E_SIM_SCHEDULE', /nonsense/],
    ['a file that is not there', ['--schedule', 'nowhere.json'], 'COTERIE_E_SIM_SCHEDULE', /nowhere/],
    ['seeds that are none', ['--seeds', '1-9'], 'COTERIE_E_USAGE', /1\.\.1000/],
    ['seeds that descend', ['--seeds', '9..1'], 'COTERIE_E_USAGE', /ascend/],
    ['results of any seeds', ['--count', '1', '--results', 'r.json'], 'COTERIE_E_USAGE', /--from/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { exit, err } = await run(...args);
      assert.equal(exit, 1);
      assert.ok(err.startsWith(code), err);
      assert.match(err, message);
    });
  }

  it('says what is wrong with the file of a schedule', async () => {
    const { script } = await runSchedule(7);
    const steps = [{ at: 1, fault: { kind: 'crash', node: 'one' } }];
    writeFileSync(file, JSON.stringify({ ...script, steps }));
    const { exit, err } = await run('--schedule', file);
    assert.equal(exit, 1);
    assert.match(err, /^COTERIE_E_SIM_SCHEDULE: .*steps\/0\/fault\/node must be integer/);
  });
});
