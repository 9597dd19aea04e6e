import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseRingLine, ringDetails, traceLine, type RingHappening } from '@coterie/core';

const ring = { representative: 0xfffffffe, sequence: 2 ** 48 };
const happenings: readonly RingHappening[] = [
  { kind: 'start' },
  { kind: 'start', wall: 1_700_000_000_123 },
  { kind: 'fail', how: 'asked: SIGTERM' },
  { kind: 'state', state: 'gather', cause: 'consensus timeout' },
  { kind: 'transitional', ring, members: [] },
  { kind: 'regular', ring, members: [1, 2, 4_294_967_295] },
  { kind: 'originate', ring, seq: 4_294_967_295, content: 0x00abcdef },
  { kind: 'deliver', ring, seq: 0, from: 7, content: 0xffffffff },
  { kind: 'synchronised' },
];

describe('a line of a trace', () => {
  for (const happening of happenings) {
    it(`gives back what happened: ${happening.kind} ${ringDetails(happening)}`, () => {
      const line = traceLine(
        { at: 12_345.678, node: 3, life: 98_765 },
        happening.kind,
        ringDetails(happening),
      );
      assert.deepEqual(parseRingLine(line), { at: 12_345.678, node: 3, life: 98_765, ...happening });
    });
  }

  it('is passed over where it tells of something else, or is torn', () => {
    assert.equal(parseRingLine('   12.000 1.1        hear          g 10 message 1 of 2:20'), 'other');
    assert.equal(parseRingLine('   12.000 -          fault         heal'), 'other');
    assert.equal(parseRingLine('   12.000 1.1        deliv~'), 'other');
  });

  it('is refused where it makes no sense, whatever it is', () => {
    for (const line of ['', 'x', '12.000 1.1 regular', '12.000 1.1 originate 1.4 #1', '12.000 - start'])
      assert.equal(parseRingLine(line), undefined, line);
    const start = fc.constantFrom('12.000 1.1 regular ', '12.000 1.1 deliver 1.4 ', '12.000 1.1 start ', '');
    fc.assert(
      fc.property(start, fc.string(), (head, tail) => {
        const event = parseRingLine(head + tail);
        assert.ok(event === undefined || event === 'other' || typeof event.at === 'number');
      }),
      { numRuns: 2000 },
    );
  });
});
