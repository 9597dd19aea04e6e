import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoterieError } from '@coterie/sdk';
import { Groups, encodeGroupPrefix } from '@coterie/totem/internal';
import type { DropReason } from '@coterie/totem/internal';

/** Groups of these names and what each has heard. */
class Listener {
  readonly heard: string[] = [];
  readonly groups = new Groups();

  constructor(...names: string[]) {
    for (const name of names) {
      this.groups.join(name, (from, view, offset, length) => {
        const text = Buffer.from(view.buffer, view.byteOffset + offset, length).toString();
        this.heard.push(`${name} ${from} ${text}`);
      });
    }
  }

  dispatch(...pieces: (Uint8Array | string)[]): DropReason | undefined {
    const bytes = Buffer.concat([Buffer.alloc(1), ...pieces.map((piece) => Buffer.from(piece as string))]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.groups.dispatch(9, view, 1, bytes.length - 1);
  }
}

describe('process groups', () => {
  it('prefix messages as corosync does', () => {
    assert.deepEqual([...encodeGroupPrefix('a')], [1, 0, 1, 0, 0x61]);
    assert.deepEqual([...encodeGroupPrefix('sync')], [1, 0, 4, 0, ...Buffer.from('sync')]);
    const groups = new Groups();
    assert.equal(groups.prefix('sync').length, 8);
    assert.equal(groups.prefix('sync'), groups.prefix('sync'), 'made once');
  });

  it('hear the messages that name them exactly', () => {
    const listener = new Listener('a', 'sync');
    for (const name of ['a', 'sync', 'b', 'syn', 'sync2', '']) {
      assert.equal(listener.dispatch(encodeGroupPrefix(name), name), undefined);
    }
    assert.deepEqual(listener.heard, ['a 9 a', 'sync 9 sync']);
  });

  it('hear a message that names several of them once each', () => {
    const listener = new Listener('sync', 'a', 'other');
    const prefix = [4, 0, 1, 0, 4, 0, 1, 0, 0, 0];
    assert.equal(listener.dispatch(Uint8Array.from(prefix), 'a', 'sync', 'a', 'text'), undefined);
    assert.deepEqual(listener.heard, ['sync 9 text', 'a 9 text']);
  });

  it('do not hear a message that names none', () => {
    const listener = new Listener('a');
    assert.equal(listener.dispatch(Uint8Array.of(0, 0)), undefined);
    assert.deepEqual(listener.heard, []);
  });

  it('hear empty messages', () => {
    const listener = new Listener('a');
    assert.equal(listener.dispatch(encodeGroupPrefix('a')), undefined);
    assert.deepEqual(listener.heard, ['a 9 ']);
  });

  it('are joined once', () => {
    assert.throws(
      () => new Listener('ab', 'a', 'ac', 'bb', 'ab'),
      (error) =>
        error instanceof CoterieError &&
        error.code === 'COTERIE_E_GROUP_JOINED' &&
        error.message.includes('"ab"'),
    );
  });

  it('drop a message whose prefix is longer than the message', () => {
    const listener = new Listener('a');
    const sound = Buffer.from([1, 0, 1, 0, 0x61]);
    for (let length = 0; length < sound.length; length++) {
      assert.equal(listener.dispatch(sound.subarray(0, length)), 'pg_group');
    }
    assert.equal(listener.dispatch(Uint8Array.of(0xff, 0xff, 1, 0, 0x61)), 'pg_group');
    assert.equal(listener.dispatch(Uint8Array.of(1, 0, 0xff, 0xff, 0x61)), 'pg_group');
    assert.deepEqual(listener.heard, []);
  });

  it('are never thrown at by a prefix', () => {
    const few = fc.nat({ max: 3 });
    const prefix = fc.array(fc.oneof(few, fc.nat({ max: 255 })), { maxLength: 40 });
    fc.assert(
      fc.property(prefix, (bytes) => {
        const reason = new Listener('a', '').dispatch(Uint8Array.from(bytes));
        assert.ok(reason === undefined || reason === 'pg_group');
      }),
    );
  });
});
