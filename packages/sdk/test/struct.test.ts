import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  type Codec,
  type Infer,
  array,
  boundedBytes,
  boundedString,
  bytes,
  cstring,
  empty,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  list,
  message,
  packed,
  padding,
  rest,
  safeU64,
  slot,
  struct,
  u16,
  u32,
  u64,
  u8,
} from '@coterie/sdk';

/** Encodes amid garbage: padding must come out as zero, and nothing beyond the value may be touched. */
function encode<T>(codec: Codec<T>, value: T, margin = 8): Uint8Array {
  const size = codec.size(value);
  const memory = new Uint8Array(size + 2 * margin).fill(0xaa);
  const end = codec.encode(value, new DataView(memory.buffer), margin);
  assert.equal(end, margin + size, 'encode returns the offset behind size() bytes');
  for (const byte of [...memory.subarray(0, margin), ...memory.subarray(end)]) assert.equal(byte, 0xaa);
  return memory.slice(margin, end);
}

function decode<T>(codec: Codec<T>, encoded: Uint8Array, length = encoded.length) {
  return codec.decode(new DataView(encoded.buffer, encoded.byteOffset, encoded.length), 0, length);
}

function value<T>(codec: Codec<T>, encoded: Uint8Array): T {
  const result = decode(codec, encoded);
  if (!result.ok) assert.fail(result.reason);
  return result.value;
}

function reason(codec: Codec<unknown>, encoded: Uint8Array): string {
  const result = decode(codec, encoded);
  assert(!result.ok, 'decoded although it should not');
  return result.reason;
}

const hex = (encoded: Uint8Array) => Buffer.from(encoded).toString('hex');
const plain = <T>(object: T): T => structuredClone(object);

const CpgName = boundedBytes(slot(u32), 128);
const MarName = boundedString(slot(u16), 256);
const Address = struct({ nodeId: slot(u32), pid: slot(u32), reason: slot(u32) });
const Ring = struct({ nodeId: slot(u32), sequence: safeU64 });
const Confchg = message({
  group: CpgName,
  memberCount: slot(u32),
  joinedCount: slot(u32),
  leftCount: slot(u32),
  members: list(Address, 'memberCount'),
  left: list(Address, 'leftCount'),
  joined: list(Address, 'joinedCount'),
});
const TotemConfchg = message({ ring: Ring, count: u32, nodeIds: list(u32, 'count') });
const CmapItem = struct({
  key: MarName,
  type: slot(u8),
  length: safeU64,
  value: bytes('length'),
});
const Downlist = message({
  oldMembers: slot(u32),
  count: slot(u32),
  left: array(u32, 384, 'count'),
});

