import assert from 'node:assert/strict';
import { plugin as cfg } from '@coterie/engine-cfg';
import { plugin as confdb } from '@coterie/engine-confdb';
import { plugin as cpg } from '@coterie/engine-cpg';
import { plugin as quorum } from '@coterie/engine-quorum';
import { plugin as sam } from '@coterie/engine-sam';
import { deliveryHandlers, engineIdentity, requestHandlers, type Codec } from '@coterie/sdk';
import { Mutator } from '../mutate.js';
import { decoder, type Target } from '../target.js';
import { messages } from './captured.js';

/** Of a message between members. */
const MESSAGE_HEADER = 16;
/** In front of an input: 0 for a request or 1 for a message, service u16, id u16. */
const HEAD = 5;

interface Wire {
  readonly head: Uint8Array;
  readonly codec: Codec<unknown>;
  readonly seeds: readonly Uint8Array[];
}

/** A body of zeros has no texts and no items, and is valid for most codecs if it is long enough. */
const zeros = [0, 4, 8, 16, 24, 40, 64, 136, 168, 280, 560, 1200].map((size) => new Uint8Array(size));

function headOf(kind: 0 | 1, service: number, id: number): Uint8Array {
  return Uint8Array.of(kind, service & 0xff, service >>> 8, id & 0xff, id >>> 8);
}

/** Everything that the engines hear from clients and from other members. */
const wires: readonly Wire[] = [cfg, confdb, cpg, quorum, sam]
  .flatMap(({ engines }) => engines)
  .flatMap((engine) => {
    const { service } = engineIdentity(engine)!;
    const heard = (fn: number) => messages.get(((service << 16) | fn) >>> 0) ?? [];
    return [
      ...requestHandlers(engine).map(({ id, codec }) => ({
        head: headOf(0, service, id),
        codec,
        seeds: zeros,
      })),
      ...deliveryHandlers(engine).map(({ fn, codec }) => ({
        ...{ head: headOf(1, service, fn), codec },
        seeds: [...zeros, ...heard(fn).map((message) => message.subarray(MESSAGE_HEADER))],
      })),
    ];
  });
const byHead = new Map(wires.map((wire) => [nameOf(wire.head), wire]));

function nameOf(head: Uint8Array): string {
  const [kind, low = 0, high = 0, idLow = 0, idHigh = 0] = head;
  return `${kind === 0 ? 'request' : 'message'} ${low | (high << 8)}.${idLow | (idHigh << 8)}`;
}

/** What was understood is understood the same way when it is written again. */
function decode(input: Uint8Array): string {
  const wire = byHead.get(nameOf(input));
  if (wire === undefined) return 'no such message';
  const { codec } = wire;
  const length = input.length - HEAD;
  const view = new DataView(input.buffer, input.byteOffset + HEAD, length);
  const first = codec.decode(view, 0, length);
  if (!first.ok) return 'refused';
  const written = encoded(codec, first.value);
  const second = codec.decode(new DataView(written.buffer), 0, written.length);
  assert.ok(second.ok, 'cannot read what it has written');
  assert.equal(Buffer.compare(encoded(codec, second.value), written), 0, 'reads something else then');
  return 'understood';
}

function encoded(codec: Codec<unknown>, value: unknown): Uint8Array {
  const size = codec.size(value);
  const bytes = new Uint8Array(size);
  codec.encode(value, new DataView(bytes.buffer), 0);
  return bytes;
}

const mutator = new Mutator(4000, HEAD);

export const codecs: Target = decoder({
  name: 'codecs',
  about: 'bodies of requests and of messages between members to the codecs of all engines',
  inputs: 10_000_000,
  generate(random) {
    const { head, seeds } = random.pick(wires);
    return mutator.next(random, { seeds }, head);
  },
  decode,
});
