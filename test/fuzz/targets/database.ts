import assert from 'node:assert/strict';
import { MemoryDatabase } from '@coterie/core';
import { isDatabaseKey } from '@coterie/core/internal';
import { CoterieError, ValueType, type DatabaseValue } from '@coterie/sdk';
import { Mutator, texts, type Material } from '../mutate.js';
import type { Target } from '../target.js';

/** An input: operation u8, type u8, length of the key u8; then the key, then a value of that type. */
const HEAD = 3;
const OPERATIONS = ['set', 'delete', 'up', 'down', 'keys', 'protect'] as const;
const types: readonly number[] = Object.values(ValueType);
const mutator = new Mutator(20_000, HEAD);
const head = new Uint8Array(HEAD);

const material: Material = {
  seeds: texts(
    'user.key.one12345678',
    'user.key.two\0',
    'totem.token',
    'a.b',
    'runtime.x'.repeat(20),
    'x'.repeat(17_000),
  ),
  words: texts(
    'user.',
    'key.',
    '.',
    '..',
    ' ',
    '\0',
    '\u00e4',
    'nodelist.node.0.',
    '/',
    ':',
    'totem.',
    '\n',
    '*',
  ),
};

/** A value such as a plugin may make by mistake: it need not fit its type. */
function valueOf(type: number, bytes: Uint8Array): DatabaseValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = bytes.length < 8 ? bytes.length : view.getFloat64(0, true);
  const big = bytes.length < 8 ? 1n << 70n : view.getBigInt64(0, true);
  const value =
    type === ValueType.string
      ? Buffer.from(bytes).toString()
      : type === ValueType.binary
        ? bytes
        : type === ValueType.int64 || type === ValueType.uint64
          ? big
          : number;
  return { type, value } as DatabaseValue;
}

/** Does what the input says. Returns what came of it. */
function operate(database: MemoryDatabase, input: Uint8Array): string {
  const [what = 0, type = 0, length = 0] = input;
  const key = Buffer.from(input.subarray(HEAD, HEAD + length)).toString('latin1');
  const operation = OPERATIONS[what % OPERATIONS.length]!;
  try {
    if (operation === 'set') database.set(key, valueOf(type, input.subarray(HEAD + length)));
    else if (operation === 'delete') database.delete(key);
    else if (operation === 'protect') database.protect(key, (type & 1) === 1);
    else if (operation === 'keys') {
      const keys = database.keys(key);
      assert.ok(keys.every((found) => found.startsWith(key) && isDatabaseKey(found)));
    } else database.adjust(key, operation === 'up' ? 1 : -1);
    return operation;
  } catch (error) {
    assert.ok(error instanceof CoterieError && error.code.startsWith('COTERIE_E_DATABASE_'), String(error));
    return 'refused';
  }
}

export const database: Target = {
  name: 'database',
  about: 'operations on keys and values of the database',
  inputs: 2_000_000,
  length: 200,
  stateless: false,
  play(source) {
    const failures: unknown[] = [];
    const store = new MemoryDatabase((error) => failures.push(error));
    const heard = new Map<string, DatabaseValue>();
    store.track('', true, ({ key, value }) =>
      value === undefined ? heard.delete(key) : heard.set(key, value),
    );
    for (;;) {
      const input = source.next((random) => {
        const type = random.chance(0.9) ? random.pick(types) : random.below(256);
        head.set([
          random.below(random.chance(0.5) ? 1 : 256),
          type,
          random.below(random.chance(0.9) ? 24 : 256),
        ]);
        return mutator.next(random, material, head);
      });
      if (input === undefined) break;
      const began = performance.now();
      const outcome = operate(store, input);
      source.took(performance.now() - began, outcome);
    }
    assert.deepEqual(failures, []);
    assert.deepEqual([...heard.keys()].sort(), store.keys(), 'who listens knows what is there');
    for (const [key, value] of heard) assert.deepEqual(store.get(key), value);
  },
};
