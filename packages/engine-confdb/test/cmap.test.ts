import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CsError, ValueType, requestHandlers, value, type Codec, type DatabaseValue } from '@coterie/sdk';
import * as lib from '../dist/client-wire.js';
import { CHANGE_EVENT, MapNumber, MapRequest, SELECT_MAP_RESPONSE, TrackFlag } from '../dist/client-wire.js';
import { CmapEngine } from '../dist/cmap.js';
import { valueFromBytes, valueToBytes } from '../dist/value-bytes.js';
import { FakeNode, type FakeClient, type Frame } from './ports.js';

/** A client of a node. */
class Program {
  readonly client: FakeClient;

  constructor(
    readonly node = new FakeNode(),
    uid = 0,
  ) {
    this.client = node.connect(uid);
  }

  ask<T>(id: number, codec: Codec<T>, value: T): Frame {
    this.node.request(this.client, id, codec, value);
    return this.client.answer();
  }

  set(key: string, type: number, bytes: Uint8Array): number {
    return this.ask(MapRequest.set, lib.Set, { key, type, value: bytes }).error;
  }

  put(key: string, stored: DatabaseValue): number {
    return this.set(key, stored.type, valueToBytes(stored));
  }

  get(key: string, length: number): Frame {
    return this.ask(MapRequest.get, lib.Get, { key, length });
  }

  iterate(prefix: string): Frame {
    return this.ask(MapRequest.iterate, lib.Key, { key: prefix });
  }

  next(handle: number): Frame {
    return this.ask(MapRequest.next, lib.Handle, { handle });
  }

  track(key: string, flags: number, handle = 7n): Frame {
    return this.ask(MapRequest.track, lib.Track, { key, flags, handle });
  }
}

const utf8 = (text: string) => Buffer.from(text);

function keyAt(view: DataView, at: number): string {
  return Buffer.from(view.buffer, at + 8, view.getUint16(at, true)).toString();
}

function handleOf(frame: Frame): number {
  assert.equal(frame.error, CsError.OK);
  return Number(frame.view.getBigUint64(24, true));
}

