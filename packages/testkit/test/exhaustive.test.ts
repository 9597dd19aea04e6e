import assert from 'node:assert/strict';
import {
  exhaustiveNames,
  exhaustiveScenarios,
  runNamed,
  type Trace,
  type TraceEvent,
} from '@coterie/testkit';

/** One schedule in so many is part of every run of the tests. */
const SHARE = 150;

async function names(scenario: string): Promise<string[]> {
  const all: string[] = [];
  for await (const name of exhaustiveNames([scenario])) all.push(name);
  return all;
}

/** Which nodes had their say one after the other while the last ring was synchronised: `231...`. */
function turns({ events }: Trace): string {
  let said = '';
  let last: TraceEvent | undefined;
  for (const event of events.slice(events.findLastIndex(({ kind }) => kind === 'regular'))) {
    if (event.kind === 'synchronised') break;
    if (event.kind !== 'originate') continue;
    // What goes out at one visit of the token is one turn.
    if (event.node !== last?.node || event.at !== last.at) said += event.node;
    last = event;
  }
  return said;
}

describe('systematic schedules', function () {
  this.timeout(60_000);

  it('strike at every event of every scenario: 20000 at least, each with a name of its own', async () => {
    let schedules = 0;
    for (const scenario of exhaustiveScenarios()) {
      const all = await names(scenario);
      assert.equal(new Set(all).size, all.length, scenario);
      assert.ok(all.every((name) => name.startsWith(`${scenario}/`)));
      schedules += all.length;
    }
    assert.ok(schedules >= 20_000, `${schedules}`);
  });

  for (const scenario of exhaustiveScenarios()) {
    it(`leave everything as it should be (one in ${SHARE} of ${scenario})`, async () => {
      const all = await names(scenario);
      for (let i = 0; i < all.length; i += SHARE) {
        const { name, violations, trace } = await runNamed(all[i]!);
        assert.deepEqual(violations, [], `${name}\n${trace.text()}`);
      }
    });
  }

  it('make nodes synchronise in the order that they are named for', async () => {
    // First everybody tells which services it has; those that corosync has not come last, in any order.
    for (const order of ['123-132-213-231', '312-321-312-321'])
      assert.match(
        turns((await runNamed(`order/3/${order}`)).trace),
        new RegExp(`^[123]{3}${order.replaceAll('-', '')}`),
      );
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
      'order/3/123-123-123',
      'order/2/123-123-123-123',
      'boot/3',
      '',
    ])
      await assert.rejects(runNamed(name), RangeError, name);
  });
});