describe('struct', () => {
  describe('layout', () => {
    it('places each field at its natural alignment and rounds the size up', () => {
      const Mixed = struct({ a: u8, b: u32, c: u16, d: u64, e: u8 });
      const encoded = encode(Mixed, { a: 1, b: 2, c: 3, d: 4n, e: 5 });
      assert.equal(
        hex(encoded),
        '0100000002000000' + '0300000000000000' + '0400000000000000' + '0500000000000000',
      );
    });

    it('aligns from its own start, wherever that is', () => {
      const S = struct({ a: u8, b: u32 });
      assert.equal(hex(encode(S, { a: 1, b: 2 }, 3)), '0100000002000000');
    });

    it('nests structs', () => {
      const Outer = struct({ a: u8, inner: struct({ b: u8, c: u64 }), d: u8 });
      assert.equal(Outer.size({ a: 1, inner: { b: 2, c: 3n }, d: 4 }), 32);
      const outer = { a: 1, inner: { b: 2, c: 3n }, d: 4 };
      assert.deepEqual(value(Outer, encode(Outer, outer)), outer);
    });

    it('leaves no gaps when packed', () => {
      const Header = packed({ a: u8, b: u32, c: u16, d: u64 });
      assert.equal(hex(encode(Header, { a: 1, b: 2, c: 3, d: 4n })), '010200000003000400000000000000');
    });

    it('puts a small integer into an 8-byte slot', () => {
      assert.equal(hex(encode(slot(u32), 7)), '0700000000000000');
      assert.equal(hex(encode(slot(i32), -1)), 'ffffffff00000000');
    });

    it('rounds a message up to 8 bytes', () => {
      const Name = message({ name: cstring(255) });
      assert.equal(Name.size({ name: 'Qdevice' }), 256);
      assert.equal(message({ quorate: u32 }).size({ quorate: 1 }), 8);
    });
  });

  describe("corosync's messages", () => {
    it('cpg confchg: three counted lists, members before left before joined', () => {
      const address = (nodeId: number) => ({ nodeId, pid: 10 + nodeId, reason: 1 });
      const change = {
        group: Buffer.from('g'),
        members: [address(1), address(2)],
        left: [address(3)],
        joined: [],
      };
      const encoded = encode(Confchg, change);
      assert.equal(encoded.length, 184 - 24 + 3 * 24);
      const view = new DataView(encoded.buffer);
      assert.deepEqual(
        [136, 144, 152].map((at) => view.getUint32(at, true)),
        [2, 0, 1],
      );
      const seen = value(Confchg, encoded);
      assert.deepEqual(Object.keys(seen), ['group', 'members', 'left', 'joined']);
      assert.deepEqual(plain(seen), { ...change, group: new Uint8Array(Buffer.from('g')) });
    });

    it('cpg totem_confchg: the list begins in the tail padding, which the size still counts', () => {
      const change = { ring: { nodeId: 1, sequence: 44 }, nodeIds: [1, 2, 3] };
      const encoded = encode(TotemConfchg, change);
      assert.equal(encoded.length, 48 - 24 + 3 * 4);
      assert.equal(new DataView(encoded.buffer).getUint32(44 - 24, true), 1);
      assert.deepEqual(encoded.slice(-4), new Uint8Array(4));
      assert.deepEqual(value(TotemConfchg, encoded), change);
      assert.deepEqual(value(TotemConfchg, encoded.slice(0, -4)), change);
    });

    it('cpg downlist: a full array of which a count says how much is meant', () => {
      const encoded = encode(Downlist, { oldMembers: 3, left: [7, 9] });
      assert.equal(encoded.length, 1568 - 16);
      encoded.fill(0xee, 16 + 8);
      assert.deepEqual(value(Downlist, encoded), { oldMembers: 3, left: [7, 9] });
      encoded[8] = 0xff;
      encoded[9] = 0xff;
      assert.equal(reason(Downlist, encoded), 'left: 65535 items announced, 384 are the most');
    });

    it('cpg joinlist: items up to the end behind a longer header', () => {
      const Joinlist = message({
        error: padding(8),
        entries: list(struct({ pid: slot(u32), group: CpgName })),
      });
      const joinlist = { entries: [1, 2].map((pid) => ({ pid, group: new Uint8Array([pid]) })) };
      const encoded = encode(Joinlist, joinlist);
      assert.equal(encoded.length, 24 - 16 + 2 * 144);
      assert.deepEqual(plain(value(Joinlist, encoded)), joinlist);
      assert.equal(reason(Joinlist, encoded.slice(0, -1)), 'entries[1]: 143 bytes there');
    });

    it('cmap sync: items of varying size, each padded to its alignment', () => {
      const Sync = message({
        reason: slot(u8),
        count: slot(u8),
        reserved: padding(16),
        items: list(CmapItem, 'count'),
      });
      const sync = {
        reason: 1,
        items: [
          { key: 'a.b', type: 11, value: new Uint8Array([1, 2, 3]) },
          { key: 'totem.config_version', type: 8, value: new Uint8Array(8).fill(9) },
        ],
      };
      const encoded = encode(Sync, sync);
      assert.equal(encoded.length, 48 - 16 + 288 + 288);
      assert.deepEqual(plain(value(Sync, encoded)), sync);
    });

    it('cmap notify: two values, one behind the other without padding', () => {
      const Notify = message({
        handle: u64,
        key: MarName,
        event: slot(i32),
        newType: slot(u8),
        oldType: slot(u8),
        newLength: safeU64,
        oldLength: safeU64,
        new: bytes('newLength'),
        old: bytes('oldLength'),
      });
      const notify = {
        handle: 5n,
        key: 'x.y',
        event: 2,
        newType: 2,
        oldType: 4,
        new: new Uint8Array([1]),
        old: new Uint8Array([2, 3]),
      };
      const encoded = encode(Notify, notify);
      assert.equal(encoded.length, 336 - 24 + 3);
      assert.deepEqual(plain(value(Notify, encoded)), notify);
    });

    it('votequorum qdevice_poll and quorum nodelist have corosync’s offsets', () => {
      const Poll = message({
        name: cstring(255),
        castVote: i32,
        ring: struct({ nodeId: u32, sequence: safeU64 }),
      });
      const poll = { name: 'Q', castVote: 1, ring: { nodeId: 3, sequence: 2 ** 40 } };
      const encoded = encode(Poll, poll);
      assert.equal(encoded.length, 296 - 16);
      const view = new DataView(encoded.buffer);
      assert.equal(view.getInt32(272 - 16, true), 1);
      assert.equal(view.getUint32(280 - 16, true), 3);
      assert.equal(view.getBigUint64(288 - 16, true), 2n ** 40n);
      assert.deepEqual(value(Poll, encoded), poll);

      const Nodelist = message({
        ring: Ring,
        memberCount: slot(u32),
        joinedCount: slot(u32),
        leftCount: u32,
        members: list(u32, 'memberCount'),
        joined: list(u32, 'joinedCount'),
        left: list(u32, 'leftCount'),
      });
      const nodelist = { ring: { nodeId: 1, sequence: 8 }, members: [1, 2], joined: [2], left: [4] };
      assert.equal(encode(Nodelist, nodelist).length, 64 - 24 + 4 * 4);
      assert.equal(new DataView(encode(Nodelist, nodelist).buffer).getUint32(60 - 24, true), 1);
      assert.deepEqual(value(Nodelist, encode(Nodelist, nodelist)), nodelist);
    });

    it('cfg ring status: two arrays under one count', () => {
      const Status = message({
        count: slot(u32),
        names: array(cstring(128), 16, 'count'),
        statuses: array(cstring(512), 16, 'count'),
      });
      const status = { names: ['0 10.0.0.1'], statuses: ['OK'] };
      const encoded = encode(Status, status);
      assert.equal(encoded.length, 10272 - 24);
      assert.equal(Buffer.from(encoded).indexOf('OK'), 2080 - 24);
      assert.deepEqual(value(Status, encoded), status);
      assert.throws(() => encode(Status, { names: ['a'], statuses: [] }), RangeError);
    });
  });

  describe('decoding', () => {
    it('says which field is at fault', () => {
      const encoded = encode(Confchg, { group: new Uint8Array(3), members: [], left: [], joined: [] });
      assert.equal(reason(Confchg, encoded.slice(0, 150)), 'joinedCount: 150 bytes, 160 or more expected');
      const many = encoded.slice();
      many[136] = 5;
      assert.equal(reason(Confchg, many), 'members: 5 items announced, 0 bytes there');
      const long = encoded.slice();
      long[0] = 129;
      assert.equal(reason(Confchg, long), 'group: length 129, 128 is the most');
      const Nested = struct({ names: array(struct({ name: cstring(4) }), 2) });
      assert.equal(reason(Nested, Buffer.from('ab\0\0abcd')), 'names[1].name: no NUL within 4 bytes');
      assert.equal(reason(Nested, Buffer.from('ab\0\0\xff\0\0\0', 'latin1')), 'names[1].name: not UTF-8');
      assert.equal(reason(Ring, new Uint8Array(16).fill(0xff)), 'sequence: above 2^53 - 1');
    });

    it('refuses a length that goes beyond the view', () => {
      for (const codec of [Ring, u32, rest, Confchg] as Codec<unknown>[]) {
        const result = codec.decode(new DataView(new ArrayBuffer(8)), 4, 1000);
        assert(!result.ok);
      }
    });

    it('ignores bytes left over', () => {
      assert.deepEqual(value(struct({ a: u8 }), new Uint8Array([1, 2, 3])), { a: 1 });
      assert.equal(value(empty, new Uint8Array(9)), undefined);
    });

    it('hands out views, not copies', () => {
      const encoded = new Uint8Array([1, 2, 3]);
      const { data } = value(struct({ kind: u8, data: rest }), encoded);
      encoded[2] = 9;
      assert.deepEqual(data, new Uint8Array([2, 9]));
    });
  });

  describe('encoding', () => {
    it('refuses what does not fit', () => {
      assert.throws(() => encode(cstring(4), 'four'), RangeError);
      assert.throws(() => encode(cstring(4), 'a\0b'), RangeError);
      assert.throws(() => encode(CpgName, new Uint8Array(129)), RangeError);
      assert.throws(() => encode(bytes(3), new Uint8Array(2)), RangeError);
      assert.throws(() => encode(array(u8, 1), [1, 2]), RangeError);
      const Short = struct({ count: u8, items: list(u8, 'count') });
      assert.throws(() => encode(Short, { items: new Array<number>(256).fill(0) }), /count cannot hold 256/);
    });
  });

  describe('definition', () => {
    const refused = (define: () => unknown, message: RegExp) =>
      assert.throws(define, { name: 'TypeError', message });

    it('refuses layouts that cannot be', () => {
      refused(() => struct({ data: rest, a: u8 }), /field a stands behind data, whose size varies/);
      refused(() => struct({ data: rest, more: rest }), /field more stands behind data, which takes all/);
      refused(() => struct({ items: list(u8, 'count') }), /counted by count, which is no earlier field/);
      refused(() => struct({ items: array(u8, 2, 'count'), count: u8 }), /no earlier field/);
      refused(() => struct({ count: u64, items: list(u8, 'count') }), /must hold a number/);
      refused(() => struct({ '1': u8 }), /1 cannot be the name of a field/);
      refused(() => list(rest), /cannot take all that is left/);
      refused(() => list(empty), /at least one byte/);
      refused(() => array(list(u8) as never, 2), /fixed size/);
      refused(() => slot(bytes(9) as never), /at most 8 bytes/);
    });
  });

  describe('any value, any bytes', () => {
    const u = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
    const s = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
    const text = (most: number) =>
      fc.string({ unit: 'binary' }).filter((t) => !t.includes('\0') && Buffer.byteLength(t) <= most);
    const data = (most: number) => fc.uint8Array({ maxLength: most });

    const Everything = struct({
      a: u8,
      b: i8,
      c: u16,
      d: i16,
      e: u32,
      f: i32,
      g: u64,
      h: i64,
      i: f32,
      j: f64,
      k: safeU64,
      l: slot(u16),
      m: bytes(3),
      n: cstring(9),
      o: CpgName,
      p: boundedString(u16, 20),
      q: padding(5),
      r: array(struct({ x: u8, y: u16 }), 2),
      s: Address,
      count: u16,
      t: array(u32, 4, 'count'),
      length: u8,
      items: u8,
      u: bytes('length'),
      v: list(struct({ n: u8, of: list(u16, 'n') }), 'items'),
      w: list(struct({ x: u32, y: u8 })),
    });
    const everything: fc.Arbitrary<Infer<typeof Everything>> = fc.record(
      {
        a: u(8),
        b: s(8),
        c: u(16),
        d: s(16),
        e: u(32),
        f: s(32),
        g: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        h: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        i: fc.float(),
        j: fc.double(),
        k: fc.maxSafeNat(),
        l: u(16),
        m: fc.uint8Array({ minLength: 3, maxLength: 3 }),
        n: text(8),
        o: data(128),
        p: fc.string({ unit: 'binary' }).filter((t) => Buffer.byteLength(t) <= 20),
        r: fc.array(fc.record({ x: u(8), y: u(16) }, { noNullPrototype: true }), {
          minLength: 2,
          maxLength: 2,
        }),
        s: fc.record({ nodeId: u(32), pid: u(32), reason: u(32) }, { noNullPrototype: true }),
        t: fc.array(u(32), { maxLength: 4 }),
        u: data(20),
        v: fc.array(fc.record({ of: fc.array(u(16), { maxLength: 5 }) }, { noNullPrototype: true }), {
          maxLength: 4,
        }),
        w: fc.array(fc.record({ x: u(32), y: u(8) }, { noNullPrototype: true }), { maxLength: 4 }),
      },
      { noNullPrototype: true },
    );

    it('comes back as it went in', () => {
      fc.assert(
        fc.property(everything, fc.nat(9), (given, margin) => {
          assert.deepEqual(plain(value(Everything, encode(Everything, given, margin))), given);
        }),
      );
    });

    it('cut anywhere, is refused or decodes to fewer items, never beyond the cut', () => {
      fc.assert(
        fc.property(everything, (given) => {
          const encoded = encode(Everything, given);
          for (let cut = 0; cut < encoded.length; cut++) {
            const result = decode(Everything, encoded.slice(0, cut));
            if (result.ok) {
              assert(result.value.w.length < given.w.length);
              assert.deepEqual(plain(result.value), { ...given, w: given.w.slice(0, result.value.w.length) });
            } else assert.match(result.reason, /^\w+.*: ./);
            assert.deepEqual(decode(Everything, encoded, cut), result, 'length is what counts');
          }
        }),
        { numRuns: 20 },
      );
    });

    it('a struct without an open end is refused when cut anywhere', () => {
      const encoded = encode(Confchg, {
        group: new Uint8Array(128),
        members: [{ nodeId: 1, pid: 2, reason: 3 }],
        left: [],
        joined: [{ nodeId: 1, pid: 2, reason: 3 }],
      });
      for (let cut = 0; cut < encoded.length; cut++) reason(Confchg, encoded.slice(0, cut));
    });

    it('random bytes are a value that encodes again, or a reason', () => {
      const codecs: Codec<unknown>[] = [
        Everything,
        Confchg,
        TotemConfchg,
        CmapItem,
        Downlist,
        list(CmapItem),
      ];
      fc.assert(
        fc.property(fc.constantFrom(...codecs), fc.uint8Array({ maxLength: 2000 }), (codec, random) => {
          const result = decode(codec, random);
          if (!result.ok) return assert.notEqual(result.reason, '');
          const again = value(codec, encode(codec, result.value));
          assert.deepEqual(plain(again), plain(result.value));
        }),
        { numRuns: 500 },
      );
    });
  });
});
