import assert from 'node:assert/strict';
import { CsError, value, type DatabaseValue } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { ConfdbClient } from '../dist/client.js';
import { Daemon } from './daemon.js';
import { FakeNode } from './ports.js';

function refusal(csError: number) {
  return (error: unknown) => error instanceof ServiceError && error.csError === csError;
}

describe('ConfdbClient', () => {
  it('reads and writes values of every type', async () => {
    await using daemon = await Daemon.start(new FakeNode());
    await using confdb = await ConfdbClient.connect({ runDir: daemon.runDir });
    const values: DatabaseValue[] = [
      value.u8(200),
      value.i32(-5),
      value.u64(2n ** 63n),
      { type: 9, value: 0.5 },
      value.string('grün'),
      value.string('x'.repeat(16_384)),
      { type: 12, value: Uint8Array.of(0, 255) },
    ];
    for (const stored of values) {
      await confdb.set('app.key', stored);
      assert.deepEqual(await confdb.get('app.key'), stored);
    }
    await confdb.set('app.key', value.u8(1));
    await confdb.adjust('app.key', 4);
    assert.deepEqual(await confdb.get('app.key'), value.u8(5));
    assert.deepEqual([await confdb.delete('app.key'), await confdb.delete('app.key')], [true, false]);
    assert.equal(await confdb.get('app.key'), undefined);
  });

  it('rejects with what the service answered', async () => {
    const node = new FakeNode();
    node.database.protect('lock.ed');
    await using daemon = await Daemon.start(node);
    await using confdb = await ConfdbClient.connect({ runDir: daemon.runDir });
    await assert.rejects(confdb.set('lock.ed', value.u8(1)), refusal(CsError.ACCESS));
    await assert.rejects(confdb.set('no', value.u8(1)), refusal(CsError.NAME_TOO_LONG));
    await assert.rejects(confdb.adjust('not.there', 1), refusal(CsError.NOT_EXIST));
  });

  it('iterates over a prefix, and leaves no iterator behind', async () => {
    const node = new FakeNode();
    for (const key of ['app.b', 'app.a', 'other']) node.database.set(key, value.string(key));
    await using daemon = await Daemon.start(node);
    await using confdb = await ConfdbClient.connect({ runDir: daemon.runDir });
    const seen: string[] = [];
    for await (const { key, value } of confdb.iterate('app.')) seen.push(`${key}=${String(value.value)}`);
    assert.deepEqual(seen, ['app.a=app.a', 'app.b=app.b']);
    for (let count = 0; count < 100; count++) {
      for await (const { key } of confdb.iterate()) {
        assert.equal(key, 'app.a');
        break;
      }
    }
  });

  it('tracks a key and a prefix over one connection', async () => {
    const node = new FakeNode();
    const before = node.database.trackers.size;
    await using daemon = await Daemon.start(node);
    await using confdb = await ConfdbClient.connect({ runDir: daemon.runDir });
    const one = await confdb.track('app.one');
    const all = await confdb.track('app.', { prefix: true });
    node.database.set('app.two', value.u8(2));
    node.database.set('app.one', value.u8(1));
    node.database.delete('app.one');
    assert.deepEqual((await one.next()).value, {
      kind: 'add',
      key: 'app.one',
      old: undefined,
      value: value.u8(1),
    });
    const kinds: string[] = [];
    for await (const { kind, key } of all) {
      kinds.push(`${kind} ${key}`);
      if (kinds.length === 3) break;
    }
    assert.deepEqual(kinds, ['add app.two', 'add app.one', 'delete app.one']);
    await one.return();
    assert.equal(node.database.trackers.size, before);
  });

  it('looks at the statistics when asked to', async () => {
    const node = new FakeNode();
    node.database.set('stats.srp.mcast_tx', value.u64(5n));
    await using daemon = await Daemon.start(node);
    await using confdb = await ConfdbClient.connect({ runDir: daemon.runDir, map: 'stats' });
    assert.deepEqual(await confdb.get('stats.srp.mcast_tx'), value.u64(5n));
    await assert.rejects(confdb.set('stats.mine', value.u8(1)), refusal(CsError.ACCESS));
  });
});
