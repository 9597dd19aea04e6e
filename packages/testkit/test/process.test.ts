import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SimulatedProcess } from '../dist/simulation/process.js';
import { Schedule } from '../dist/simulation/schedule.js';

describe('a timer of a simulated process', () => {
  it('runs out at every deadline, however the sum of times is rounded', () => {
    const times = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(times, times, times, (now, first, more) => {
        const schedule = new Schedule();
        schedule.now = now;
        let ran = 0;
        const timer = new SimulatedProcess(schedule, 0).timer(() => ran++);
        // Armed for the first deadline, and again for the second when that has come.
        timer.start(first);
        timer.start(first + more);
        while (schedule.step());
        assert.equal(ran, 1);
      }),
      { numRuns: 2000 },
    );
  });
});
