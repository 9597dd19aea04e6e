import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FrameReader, ID_AT, REQUEST_HEADER, SIZE_AT } from '@coterie/sdk/client';

function frame(id: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(REQUEST_HEADER + body.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(ID_AT, id, true);
  view.setInt32(SIZE_AT, bytes.length, true);
  bytes.set(body, REQUEST_HEADER);
  return bytes;
}

function readAll(reader: FrameReader, chunk: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  reader.push(chunk);
  while (reader.next()) {
    const { view, offset, length } = reader;
    frames.push(new Uint8Array(view.buffer, view.byteOffset + offset, length));
  }
  return frames;
}

describe('FrameReader', () => {
  it('finds the same frames however the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (given, cuts) => {
        const sent = given.map((body, id) => frame(id, body));
        const stream = Buffer.concat(sent);
        const reader = new FrameReader(REQUEST_HEADER, 100);
        const found: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + cuts[i % cuts.length]!;
          // A copy of its own per chunk: a frame must not refer to memory that is not its chunk's.
          found.push(...readAll(reader, Uint8Array.from(stream.subarray(at, end))));
          at = end;
        }
        assert.deepEqual(found, sent);
        assert.equal(reader.fault, undefined);
      }),
    );
  });

  it('reads whole frames where they lie', () => {
    const chunk = Buffer.concat([frame(1, new Uint8Array(3)), frame(2, new Uint8Array(4))]);
    for (const found of readAll(new FrameReader(REQUEST_HEADER, 100), chunk)) {
      assert.equal(found.buffer, chunk.buffer);
    }
  });

  for (const size of [-1, -(2 ** 31), 0, 15, 23, 101, 2 ** 31 - 1]) {
    it(`stops for good at a frame of ${size} bytes`, () => {
      const bad = new Uint8Array(24);
      new DataView(bad.buffer).setInt32(SIZE_AT, size, true);
      for (const cut of [0, 3, 24]) {
        const reader = new FrameReader(24, 100);
        readAll(reader, bad.slice(0, cut));
        assert.deepEqual(readAll(reader, bad.slice(cut)), []);
        assert.equal(reader.fault, `a frame of ${size} bytes: 24 to 100 are allowed`);
        assert.deepEqual(readAll(reader, frame(1, new Uint8Array(20))), []);
      }
    });
  }
});
