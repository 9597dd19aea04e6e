import assert from 'node:assert/strict';
import type { RingState } from '@coterie/totem';
import type { Prng } from '@coterie/testkit';
import { Mutator } from '../mutate.js';
import type { Target } from '../target.js';
import { packets as captured } from './captured.js';
import { packetFields } from './packet-fields.js';
import { nodeIn } from './two-totems.js';

/** An input: first state and id of the node u8, milliseconds that pass before it u8; then the packet. */
const HEAD = 2;
const STATES: readonly RingState[] = ['operational', 'gather', 'commit', 'recovery'];
/** Packets in a row to one node: to begin with it is in the state, until a packet moves it to another. */
const ROW = 64;

const mutator = new Mutator(9000, HEAD);
const head = new Uint8Array(HEAD);

export const states: Target = {
  name: 'states',
  about: 'packets to a node in each of the four states of the ring',
  inputs: 1_000_000,
  length: 8 * ROW,
  stateless: false,
  play(source) {
    let place = 0;
    let current = nodeIn(STATES[place]!, 1);
    const forge = (random: Prng) => {
      head[0] = Math.floor(source.left / ROW) % 8;
      head[1] = random.chance(0.9) ? 0 : random.below(256);
      const seeds = random.chance(0.9) ? current.said : captured;
      return mutator.next(random, { seeds, fields: packetFields, numbers: [1, 2, 3] }, head);
    };
    for (;;) {
      const input = source.next(forge);
      if (input === undefined) return;
      const [where = 0, pause = 0] = input;
      if (where !== place) {
        place = where;
        current = nodeIn(STATES[where & 3]!, (where & 4) === 0 ? 1 : 2);
      }
      const { node } = current;
      const { state } = node.totem;
      const began = performance.now();
      node.receive(input.subarray(HEAD));
      const took = performance.now() - began;
      node.wait(pause);
      assert.equal(node.fatal, undefined);
      node.sent.length = node.own.length = 0;
      source.took(took, state);
    }
  },
};
