import assert from 'node:assert/strict';
import { decodeSync, encodeBarrier, encodeServices } from '@coterie/core/internal';
import { Mutator, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';
import { messages } from './captured.js';

const ring = { representative: 1, sequence: 2 ** 33 };
const material: Material = {
  seeds: [encodeBarrier(ring), encodeServices(ring, [0, 1, 2, 5]), ...(messages.get(-1) ?? [])],
  fields: () => [0, 8, 16, 20, 24, 32, 40, 44],
};
const mutator = new Mutator(1600);

export const sync: Target = decoder({
  name: 'sync',
  about: 'messages of synchronisation',
  inputs: 2_000_000,
  generate: (random) => mutator.next(random, material),
  decode(bytes) {
    const message = decodeSync(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    if (typeof message === 'string') return 'refused';
    if (message.kind === 'services') assert.ok(message.services.length <= 128);
    return message.kind;
  },
});
