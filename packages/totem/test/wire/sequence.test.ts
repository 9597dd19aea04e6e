import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  readRingSequence,
  ringEquals,
  seqAdd,
  seqLt,
  seqLte,
  writeRingId,
  writeRingSequence,
} from '@coterie/totem/internal';

const u32 = fc.nat({ max: 0xffff_ffff });
const nearWrapOrNot = fc.oneof(
  u32,
  ...[0, 0x7fff_0000, 0x8000_0000, 0xfffe_0000].map((min) => fc.integer({ min, max: min + 0x1_ffff })),
);

/** As corosync compares: both shifted down, wrapping, when either is beyond the middle. */
function lessInCorosync(a: number, b: number): boolean {
  if (a <= 0x8000_0000 && b <= 0x8000_0000) return a < b;
  return (a - 0x1_0000) >>> 0 < (b - 0x1_0000) >>> 0;
}

describe('sequence numbers', () => {
  it('are ordered across the wrap', () => {
    assert.ok(seqLt(0xffff_ffff, 0));
    assert.ok(!seqLt(0, 0xffff_ffff));
    assert.ok(!seqLt(0xffff_ffff, 0xffff_ffff));
    assert.ok(seqLte(0xffff_ffff, 0xffff_ffff));
    assert.equal(seqAdd(0xffff_ffff, 1), 0);
    assert.equal(seqAdd(0, -1), 0xffff_ffff);
  });

  it('are ordered as corosync orders them, as far as a ring can reach', () => {
    fc.assert(
      fc.property(nearWrapOrNot, fc.integer({ min: -0x1_0000, max: 0x1_0000 }), (a, distance) => {
        const b = seqAdd(a, distance);
        assert.equal(seqLt(a, b), distance > 0);
        assert.equal(seqLte(a, b), distance >= 0);
        assert.equal(lessInCorosync(a, b), distance > 0);
      }),
    );
  });
});

describe('ring ids', () => {
  it('are read as they were written, up to 2^53 - 1', () => {
    const view = new DataView(new ArrayBuffer(13));
    fc.assert(
      fc.property(u32, fc.maxSafeNat(), (representative, sequence) => {
        writeRingId(view, 1, { representative, sequence });
        assert.equal(readRingSequence(view, 5), sequence);
        assert.equal(view.getBigUint64(5, true), BigInt(sequence));
        assert.ok(ringEquals(view, 1, { representative, sequence }));
        assert.ok(!ringEquals(view, 1, { representative: representative ^ 1, sequence }));
        assert.ok(!ringEquals(view, 1, { representative, sequence: sequence === 0 ? 1 : sequence - 1 }));
      }),
    );
  });

  it('are -1 beyond', () => {
    const view = new DataView(new ArrayBuffer(8));
    writeRingSequence(view, 0, Number.MAX_SAFE_INTEGER);
    assert.equal(readRingSequence(view, 0), Number.MAX_SAFE_INTEGER);
    for (const sequence of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      view.setBigUint64(0, sequence, true);
      assert.equal(readRingSequence(view, 0), -1);
    }
  });
});
