import assert from 'node:assert/strict';
import { BEHIND, EVENT_QUEUE_LIMIT, type ClientRouter } from '@coterie/sdk';
import { FLOW_CONTROL, GO, NOT_READ } from '../dist/addon.js';
import { QbConnection, type ConnectionHost } from '../dist/connection.js';

/** A server with one client, whose router is busy when told so. */
class OneClient implements ConnectionHost {
  busy = false;
  waitingBytes = 0;
  readonly taken: number[] = [];
  readonly holds: number[] = [];
  readonly closed: string[] = [];
  /** Requests that came behind others that were held. */
  readonly queued: number[] = [];
  readonly connection = new QbConnection(3, { pid: 1, uid: 2, gid: 3 }, this);
  readonly router: ClientRouter = {
    serves: () => true,
    accept: () => ({ handle: 1 }),
    opened: () => undefined,
    caughtUp: () => undefined,
    queued: (_, bytes, offset) => void this.queued.push(bytes.getInt32(offset, true)),
    closed: () => undefined,
    request: (_, bytes, offset, length) => {
      if (this.busy) {
        this.connection.pause(true);
        return 'busy';
      }
      assert.equal(bytes.getInt32(offset + 8, true), length);
      this.taken.push(bytes.getInt32(offset, true));
      return 'taken';
    },
  };

  waiting(): number {
    return this.waitingBytes;
  }

  reserve(_: number, __: string, size: number): { view: DataView; offset: number } {
    return { view: new DataView(new ArrayBuffer(size)), offset: 0 };
  }

  commit(): void {}

  hold(_: number, hold: number): void {
    this.holds.push(hold);
  }

  close(connection: QbConnection, reason: string): void {
    this.closed.push(reason);
    connection.end();
  }

  /** A request of this id and so many bytes arrives; its memory is used for something else afterwards. */
  request(id: number, size = 24): void {
    const view = new DataView(new ArrayBuffer(size + 8), 8);
    view.setInt32(0, id, true);
    view.setInt32(8, size, true);
    this.connection.request(view, 0, size);
    new Uint8Array(view.buffer).fill(0xff);
  }
}

describe('a connection of libqb', () => {
  it('keeps requests without room, and offers them again in order', () => {
    const client = new OneClient();
    client.request(1);
    client.busy = true;
    client.request(2);
    client.busy = false;
    client.request(3);
    assert.deepEqual(client.taken, [1], 'nothing overtakes what is held');
    assert.deepEqual(client.holds, [FLOW_CONTROL]);
    client.connection.pause(false);
    client.request(4);
    assert.deepEqual(client.taken, [1, 2, 3, 4]);
    assert.deepEqual(client.holds, [FLOW_CONTROL, GO]);
  });

  it('tells of what comes behind requests that are held', () => {
    const client = new OneClient();
    client.busy = true;
    for (const id of [1, 2, 3]) client.request(id);
    assert.deepEqual(client.queued, [2, 3]);
  });

  it('stays held when there is still no room', () => {
    const client = new OneClient();
    client.busy = true;
    client.request(1);
    client.request(2);
    client.connection.pause(false);
    client.busy = false;
    client.request(3);
    assert.deepEqual([client.taken, client.holds], [[], [FLOW_CONTROL]]);
    client.connection.pause(false);
    assert.deepEqual(client.taken, [1, 2, 3]);
  });

  it('is not read when it sends in spite of flow control', () => {
    const client = new OneClient();
    client.busy = true;
    for (let i = 0; i < 9; i++) client.request(i, 1024 * 1024);
    assert.deepEqual(client.holds, [FLOW_CONTROL, NOT_READ]);
    client.busy = false;
    client.connection.pause(false);
    assert.deepEqual([client.taken, client.holds.at(-1)], [[0, 1, 2, 3, 4, 5, 6, 7, 8], GO]);
  });

  it('offers nothing any more once it was closed', () => {
    const client = new OneClient();
    client.busy = true;
    client.request(1);
    client.connection.close('over');
    client.busy = false;
    client.connection.pause(false);
    client.request(2);
    assert.deepEqual([client.taken, client.closed], [[], ['over']]);
    assert.equal(client.connection.reserve('event', 24), undefined);
  });

  it('is behind, and gets nothing more, by what its client has left unread', () => {
    const client = new OneClient();
    assert.equal(client.connection.behind, false);
    client.waitingBytes = BEHIND;
    assert.equal(client.connection.behind, true);
    assert.notEqual(client.connection.reserve('event', 24), undefined);
    client.waitingBytes = EVENT_QUEUE_LIMIT - 23;
    assert.equal(client.connection.reserve('event', 24), undefined);
  });
});
