import assert from 'node:assert/strict';
import { HandlerWatch } from '../../dist/observe/handler-watch.js';
import { RecordedLog } from '../recorded-logs.js';

describe('the watch over handlers', () => {
  it('counts those that take too long, and names one a minute', () => {
    let now = 0;
    const watch = new HandlerWatch({ now: () => now, wall: () => now }, () => 100);
    const engine = { log: new RecordedLog(), slow: { value: 0 } };
    const run = (handler: string, milliseconds: number) => {
      watch.begin();
      now += milliseconds;
      watch.end(engine, handler);
    };
    const lines = () => engine.log.lines.map(({ message }) => message);
    run('delivery 0 (hear)', 100);
    assert.deepEqual([engine.slow.value, lines()], [0, []]);
    run('delivery 0 (hear)', 250);
    run('request 1 (say)', 300);
    assert.equal(engine.slow.value, 2);
    assert.deepEqual(lines(), [
      'delivery 0 (hear) held the daemon for 250 ms; more than 100 ms are too many',
    ]);
    now += 60_000;
    run('request 1 (say)', 101);
    assert.match(lines()[1] ?? '', /^request 1 \(say\) held the daemon for 101 ms/);
  });
});
