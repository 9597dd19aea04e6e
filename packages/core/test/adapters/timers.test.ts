import assert from 'node:assert/strict';
import { systemClock } from '../../dist/adapters/clock.js';
import { SystemTimers } from '../../dist/adapters/timers.js';

const timers = new SystemTimers(systemClock);

/** Resolves with the time that passed until the timer made by `start` ran out. */
function expiry(start: (timer: ReturnType<typeof timers.timer>) => void): Promise<number> {
  return new Promise((resolve) => {
    const began = systemClock.now();
    start(timers.timer(() => resolve(systemClock.now() - began)));
  });
}

describe('timers on the event loop', () => {
  it('never run out early', async () => {
    assert.ok((await expiry((timer) => timer.start(20))) >= 20);
  });

  it('that were started again run out when the last start says, later or sooner', async () => {
    const later = await expiry((timer) => {
      timer.start(5);
      timer.start(40);
    });
    assert.ok(later >= 40);
    const sooner = await expiry((timer) => {
      timer.start(60_000);
      timer.start(10);
    });
    assert.ok(sooner >= 10 && sooner < 30_000);
  });

  it('that were stopped do not run out, and can be started again', async () => {
    let stopped = 0;
    const timer = timers.timer(() => stopped++);
    timer.start(1);
    assert.equal(timer.running, true);
    timer.stop();
    assert.equal(timer.running, false);
    await expiry((other) => other.start(20));
    assert.equal(stopped, 0);
    timer.start(1);
    await expiry((other) => other.start(20));
    assert.equal(stopped, 1);
    assert.equal(timer.running, false);
  });

  it('may start themselves again', async () => {
    let times = 0;
    await new Promise<void>((resolve) => {
      const timer = timers.timer(() => (++times < 3 ? timer.start(1) : resolve()));
      timer.start(1);
    });
    assert.equal(times, 3);
  });
});
