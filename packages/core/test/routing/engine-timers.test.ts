import assert from 'node:assert/strict';
import type { Timer, Timers } from '@coterie/sdk';
import { Guard } from '../../dist/routing/engine.js';
import { EngineTimers } from '../../dist/routing/engine-timers.js';
import { ManualTime } from '../manual-time.js';
import { RecordedLog } from '../recorded-logs.js';

describe('timers of an engine', () => {
  it('run out, again and again, and what they throw is counted', () => {
    const time = new ManualTime();
    const failures = { value: 0 };
    const timers = new EngineTimers(
      time,
      new Guard(new RecordedLog(), failures, { value: 0 }, () => undefined),
    );
    let runs = 0;
    const timer = timers.timer(() => {
      runs++;
      throw new Error('planted');
    });
    for (const expected of [1, 2]) {
      timer.start(10);
      assert.ok(timer.running);
      time.advance(10);
      assert.ok(!timer.running);
      assert.deepEqual([runs, failures.value], [expected, expected]);
    }
  });

  it('end with the engine', () => {
    const time = new ManualTime();
    const timers = new EngineTimers(
      time,
      new Guard(new RecordedLog(), { value: 0 }, { value: 0 }, () => undefined),
    );
    const timer = timers.timer(() => assert.fail('ran out'));
    timer.start(10);
    timers.end();
    assert.ok(!timer.running);
    time.advance(10);
  });

  it('are not held on to when they do not run any more', () => {
    const stopped: number[] = [];
    let expire: () => void = () => undefined;
    let made = 0;
    const source: Timers = {
      timer(expired): Timer {
        const number = ++made;
        expire = expired;
        return { start: () => undefined, stop: () => void stopped.push(number), running: false };
      },
    };
    const timers = new EngineTimers(
      source,
      new Guard(new RecordedLog(), { value: 0 }, { value: 0 }, () => undefined),
    );
    timers.timer(() => undefined);
    timers.timer(() => undefined).start(1);
    const ran = timers.timer(() => undefined);
    ran.start(1);
    expire();
    const halted = timers.timer(() => undefined);
    halted.start(1);
    halted.stop();
    stopped.length = 0;
    timers.end();
    assert.deepEqual(stopped, [2]);
  });
});
