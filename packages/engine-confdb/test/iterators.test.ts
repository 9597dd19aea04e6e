import assert from 'node:assert/strict';
import { CsError, value, type Codec } from '@coterie/sdk';
import * as lib from '../dist/client-wire.js';
import { MapRequest } from '../dist/client-wire.js';
import { FakeNode, type FakeClient, type Frame } from './ports.js';

const OPERATIONS = 100_000;
const KEYS = 40;
const MOST_ITERATORS = 8;

/** An iterator as it should be: the keys there were when it began, of which those come that still exist. */
interface Expected {
  readonly handle: number;
  readonly keys: readonly string[];
  position: number;
}

/** Lehmer's generator: the same numbers in every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 48271) % 2147483647;
    return state % bound;
  };
}

describe('iterators of confdb', () => {
  it('come to every key that is still there, whatever four clients set and delete meanwhile (I1)', () => {
    const node = new FakeNode();
    const { database } = node;
    const clients = [1, 2, 3, 4].map(() => ({ client: node.connect(0), iterators: [] as Expected[] }));
    const below = numbers(7);
    const ask = <T>(client: FakeClient, id: number, codec: Codec<T>, request: T): Frame => {
      node.request(client, id, codec, request);
      return client.answer();
    };
    for (let i = 0; i < OPERATIONS; i++) {
      const { client, iterators } = clients[below(4)]!;
      const key = `app.${below(KEYS)}`;
      const chosen = iterators[below(Math.max(1, iterators.length))];
      switch (below(6)) {
        case 0:
          database.set(key, value.u8(below(256)));
          break;
        case 1:
          ask(client, MapRequest.delete, lib.Key, { key });
          break;
        case 2: {
          if (iterators.length === MOST_ITERATORS) break;
          const keys = database.keys('app.');
          const { view } = ask(client, MapRequest.iterate, lib.Key, { key: 'app.' });
          iterators.push({ handle: Number(view.getBigUint64(24, true)), keys, position: 0 });
          break;
        }
        default:
          if (chosen === undefined) break;
          if (step(chosen)) break;
          ask(client, MapRequest.endIteration, lib.Handle, { handle: chosen.handle });
          iterators.splice(iterators.indexOf(chosen), 1);
      }

      /** False at the end. */
      function step(iterator: Expected): boolean {
        const { handle, keys } = iterator;
        while (iterator.position < keys.length && !database.get(keys[iterator.position]!))
          iterator.position++;
        const expected = keys[iterator.position++];
        const { error, view } = ask(client, MapRequest.next, lib.Handle, { handle });
        assert.equal(error, expected === undefined ? CsError.NO_SECTIONS : CsError.OK);
        if (expected === undefined) return false;
        const found = Buffer.from(view.buffer, 32, view.getUint16(24, true)).toString();
        assert.equal(found, expected);
        return true;
      }
    }
  });
});
