import assert from 'node:assert/strict';
import { Prng } from '@coterie/testkit';
import { SimulatedProcess } from '../dist/simulation/process.js';
import { Schedule } from '../dist/simulation/schedule.js';

describe('a timer of a simulated process', () => {
  it('runs out at every deadline, however the sum of times is rounded', () => {
    const random = new Prng(1);
    for (let i = 0; i < 10_000; i++) {
      const schedule = new Schedule();
      schedule.now = random.between(0, 30) / 7;
      let ran = 0;
      const timer = new SimulatedProcess(schedule, 0).timer(() => ran++);
      // Armed for the first deadline, and again for the second when that has come.
      timer.start(random.between(0, 150) / 7);
      timer.start(random.between(150, 390) / 7);
      while (schedule.step());
      assert.equal(ran, 1);
    }
  });
});
