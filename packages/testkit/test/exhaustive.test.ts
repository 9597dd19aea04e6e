import assert from 'node:assert/strict';
import { exhaustiveNames, exhaustiveScenarios, runNamed } from '@coterie/testkit';

async function names(scenario: string): Promise<string[]> {
  const all: string[] = [];
  for await (const name of exhaustiveNames([scenario])) all.push(name);
  return all;
}

describe('systematic schedules', () => {
  it('strike at every event of every scenario, 20000 at least, each with a name of its own', async () => {
    let schedules = 0;
    for (const scenario of exhaustiveScenarios()) {
      const all = await names(scenario);
      assert.equal(new Set(all).size, all.length, scenario);
      assert.ok(all.every((name) => name.startsWith(`${scenario}/`)));
      schedules += all.length;
    }
    assert.ok(schedules >= 20_000, `${schedules}`);
  });

  it('give the same trace for the same name, and another for another', async () => {
    const first = await runNamed('merge-1/3/kill/2@50');
    const again = await runNamed('merge-1/3/kill/2@50');
    assert.equal(again.trace.text(), first.trace.text());
    assert.notEqual((await runNamed('merge-1/3/kill/2@51')).trace.hash(), first.trace.hash());
  });

  it('do not run under a name that means none', async () => {
    for (const name of [
      'boot/4/kill/1@1',
      'merge-4/3/kill/1@1',
      'boot/3/kill/1-2@1',
      'boot/3/drop/1@1',
      'boot/3/toString/1@1',
      'boot/3/kill/1@0',
      'boot/3/kill/4@1',
      'boot/3',
      '',
    ])
      await assert.rejects(runNamed(name), RangeError, name);
  });
});
