import assert from 'node:assert/strict';
import { json } from '@coterie/sdk/json';
import { Mutator, texts, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';

interface Order {
  readonly id: number;
  readonly name: string;
  readonly parts?: readonly Order[];
}

/** As an engine might have it; it contains itself, so hostile texts can be deep. */
const codec = json<Order>({
  type: 'object',
  properties: {
    id: { type: 'integer', minimum: 0 },
    name: { type: 'string', maxLength: 40, pattern: '^[a-z ]*$' },
    parts: { type: 'array', items: { $ref: '#' }, maxItems: 8 },
  },
  required: ['id', 'name'],
  additionalProperties: false,
});

const material: Material = {
  seeds: texts(
    '{"id":1,"name":"bolt"}',
    '{"id":2,"name":"engine","parts":[{"id":3,"name":"piston"},{"id":4,"name":"","parts":[]}]}',
    '[]',
    '"\\ud83d\\ude00"',
  ),
  words: [
    ...texts(
      '{"id":1,"name":"a","parts":[',
      '[[[[[[[[',
      ']}',
      '"__proto__":',
      '"constructor":',
      'null',
      '1e999',
    ),
    ...texts('-0', '"\\u0000"', '\\ud800', '{"id":', '9007199254740993', ',', ':', '"', '\u00a0', '\ufeff'),
    Uint8Array.of(0xff),
    Uint8Array.of(0xc0, 0x80),
  ],
};
const mutator = new Mutator(20_000);

export const jsonPayloads: Target = decoder({
  name: 'json',
  about: 'bodies of JSON that a schema describes',
  inputs: 1_000_000,
  generate: (random) => mutator.next(random, material),
  decode(bytes) {
    const decoded = codec.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    if (!decoded.ok) return decoded.reason.startsWith('not JSON') ? 'not JSON' : 'not as described';
    const { value } = decoded;
    assert.deepEqual(
      Object.keys(value).filter((key) => !['id', 'name', 'parts'].includes(key)),
      [],
    );
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    return 'taken';
  },
});