describe('cmap', () => {
  it('gives values back, fields where C programs read them', () => {
    const program = new Program();
    assert.equal(program.set('app.name', ValueType.string, utf8('green')), CsError.OK);
    assert.deepEqual(program.node.database.get('app.name'), value.string('green'));
    const size = program.get('app.name', 0);
    assert.deepEqual([size.error, size.size], [CsError.OK, 40]);
    assert.deepEqual([size.view.getBigUint64(24, true), size.view.getUint8(32)], [6n, ValueType.string]);
    const whole = program.get('app.name', 100);
    assert.deepEqual([whole.size, Buffer.from(whole.view.buffer, 40).toString()], [46, 'green\0']);
    assert.equal(program.get('app.name', 5).error, CsError.INVALID_PARAM);
    assert.equal(program.get('app.none', 0).error, CsError.NOT_EXIST);
  });

  it('answers with the errors of icmap', () => {
    const program = new Program();
    const { node } = program;
    node.database.set('locked.key', value.u8(1));
    node.database.protect('locked.key');
    const one = Uint8Array.of(1);
    const errors: [what: string, got: number, expected: number][] = [
      ['read-only', program.set('locked.key', ValueType.uint8, one), CsError.ACCESS],
      ['wrong length', program.set('some.key', ValueType.uint32, one), CsError.INVALID_PARAM],
      ['read-only before wrong length', program.set('locked.key', ValueType.uint32, one), CsError.ACCESS],
      ['no type', program.set('some.key', 0, one), CsError.INVALID_PARAM],
      ['unknown type', program.set('some.key', 13, one), CsError.INVALID_PARAM],
      [
        'bytes behind the NUL',
        program.set('some.key', ValueType.string, utf8('a\0b')),
        CsError.INVALID_PARAM,
      ],
      ['not UTF-8', program.set('some.key', ValueType.string, Uint8Array.of(0xff)), CsError.INVALID_PARAM],
      [
        'too long',
        program.set('some.key', ValueType.string, utf8('x'.repeat(20_000))),
        CsError.INVALID_PARAM,
      ],
      ['short key', program.set('ab', ValueType.uint8, one), CsError.NAME_TOO_LONG],
      ['long key', program.set('k'.repeat(256), ValueType.uint8, one), CsError.NAME_TOO_LONG],
      ['bad character', program.set('some key', ValueType.uint8, one), CsError.NAME_TOO_LONG],
      [
        'delete nothing',
        program.ask(MapRequest.delete, lib.Key, { key: 'some.key' }).error,
        CsError.NOT_EXIST,
      ],
      [
        'delete read-only',
        program.ask(MapRequest.delete, lib.Key, { key: 'locked.key' }).error,
        CsError.ACCESS,
      ],
    ];
    for (const [what, got, expected] of errors) assert.equal(got, expected, what);
    assert.deepEqual(node.database.keys(), ['locked.key']);
  });

  it('adjusts integers', () => {
    const program = new Program();
    const adjust = (key: string, step: number) =>
      program.ask(MapRequest.adjust, lib.Adjust, { key, step }).error;
    program.put('count.er', value.u8(250));
    program.put('some.text', value.string('x'));
    program.node.database.protect('lock.ed');
    assert.equal(adjust('count.er', 10), CsError.OK);
    assert.equal(program.node.database.get('count.er')?.value, 4);
    assert.equal(adjust('some.text', 1), CsError.INVALID_PARAM);
    assert.equal(adjust('no.key', 1), CsError.NOT_EXIST);
    assert.equal(adjust('lock.ed', 1), CsError.ACCESS);
  });

  it('iterates in order while keys come and go', () => {
    const program = new Program();
    const { database } = program.node;
    for (const key of ['app.b', 'app.a', 'app.a.x', 'other']) database.set(key, value.u16(1));
    const handle = handleOf(program.iterate('app.'));
    const first = program.next(handle);
    assert.deepEqual([first.size, keyAt(first.view, 24)], [304, 'app.a']);
    assert.deepEqual([first.view.getBigUint64(288, true), first.view.getUint8(296)], [2n, ValueType.uint16]);
    database.delete('app.a');
    database.delete('app.a.x');
    assert.equal(keyAt(program.next(handle).view, 24), 'app.b');
    assert.equal(program.next(handle).error, CsError.NO_SECTIONS);
    assert.equal(program.ask(MapRequest.endIteration, lib.Handle, { handle }).error, CsError.OK);
    assert.equal(program.next(handle).error, CsError.BAD_HANDLE);
    assert.equal(program.ask(MapRequest.endIteration, lib.Handle, { handle }).error, CsError.BAD_HANDLE);
    const other = new Program(program.node);
    assert.equal(other.next(handleOf(program.iterate(''))).error, CsError.BAD_HANDLE);
  });

  it('tells trackers what they asked for, fields where C programs read them', () => {
    const program = new Program();
    const { database } = program.node;
    const handle = handleOf(program.track('app.', TrackFlag.modify | TrackFlag.prefix, 0x1122334455667788n));
    database.set('app.key', value.u32(1));
    database.set('app.key', value.string('now'));
    database.set('app.key', value.string('now'));
    database.delete('app.key');
    const events = program.client.take();
    assert.equal(events.length, 1);
    const { id, size, view } = events[0]!;
    assert.deepEqual([id, size], [CHANGE_EVENT, 336 + 4 + 4]);
    assert.deepEqual([view.getBigUint64(24, true), keyAt(view, 32)], [0x1122334455667788n, 'app.key']);
    assert.deepEqual([view.getInt32(296, true), view.getUint8(304), view.getUint8(312)], [2, 11, 6]);
    assert.deepEqual([view.getBigUint64(320, true), view.getBigUint64(328, true)], [4n, 4n]);
    assert.equal(Buffer.from(view.buffer, 336).toString('latin1'), 'now\0\x01\0\0\0');

    const ended = program.ask(MapRequest.endTracking, lib.Handle, { handle });
    assert.equal(ended.view.getBigUint64(24, true), 0x1122334455667788n);
    database.set('app.key', value.u32(1));
    assert.deepEqual(program.client.take(), []);
    assert.equal(program.ask(MapRequest.endTracking, lib.Handle, { handle }).error, CsError.BAD_HANDLE);
    assert.equal(program.track('app.', 16).error, CsError.INVALID_PARAM);
  });

  it('lets no client open iterators and trackers without end, and forgets them with the client', () => {
    const program = new Program();
    const { database, engine } = program.node;
    const before = database.trackers.size;
    const open = (ask: () => Frame): number => {
      for (let count = 0; count < 10_000; count++) {
        const { error } = ask();
        if (error !== CsError.OK) {
          assert.equal(error, CsError.NO_RESOURCES);
          return count;
        }
      }
      return Infinity;
    };
    assert.equal(
      open(() => program.iterate('')),
      64,
    );
    assert.equal(
      open(() => program.track('', TrackFlag.add)),
      1024,
    );
    assert.equal(handleOf(new Program(program.node).iterate('')), 1);
    engine.onDisconnect(program.client);
    assert.equal(database.trackers.size, before);
  });

  it('shows configuration and statistics as two maps, of which the second can only be cleared', () => {
    const program = new Program();
    const { database } = program.node;
    database.set('stats.srp.mcast_tx', value.u64(5n));
    database.set('app.key', value.u8(1));
    const select = (map: number) => program.ask(MapRequest.selectMap, lib.SelectMap, { map });
    assert.equal(program.get('stats.srp.mcast_tx', 0).error, CsError.NOT_EXIST);
    assert.equal(program.put('stats.mine', value.u8(1)), CsError.ACCESS);
    const handle = handleOf(program.iterate(''));
    assert.equal(select(MapNumber.stats).error, CsError.BUSY);
    program.ask(MapRequest.endIteration, lib.Handle, { handle });
    const selected = select(MapNumber.stats);
    assert.deepEqual([selected.error, selected.id], [CsError.OK, SELECT_MAP_RESPONSE]);
    assert.equal(program.get('stats.srp.mcast_tx', 8).view.getBigUint64(40, true), 5n);
    assert.equal(program.get('app.key', 0).error, CsError.NOT_EXIST);
    assert.equal(program.put('stats.mine', value.u8(1)), CsError.ACCESS);
    assert.equal(program.put('stats.clear.mine', value.u8(1)), CsError.NOT_SUPPORTED);
    assert.equal(program.put('stats.clear.totem', value.u8(1)), CsError.OK);
    assert.deepEqual(database.get('stats.clear.totem'), value.u8(1));
    assert.equal(program.track('stats.', TrackFlag.prefix | TrackFlag.add).error, CsError.NOT_SUPPORTED);
    const flags = TrackFlag.prefix | TrackFlag.add | TrackFlag.delete | TrackFlag.modify;
    handleOf(program.track('stats.', flags));
    database.set('stats.srp.mcast_tx', value.u64(6n));
    database.set('stats.srp.new', value.u64(0n));
    database.delete('stats.srp.new');
    assert.deepEqual(
      program.client.take().map(({ view }) => view.getInt32(296, true)),
      [TrackFlag.add, TrackFlag.delete],
    );
    assert.equal(select(-1).error, CsError.BUSY);
    program.node.engine.onDisconnect(program.client);
    assert.equal(select(3).error, CsError.NOT_EXIST);
  });

  it('compares and sets', () => {
    const program = new Program();
    const exchange = (expected: DatabaseValue | undefined, wanted: DatabaseValue | undefined) =>
      program.ask(MapRequest.exchange, lib.Exchange, {
        key: 'app.key',
        ...{ expectedType: expected?.type ?? 0, type: wanted?.type ?? 0 },
        expected: expected ? valueToBytes(expected) : new Uint8Array(0),
        value: wanted ? valueToBytes(wanted) : new Uint8Array(0),
      }).error;
    assert.equal(exchange(value.u8(1), value.u8(2)), CsError.FAILED_OPERATION);
    assert.equal(exchange(undefined, value.u8(1)), CsError.OK);
    assert.equal(exchange(undefined, value.u8(2)), CsError.FAILED_OPERATION);
    assert.equal(exchange(value.u16(1), value.u8(2)), CsError.FAILED_OPERATION);
    assert.equal(exchange(value.u8(1), value.string('two')), CsError.OK);
    assert.deepEqual(program.node.database.get('app.key'), value.string('two'));
    assert.equal(exchange(value.string('two'), undefined), CsError.OK);
    assert.equal(program.node.database.get('app.key'), undefined);
  });

  it('lets only root let other users in', () => {
    const node = new FakeNode();
    assert.equal(new Program(node, 1000).put('uidgid.uid.1000', value.u8(1)), CsError.ACCESS);
    assert.equal(new Program(node, 0).put('uidgid.gid.90', value.u8(1)), CsError.OK);
  });

  it('survives any bytes: each request is answered once or refused', () => {
    const handlers = requestHandlers(CmapEngine);
    const request = fc.record({ pick: fc.nat(), body: fc.uint8Array({ maxLength: 400 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const program = new Program();
        for (const { pick, body } of requests) {
          const { id } = handlers[pick % handlers.length]!;
          const view = new DataView(body.buffer, body.byteOffset, body.length);
          const taken = program.node.rawRequest(program.client, id, view);
          const responses = program.client.take().filter(({ kind }) => kind === 'response');
          assert.equal(responses.length, taken ? 1 : 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('survives any message of a member', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), fc.nat(3), (bytes, items) => {
        if (bytes.length > 16) bytes.set([items, 0, 0, 0], 8);
        const node = new FakeNode();
        node.deliver(2, new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
        assert.equal(node.shutdown, undefined);
      }),
      { numRuns: 300 },
    );
  });
});

describe('values as bytes', () => {
  it('come back as they were', () => {
    const numbers: [type: 1 | 2 | 3 | 4 | 5 | 6, min: number, max: number][] = [
      [1, -0x80, 0x7f],
      [2, 0, 0xff],
      [3, -0x8000, 0x7fff],
      [4, 0, 0xffff],
      [5, -0x80000000, 0x7fffffff],
      [6, 0, 0xffffffff],
    ];
    const integer = fc.oneof(
      ...numbers.map(([type, min, max]) => fc.integer({ min, max }).map((value) => ({ type, value }))),
    );
    const wide = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: 7 as const, value })),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: 8 as const, value })),
    );
    const real = fc.oneof(
      fc.float({ noNaN: true }).map((value) => ({ type: 9 as const, value })),
      fc.double({ noNaN: true }).map((value) => ({ type: 10 as const, value })),
    );
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((text) => !text.includes('\0'))
      .map((value) => ({ type: 11 as const, value }));
    const binary = fc.uint8Array().map((value) => ({ type: 12 as const, value }));
    fc.assert(
      fc.property(fc.oneof(integer, wide, real, text, binary), (stored: DatabaseValue) => {
        assert.deepEqual(valueFromBytes(stored.type, valueToBytes(stored)), stored);
      }),
    );
  });
});
