import assert from 'node:assert/strict';
import { value } from '@coterie/sdk';
import { retune } from '../../dist/config/runtime-keys.js';
import { MemoryDatabase } from '../../dist/database/database.js';
import { loaded, threeNodes, totemWith } from './files.js';

describe('retune', () => {
  const configuration = loaded(totemWith('token: 1000') + threeNodes);
  const database = (): MemoryDatabase => {
    const held = new MemoryDatabase((error) => assert.fail(String(error)));
    for (const [key, typed] of configuration.keys) held.set(key, typed);
    return held;
  };

  it('gives what was loaded while nothing has changed', () => {
    const result = retune(configuration, database());
    assert.ok('totem' in result);
    assert.deepEqual(result.totem, configuration.totem);
    for (const [key, typed] of result.keys) assert.deepEqual(typed, configuration.keys.get(key), key);
  });

  it('follows what clients set, and falls back to defaults for what they delete', () => {
    const changed = database();
    changed.set('totem.token', value.u32(2000));
    changed.set('totem.cancel_token_hold_on_retransmit', value.string('yes'));
    let result = retune(configuration, changed);
    assert.ok('totem' in result);
    assert.deepEqual(
      [result.totem.token, result.totem.consensus, result.totem.cancelTokenHoldOnRetransmit],
      [2650, 3180, true],
    );
    assert.deepEqual(result.keys.get('runtime.config.totem.token'), value.u32(2650));
    changed.delete('totem.token');
    result = retune(configuration, changed);
    assert.ok('totem' in result);
    assert.equal(result.totem.token, 3650);
    changed.set('totem.token', value.string('5000'));
    result = retune(configuration, changed);
    assert.equal('totem' in result && result.totem.token, 3650);
  });

  it('says why a change cannot be used', () => {
    const changed = database();
    changed.set('totem.join', value.u32(5));
    changed.set('totem.window_size', value.u32(20_000));
    const result = retune(configuration, changed);
    assert.ok('faults' in result);
    assert.match(result.faults.join(), /totem.join is 5 ms.*totem.window_size is 20000/);
  });
});
