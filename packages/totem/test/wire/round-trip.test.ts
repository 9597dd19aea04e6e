import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  HoldCancel,
  MCAST_SIZE,
  McastHeader,
  MergeDetect,
  OrfToken,
  checkHeader,
  decodeCommitToken,
  decodeHoldCancel,
  decodeJoin,
  decodeMcastHeader,
  decodeMergeDetect,
  decodeOrfToken,
  encodeCommitToken,
  encodeHoldCancel,
  encodeJoin,
  encodeMcastHeader,
  encodeMergeDetect,
  encodeOrfToken,
  orfTokenSize,
  setMcastSeq,
} from '@coterie/totem/internal';
import type { DropReason } from '@coterie/totem/internal';
import { reencode } from '../reencode.js';
import {
  bytesOf,
  commitTokens,
  holdCancels,
  joins,
  mcastHeaders,
  mergeDetects,
  orfTokens,
  packets,
} from './packets.js';

/** Where packets lie in a slab: nothing is aligned. */
const OFFSET = 3;

describe('what is encoded is decoded again', () => {
  it('orf token', () => {
    fc.assert(
      fc.property(orfTokens, (token) => {
        const size = inSlab(token, encodeOrfToken, (view, length) => {
          assert.equal(length, orfTokenSize(token.rtrCount));
          assertDecodes(view, length, token, new OrfToken(), decodeOrfToken);
        });
        assert.ok(size <= 537);
      }),
    );
  });

  it('orf token into an object that held another one before', () => {
    fc.assert(
      fc.property(orfTokens, orfTokens, (token, before) => {
        inSlab(token, encodeOrfToken, (view, length) => {
          decodeOrfToken(view, OFFSET, length, before);
          assert.deepEqual(
            bytesOf((into) => encodeOrfToken(before, into, 0)),
            bytesOf((into) => encodeOrfToken(token, into, 0)),
          );
        });
      }),
    );
  });

  it('mcast header', () => {
    fc.assert(
      fc.property(mcastHeaders, (header) => {
        inSlab(header, encodeMcastHeader, (view, length) => {
          assert.equal(length, MCAST_SIZE);
          assertDecodes(view, length, header, new McastHeader(), decodeMcastHeader);
        });
      }),
    );
  });

  it('mcast header stamped at sending time', () => {
    fc.assert(
      fc.property(mcastHeaders, mcastHeaders, (queued, sent) => {
        inSlab(queued, encodeMcastHeader, (view, length) => {
          const ring = { representative: sent.representative, sequence: sent.ringSequence };
          setMcastSeq(view, OFFSET, sent.seq, sent.thisSeqno, ring);
          const expected = Object.assign(new McastHeader(), sent, {
            nodeId: queued.nodeId,
            systemFrom: queued.nodeId,
          });
          assertDecodes(view, length, expected, new McastHeader(), decodeMcastHeader);
        });
      }),
    );
  });

  it('merge detect', () => {
    fc.assert(
      fc.property(mergeDetects, (packet) => {
        inSlab(packet, encodeMergeDetect, (view, length) => {
          assertDecodes(view, length, packet, new MergeDetect(), decodeMergeDetect);
        });
      }),
    );
  });

  it('hold cancel', () => {
    fc.assert(
      fc.property(holdCancels, (packet) => {
        inSlab(packet, encodeHoldCancel, (view, length) => {
          assertDecodes(view, length, packet, new HoldCancel(), decodeHoldCancel);
        });
      }),
    );
  });

  it('join and leave', () => {
    fc.assert(
      fc.property(joins, (join) => {
        inSlab(join, encodeJoin, (view, length) => {
          assert.deepEqual(decodeJoin(view, OFFSET, length), { join });
        });
      }),
    );
  });

  it('commit token', () => {
    fc.assert(
      fc.property(commitTokens, (token) => {
        inSlab(token, encodeCommitToken, (view, length) => {
          assert.deepEqual(decodeCommitToken(view, OFFSET, length), { token });
        });
      }),
    );
  });

  it('the bytes of any packet', () => {
    fc.assert(fc.property(packets, (packet) => assert.deepEqual(toArray(reencode(packet)), toArray(packet))));
  });
});

/** Encodes into memory that was not clean before and hands it to `check`. Returns the size. */
function inSlab<T>(
  value: T,
  encode: (value: T, view: DataView, offset: number) => number,
  check: (view: DataView, length: number) => void,
): number {
  const view = new DataView(new Uint8Array(0x1_0000).fill(0xee).buffer);
  const size = encode(value, view, OFFSET);
  assert.equal(typeof checkHeader(view, OFFSET, size), 'number');
  check(view, size);
  return size;
}

function assertDecodes<T>(
  view: DataView,
  length: number,
  expected: T,
  into: T,
  decode: (view: DataView, offset: number, length: number, into: T) => DropReason | undefined,
): void {
  assert.equal(decode(view, OFFSET, length, into), undefined);
  assert.deepEqual(into, expected);
}

function toArray(bytes: Uint8Array | DropReason): number[] | DropReason {
  return typeof bytes === 'string' ? bytes : [...bytes];
}
