import assert from 'node:assert/strict';
import { FrameReader, REQUEST_HEADER, RESPONSE_HEADER, SIZE_AT } from '@coterie/sdk/client';
import { Mutator, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';

const LARGEST = 4096;

function frame(size: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(size);
  new DataView(bytes.buffer).setInt32(SIZE_AT, size, true);
  return bytes;
}

const stream = (...sizes: number[]): Uint8Array => Buffer.concat(sizes.map(frame));

const material: Material = {
  seeds: [
    stream(RESPONSE_HEADER, RESPONSE_HEADER, 40),
    stream(100, RESPONSE_HEADER, 1000),
    stream(LARGEST, 32),
    stream(24, 25, 26, 27, 28, 29, 30, 31),
  ],
  fields: () => [SIZE_AT, RESPONSE_HEADER + SIZE_AT, 100 + SIZE_AT],
  numbers: [RESPONSE_HEADER - 1, RESPONSE_HEADER, REQUEST_HEADER, LARGEST, LARGEST + 1],
};
/** In front of an input: how many bytes arrive together. */
const mutator = new Mutator(9000, 1);
const head = new Uint8Array(1);

/** Lengths of the frames, or why none follows any more behind them; the bytes arrive in chunks of this size. */
function read(bytes: Uint8Array, chunk: number): (number | string)[] {
  const reader = new FrameReader(RESPONSE_HEADER, LARGEST);
  const lengths: (number | string)[] = [];
  let behind = 0;
  for (let at = 0; at < bytes.length && reader.fault === undefined; at += chunk) {
    reader.push(bytes.subarray(at, at + chunk));
    while (reader.next()) {
      const { view, offset, length } = reader;
      const frame = new Uint8Array(view.buffer, view.byteOffset + offset, length);
      assert.equal(
        Buffer.compare(frame, bytes.subarray(behind, behind + length)),
        0,
        'other bytes than arrived',
      );
      lengths.push(length);
      behind += length;
    }
  }
  if (reader.fault !== undefined) lengths.push(reader.fault);
  return lengths;
}

export const frames: Target = decoder({
  name: 'frames',
  about: 'what a client hears from a daemon, cut anywhere, to the reader of frames',
  inputs: 1_000_000,
  generate(random) {
    head[0] = random.below(256);
    return mutator.next(random, material, head);
  },
  decode(input) {
    const bytes = input.subarray(1);
    const whole = read(bytes, Math.max(1, bytes.length));
    assert.equal(read(bytes, 1 + (input[0] ?? 0)).join(), whole.join());
    return typeof whole.at(-1) === 'string' ? 'fault' : 'frames';
  },
});
