import assert from 'node:assert/strict';
import { impossible, ringEvents, ringStates, runSchedule } from '@coterie/testkit';

describe('coverage', () => {
  /** The pairs that a run met, as text. */
  async function met(seed: number): Promise<string[]> {
    const { coverage } = await runSchedule(seed);
    return ringStates.flatMap((state, row) =>
      ringEvents
        .filter((_, column) => coverage.met[row * ringEvents.length + column] === 1)
        .map((event) => `${state}, ${event}`),
    );
  }

  it('notes packets, timers and changes with the state that met them', async () => {
    const pairs = await met(7);
    for (const pair of [
      'operational, packet: token',
      'recovery, packet: token',
      'commit, packet: commit token',
      'operational, timer: hold',
      'gather, change: consensus reached',
      'commit, change: the commit token has come round',
      'recovery, change: recovery is complete',
    ])
      assert.ok(pairs.includes(pair), pair);
  });

  it('differs from schedule to schedule', async () => {
    assert.notDeepEqual(await met(7), await met(8));
  });

  it('never has what is said to be impossible', async () => {
    for (let seed = 2000; seed < 2020; seed++) {
      for (const pair of await met(seed)) {
        const [state, event] = pair.split(', ') as [(typeof ringStates)[number], string];
        assert.equal(impossible(state, event), undefined, pair);
      }
    }
  });

  it('says why a pair is impossible', () => {
    assert.match(impossible('gather', 'timer: token retransmit') ?? '', /no token/);
    assert.equal(impossible('operational', 'packet: token'), undefined);
    const pairs = ringStates.flatMap((state) => ringEvents.map((event) => impossible(state, event)));
    assert.ok(pairs.some((why) => why !== undefined));
  });
});
