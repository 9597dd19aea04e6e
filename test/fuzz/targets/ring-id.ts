import assert from 'node:assert/strict';
import { StoredRingId } from '@coterie/core';
import { CoterieError, type Logger } from '@coterie/sdk';
import { Mutator, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';

const silent: Logger = {
  ...{ error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing },
  enabled: () => false,
};
function nothing(): void {}

function stored(sequence: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, sequence, true);
  return bytes;
}

const material: Material = {
  seeds: [0n, 1n, 4096n, 2n ** 32n, 2n ** 48n, 2n ** 53n - 1n, 2n ** 64n - 1n].map(stored),
  fields: () => [0, 4],
};
const mutator = new Mutator(64);

export const ringId: Target = decoder({
  name: 'ring-id',
  about: 'the state file with the ring sequence',
  inputs: 500_000,
  generate: (random) => mutator.next(random, material),
  decode(file) {
    let written: Uint8Array | undefined;
    const storage = { read: () => file, write: (_: string, bytes: Uint8Array) => void (written = bytes) };
    let sequence;
    try {
      sequence = new StoredRingId(storage, 1, silent).load();
    } catch (error) {
      assert.ok(error instanceof CoterieError && error.code === 'COTERIE_E_RING_ID', String(error));
      assert.equal(written, undefined, 'the file is left alone');
      return 'refused';
    }
    assert.ok(Number.isSafeInteger(sequence) && sequence >= 0);
    assert.equal(written === undefined, file.length >= 8, 'a file that is too short is written anew');
    return written === undefined ? 'read' : 'begun anew';
  },
});
