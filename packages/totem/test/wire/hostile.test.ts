import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dropReasons } from '@coterie/totem/internal';
import type { DropReason } from '@coterie/totem/internal';
import { reencode } from '../reencode.js';
import { packets, sizedPackets } from './packets.js';

describe('hostile packets', () => {
  it('are refused when cut, at every length', () => {
    fc.assert(
      fc.property(sizedPackets, (packet) => {
        for (let length = 0; length < packet.length; length++) assertRefused(packet.slice(0, length));
      }),
      { numRuns: 30 },
    );
  });

  it('are accepted with bytes behind their end, which are not read', () => {
    fc.assert(
      fc.property(sizedPackets, fc.uint8Array({ minLength: 1, maxLength: 100 }), (packet, more) => {
        const again = reencode(Buffer.concat([packet, more]));
        assert.deepEqual(again, packet);
      }),
    );
  });

  it('are understood or refused, but never thrown at, with bits flipped', () => {
    const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(packets, flips, (packet, bits) => {
        const flipped = packet.slice();
        for (const bit of bits) flipped[(bit >> 3) % flipped.length]! ^= 1 << (bit & 7);
        assertNotThrown(flipped);
      }),
      { numRuns: 1000 },
    );
  });

  it('are understood or refused, but never thrown at, when random behind a good header', () => {
    const bytes = fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 2000 }));
    fc.assert(
      fc.property(bytes, ([type, encapsulated, rest]) =>
        assertNotThrown(Buffer.concat([Uint8Array.of(0x70, 0xc0, 3, type, encapsulated), rest])),
      ),
      { numRuns: 1000 },
    );
  });

  it('are refused when random', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }).filter((bytes) => bytes[0] !== 0x70),
        (bytes) => assertRefused(bytes),
      ),
    );
  });
});

function assertRefused(packet: Uint8Array): void {
  const result = reencode(packet);
  assert.ok(typeof result === 'string', 'was understood');
  assert.ok(dropReasons.includes(result));
}

/** A packet that is understood must also be one that we would have written: the same, but for what is ignored. */
function assertNotThrown(packet: Uint8Array): void {
  const first: Uint8Array | DropReason = reencode(packet);
  if (typeof first === 'string') assert.ok(dropReasons.includes(first));
  else assert.deepEqual(Buffer.from(reencode(first)), Buffer.from(first));
}
