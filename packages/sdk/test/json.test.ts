import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { struct, u32 } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';

const Anything = json<unknown>({});
const Person = json<{ name: string; age?: number }>({
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name'],
  additionalProperties: false,
});

function decode(codec: typeof Anything, bytes: Uint8Array) {
  return codec.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

describe('json', () => {
  it('brings back what JSON can hold, also as the last field of a struct', () => {
    const Tagged = struct({ tag: u32, value: Anything });
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const given = { tag: 7, value };
        const bytes = new Uint8Array(Tagged.size(given));
        assert.equal(Tagged.encode(given, new DataView(bytes.buffer), 0), bytes.length);
        const result = Tagged.decode(new DataView(bytes.buffer), 0, bytes.length);
        assert.deepEqual(result, { ok: true, value: { tag: 7, value: JSON.parse(JSON.stringify(value)) } });
      }),
    );
  });

  it('says what does not fit the schema', () => {
    assert.deepEqual(decode(Person, Buffer.from('{"name":"a","age":1.5}')), {
      ok: false,
      reason: 'value/age must be integer',
    });
    assert.equal(decode(Person, Buffer.from('{}')).ok, false);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decode(Person, bytes)));
    assert.equal(decode(Anything, Buffer.from('[')).ok, false);
    assert.equal(decode(Anything, new Uint8Array([0x22, 0xff, 0x22])).ok, false, 'not UTF-8');
    assert.equal(
      decode(Person, Buffer.from('['.repeat(1_000_000))).ok,
      false,
      'nested too deep or not closed',
    );
  });

  it('refuses to encode what JSON cannot hold', () => {
    assert.throws(() => Anything.size(undefined), TypeError);
  });
});
