import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ROOT } from './installation.js';
import { Release } from './release.js';
import { Walkthrough, type Typed } from './walkthrough.js';

describe('docs/tutorial.md, from an empty folder', function () {
  this.timeout(600_000);
  let release: Release;
  let walkthrough: Walkthrough;

  before(async () => {
    release = await Release.publish();
    walkthrough = new Walkthrough(join(ROOT, 'docs/tutorial.md'), release.empty, release.environment);
  });

  after(async () => {
    await walkthrough?.end();
    release?.remove();
  });

  it('ends with an engine that answers on a cluster of three', async () => {
    const typed = await walkthrough.walk();
    const seconds = (some: readonly Typed[]): number => some.reduce((sum, { took }) => sum + took, 0) / 1000;
    const installs = typed.filter(({ commands }) => /npm (install|create)/.test(commands));
    const all = seconds(typed);
    const others = all - seconds(installs);
    console.log(`      ${all.toFixed(1)} s, ${others.toFixed(1)} s of them without the blocks that install`);
    assert.ok(all < 15 * 60, `${all} s`);
    assert.ok(others < 3 * 60, `${others} s`);

    const tests = typed.filter(({ output }) => / passing \(/.test(output));
    assert.equal(tests.length, 2);
    for (const { output } of tests) assert.doesNotMatch(output, / (failing|pending)/);
    const [installed] = typed.filter(({ commands }) => commands.includes('plugins --installed'));
    assert.match(installed!.output, /^locks +engine +0\.1\.0 +locks +locks@1 /m);
    const { output } = typed.at(-1)!;
    assert.match(output, /^locks +engine +0\.1\.0 +locks +locks@1 /m);
    takesTurns(output);
  });
});

/** Each of three nodes has the printer three times, and nobody while somebody else does. */
function takesTurns(output: string): void {
  const told = Array.from(output.matchAll(/^node (\d) (has the printer|lets go)/gm), ([, node, what]) => [
    node,
    what,
  ]);
  const turns: string[] = [];
  for (let i = 0; i < told.length; i += 2) {
    const [node] = told[i]!;
    assert.deepEqual(
      told.slice(i, i + 2),
      [
        [node, 'has the printer'],
        [node, 'lets go'],
      ],
      output,
    );
    turns.push(node!);
  }
  assert.deepEqual(turns.sort(), ['1', '1', '1', '2', '2', '2', '3', '3', '3']);
}
