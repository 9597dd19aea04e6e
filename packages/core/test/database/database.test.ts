import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { CoterieError, ValueType, value, type DatabaseChange, type DatabaseValue } from '@coterie/sdk';
import { MemoryDatabase } from '../../dist/database/database.js';

const fail = (error: unknown): void => {
  throw error;
};

function database(): MemoryDatabase {
  return new MemoryDatabase(fail);
}

function recorded(db: MemoryDatabase, key: string, prefix: boolean): DatabaseChange[] {
  const changes: DatabaseChange[] = [];
  db.track(key, prefix, (change) => changes.push(change));
  return changes;
}

const coded = (code: string) => (error: unknown) => error instanceof CoterieError && error.code === code;

describe('MemoryDatabase', () => {
  it('keeps typed values and changes their type when told to', () => {
    const db = database();
    db.set('totem.token', value.u32(3000));
    assert.deepEqual(db.get('totem.token'), value.u32(3000));
    db.set('totem.token', value.string('3000'));
    assert.deepEqual(db.get('totem.token'), value.string('3000'));
    assert.equal(db.get('totem.tok'), undefined);
  });

  it('refuses keys that icmap refuses', () => {
    for (const key of ['', 'ab', 'a'.repeat(256), 'a b c', 'totem.tökén', 'a\0b', 'abc\n']) {
      assert.throws(() => database().set(key, value.u8(1)), coded('COTERIE_E_DATABASE_KEY'), key);
    }
    for (const key of ['abc', 'a'.repeat(255), 'A-Z/0:9._']) database().set(key, value.u8(1));
  });

  it('refuses values that do not fit their type', () => {
    const bad: DatabaseValue[] = [
      value.u8(256),
      value.u8(-1),
      value.u8(1.5),
      value.u16(65536),
      value.u32(2 ** 32),
      value.i32(2 ** 31),
      value.u32(NaN),
      value.u64(1n << 64n),
      value.u64(-1n),
      { type: ValueType.int64, value: 1n << 63n },
      { type: ValueType.int8, value: 128 },
      { type: ValueType.uint32, value: 1n as unknown as number },
      { type: ValueType.uint64, value: 1 as unknown as bigint },
      { type: ValueType.string, value: 5 as unknown as string },
      value.string('a\0b'),
      value.string('x'.repeat(16_385)),
      value.string('ä'.repeat(8_193)),
      { type: ValueType.binary, value: new Uint8Array(16_385) },
      { type: ValueType.binary, value: 'x' as unknown as Uint8Array },
      { type: 13 as 11, value: 'x' },
      { type: ValueType.double, value: 'x' as unknown as number },
    ];
    for (const wrong of bad) {
      assert.throws(() => database().set('some.key', wrong), coded('COTERIE_E_DATABASE_VALUE'));
    }
  });

  it('tells changes to exact and prefix trackers, and nothing when the value is the same', () => {
    const db = database();
    const exact = recorded(db, 'runtime.a', false);
    const below = recorded(db, 'runtime.', true);
    db.set('runtime.a', value.u32(1));
    db.set('runtime.a', value.u32(1));
    db.set('runtime.a', value.u32(2));
    db.set('runtime.ab', value.u32(3));
    db.set('other.a', value.u32(4));
    db.delete('runtime.a');
    assert.equal(db.delete('runtime.a'), false);
    assert.deepEqual(
      exact.map(({ kind, old, value: now }) => [kind, old?.value, now?.value]),
      [
        ['add', undefined, 1],
        ['modify', 1, 2],
        ['delete', 2, undefined],
      ],
    );
    assert.deepEqual(
      below.map(({ key }) => key),
      ['runtime.a', 'runtime.a', 'runtime.ab', 'runtime.a'],
    );
  });

  it('compares binaries by content and keeps a copy', () => {
    const db = database();
    const changes = recorded(db, '', true);
    const bytes = Uint8Array.of(1, 2, 3);
    db.set('some.binary', { type: ValueType.binary, value: bytes });
    db.set('some.binary', { type: ValueType.binary, value: Uint8Array.of(1, 2, 3) });
    bytes[0] = 9;
    assert.deepEqual(db.get('some.binary')?.value, Uint8Array.of(1, 2, 3));
    assert.equal(changes.length, 1);
  });

  it('tells changes that listeners make after the change they react to', () => {
    const db = database();
    db.track('first.key', false, () => db.set('second.key', value.u8(1)));
    const changes = recorded(db, '', true);
    db.set('first.key', value.u8(1));
    assert.deepEqual(
      changes.map(({ key }) => key),
      ['first.key', 'second.key'],
    );
  });

  it('stops telling at once, also from inside a listener, and starts with the next change', () => {
    const db = database();
    const heard: string[] = [];
    const stopSecond: (() => void)[] = [];
    db.track('', true, ({ key }) => {
      heard.push(`one ${key}`);
      stopSecond[0]?.();
      if (key === 'key.1') db.track('', true, (change) => heard.push(`late ${change.key}`));
    });
    stopSecond.push(db.track('', true, ({ key }) => heard.push(`two ${key}`)));
    db.set('key.1', value.u8(1));
    db.set('key.2', value.u8(1));
    assert.deepEqual(heard, ['one key.1', 'one key.2', 'late key.2']);
  });

  it('goes on after a listener that throws, and reports it', () => {
    const failures: string[] = [];
    const db = new MemoryDatabase((error, { key }) => failures.push(`${key}: ${String(error)}`));
    db.track('', true, () => {
      throw new Error('broken');
    });
    const changes = recorded(db, '', true);
    db.set('some.key', value.u8(1));
    db.set('some.key', value.u8(2));
    assert.equal(changes.length, 2);
    assert.deepEqual(failures, ['some.key: Error: broken', 'some.key: Error: broken']);
  });

  it('lists keys as they are, whatever is deleted meanwhile', () => {
    const db = database();
    for (const key of ['sam.b', 'sam.a', 'sam.a.x', 'sam.A', 'sal.z']) db.set(key, value.u8(1));
    const keys = db.keys('sam.');
    assert.deepEqual(keys, ['sam.A', 'sam.a', 'sam.a.x', 'sam.b']);
    for (const key of keys) assert.equal(db.delete(key), true);
    assert.deepEqual(db.keys(), ['sal.z']);
  });

  it('adjusts integers, wrapping around', () => {
    const db = database();
    db.set('some.u8', value.u8(250));
    assert.equal(db.adjust('some.u8', 10), 'done');
    assert.deepEqual(db.get('some.u8'), value.u8(4));
    db.adjust('some.u8', -5);
    assert.deepEqual(db.get('some.u8'), value.u8(255));
    db.set('some.i32', value.i32(2 ** 31 - 1));
    db.adjust('some.i32', 1);
    assert.deepEqual(db.get('some.i32'), value.i32(-(2 ** 31)));
    db.set('some.u64', value.u64(0n));
    db.adjust('some.u64', -1);
    assert.deepEqual(db.get('some.u64'), value.u64((1n << 64n) - 1n));
    assert.equal(db.adjust('no.key', 1), 'missing');
    db.set('some.string', value.string('1'));
    assert.equal(db.adjust('some.string', 1), 'not-integer');
    db.set('some.double', { type: ValueType.double, value: 1 });
    assert.equal(db.adjust('some.double', 1), 'not-integer');
  });

  it('protects what corosync protects, and what it is told to', () => {
    const db = database();
    for (const key of ['nodelist.node.0.nodeid', 'totem.version', 'runtime.config.totem.token']) {
      assert.equal(db.readOnly(key), true, key);
    }
    for (const key of ['totem.token', 'totem.version2', 'runtime.members.1.ip']) {
      assert.equal(db.readOnly(key), false, key);
    }
    db.protect('my.', true);
    db.protect('your.key', false);
    assert.deepEqual(
      ['my.key', 'your.key', 'your.keys'].map((key) => db.readOnly(key)),
      [true, true, false],
    );
  });

  it('behaves like a naive model', () => {
    const key = fc.constantFrom('abc', 'abc.d', 'abd', 'ab/', 'ab:', 'abc.D', 'zzz', 'ABC');
    const typed = fc.oneof(
      fc.integer({ min: 0, max: 3 }).map(value.u8),
      fc.integer({ min: -2, max: 2 }).map(value.i32),
      fc.bigInt({ min: 0n, max: 2n }).map(value.u64),
      fc.constantFrom('a', 'b').map(value.string),
      fc
        .uint8Array({ maxLength: 2 })
        .map((bytes): DatabaseValue => ({ type: ValueType.binary, value: bytes })),
    );
    const step = fc.oneof(
      fc.record({ op: fc.constant('set' as const), key, typed }),
      fc.record({ op: fc.constant('delete' as const), key }),
      fc.record({
        op: fc.constant('keys' as const),
        prefix: fc.constantFrom('', 'ab', 'abc', 'abc.', 'zzzz'),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const db = database();
        const told = recorded(db, 'abc', true);
        const model = new Map<string, DatabaseValue>();
        const expected: DatabaseChange[] = [];
        const note = (change: DatabaseChange): void => {
          if (change.key.startsWith('abc')) expected.push(change);
        };
        for (const each of steps) {
          if (each.op === 'set') {
            const old = model.get(each.key);
            db.set(each.key, each.typed);
            model.set(each.key, each.typed);
            const same = old !== undefined && isDeepStrictEqual(old, each.typed);
            if (!same) note({ kind: old ? 'modify' : 'add', key: each.key, old, value: each.typed });
          } else if (each.op === 'delete') {
            const old = model.get(each.key);
            assert.equal(db.delete(each.key), model.delete(each.key));
            if (old) note({ kind: 'delete', key: each.key, old, value: undefined });
          } else {
            const wanted = [...model.keys()].filter((name) => name.startsWith(each.prefix)).sort();
            assert.deepEqual(db.keys(each.prefix), wanted);
          }
        }
        assert.deepEqual(told, expected);
        for (const [name, held] of model) assert.deepEqual(db.get(name), held);
      }),
      { numRuns: 300 },
    );
  });
});
