import assert from 'node:assert/strict';
import { value } from '@coterie/sdk';
import { followTiming } from '../../dist/config/live-timing.js';
import { MemoryDatabase } from '../../dist/database/database.js';
import { RecordedLog } from '../recorded-logs.js';
import { loaded, threeNodes, totemWith } from './files.js';

describe('the timing of the ring', () => {
  const configuration = loaded(totemWith('token: 1000', 'token_coefficient: 0') + threeNodes);
  const follow = () => {
    const database = new MemoryDatabase((error) => assert.fail(String(error)));
    for (const [key, typed] of configuration.keys) database.set(key, typed);
    const applied: number[] = [];
    const log = new RecordedLog();
    followTiming(
      database,
      () => configuration,
      log,
      ({ token }) => applied.push(token),
    );
    return { database, applied, log };
  };

  it('follows what programs change', () => {
    const { database, applied } = follow();
    database.set('totem.token', value.u32(2000));
    assert.deepEqual(applied, [2000]);
    assert.deepEqual(database.get('runtime.config.totem.token'), value.u32(2000));
    assert.deepEqual(database.get('runtime.config.totem.consensus'), value.u32(2400));
  });

  it('stays as it is where a change is unusable, or a reload is under way', () => {
    const { database, applied, log } = follow();
    database.set('totem.join', value.u32(5));
    assert.deepEqual(applied, []);
    assert.match(log.lines.map(({ message }) => message).join(), /totem\.join is not put into force/);
    database.set('config.totemconfig_reload_in_progress', value.u8(1));
    database.set('totem.join', value.u32(60));
    assert.deepEqual(applied, []);
  });
});
