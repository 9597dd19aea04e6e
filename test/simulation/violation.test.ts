import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const coterie = at('packages/cli/bin/coterie.js');
const preload = new URL('../planted/preload.js', import.meta.url).href;
const schedules = at('test/simulation/schedules');

describe('coterie sim, where a bug is planted', function () {
  this.timeout(180_000);

  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-violation-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** Exit code and output of `coterie sim` with these arguments, with a bug planted in it and its processes. */
  async function sim(bug: string | undefined, ...args: string[]): Promise<{ code: number; out: string }> {
    const env = { ...process.env };
    if (bug !== undefined)
      Object.assign(env, { COTERIE_PLANTED_BUG: bug, NODE_OPTIONS: `--import ${preload}` });
    const child = spawn(process.execPath, [coterie, 'sim', ...args], { cwd: folder, env });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (out += bytes.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out };
  }

  /** The first property that the output says does not hold. */
  const violated = (out: string) => /^(\S+) at [0-9.]+ ms: /m.exec(out)?.[1];

  for (const file of readdirSync(schedules)) {
    const bug = file.replace(/\.json$/, '');
    it(`finds ${bug} again by its schedule, and nothing without it`, async () => {
      const schedule = join(schedules, file);
      const [planted, sound] = await Promise.all([
        sim(bug, '--schedule', schedule),
        sim(undefined, '--schedule', schedule),
      ]);
      assert.equal(planted.code, 1, planted.out);
      assert.ok(violated(planted.out) !== undefined);
      assert.equal(sound.code, 0, sound.out);
      assert.equal(violated(sound.out), undefined);
    });
  }

  it('prints seed, violation, trace, the shortest schedule, and commands that show it again', async () => {
    const bug = 'token-duplicates-count';
    const results = join(folder, 'results.json');
    const campaign = await sim(bug, '--seeds', '1..30', '--workers', '2', '--results', results);
    assert.equal(campaign.code, 1, campaign.out);
    const seed = /^Schedule (\d+): violation$/m.exec(campaign.out)?.[1];
    assert.ok(seed !== undefined, campaign.out);
    assert.match(campaign.out, /^ *[0-9]+\.[0-9]{3} \d\.\d +deliver +\S/m);
    const property = violated(campaign.out);
    const again = `Again: coterie sim --schedule ${join(folder, `coterie-sim-${seed}.json`)}`;
    assert.ok(campaign.out.includes(`\nAgain: coterie sim --replay ${seed}\n`));
    assert.ok(campaign.out.includes(`\n${again}\n`));

    const replayed = await sim(bug, '--replay', seed);
    assert.equal(replayed.code, 1);
    const shrunk = await sim(bug, '--schedule', join(folder, `coterie-sim-${seed}.json`));
    assert.equal(shrunk.code, 1);
    assert.equal(violated(shrunk.out), property);
    assert.ok(shrunk.out.length < replayed.out.length);

    const continued = await sim(bug, '--seeds', '1..30', '--results', results);
    assert.equal(continued.code, 1, 'failures of before still count');
  });
});
