import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoterieError, CsError, type ErrorCode, empty, raw } from '@coterie/sdk';
import {
  type Connection,
  EVENT,
  REQUEST_HEADER,
  RESPONSE,
  SIZE_AT,
  ServiceError,
  connect,
  defaultRunDir,
} from '@coterie/sdk/client';
import { FakeDaemon, LARGEST, N, SERVICE, event, frame, response, welcome } from './fake-daemon.js';

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`not within 20 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function coded(code: ErrorCode, message = /./) {
  return (error: unknown) => {
    assert(error instanceof CoterieError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

describe('client connection', () => {
  let folder: string;
  let daemon: FakeDaemon;
  let connection: Connection | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coterie-client-'));
    daemon = new FakeDaemon(folder);
    await daemon.listen();
  });

  afterEach(async () => {
    await connection?.close();
    connection = undefined;
    await daemon.stop();
    await rm(folder, { recursive: true });
  });

  const open = async () => (connection = await connect({ service: SERVICE, runDir: folder }));

  describe('connect', () => {
    it('tells what the daemon said of itself', async () => {
      const { nodeId, maxMessageSize } = await open();
      assert.deepEqual({ nodeId, maxMessageSize }, { nodeId: 7, maxMessageSize: LARGEST });
    });

    it('names the socket where no daemon listens', async () => {
      const path = join(folder, 'none.sock');
      const absent = coded('COTERIE_E_CLIENT_ABSENT', /none\.sock: start coteried/);
      await assert.rejects(connect({ service: SERVICE, path }), absent);
      await writeFile(path, '');
      await assert.rejects(connect({ service: SERVICE, path }), absent);
    });

    it('says what the daemon says when it refuses', async () => {
      daemon.greeting = welcome(CsError.NOT_EXIST);
      await assert.rejects(open(), (error) => {
        coded('COTERIE_E_CLIENT_REFUSED', /service 1027: CS_ERR_NOT_EXIST$/)(error);
        assert(error instanceof ServiceError);
        assert.equal(error.csError, CsError.NOT_EXIST);
        return true;
      });
    });

    const nonsense: [string, () => Buffer][] = [
      ['a stranger', () => Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
      ['a first frame with another id', () => frame(RESPONSE, 3, CsError.OK, raw, Buffer.alloc(16))],
      ['another version', () => welcome(CsError.OK, 2)],
      ['frames larger than any', () => welcome(CsError.OK, 1, 2 ** 32 - 1)],
      ['frames smaller than the handshake', () => welcome(CsError.OK, 1, 8)],
    ];
    for (const [what, greeting] of nonsense) {
      it(`refuses ${what}`, async () => {
        daemon.greeting = greeting();
        await assert.rejects(open(), coded('COTERIE_E_CLIENT_PROTOCOL', /coteried\.sock/));
      });
    }

    it('notices that the daemon hangs up', async () => {
      daemon.greeting = undefined;
      const opening = open();
      await until(() => daemon.socket !== undefined);
      daemon.socket.destroy();
      await assert.rejects(opening, coded('COTERIE_E_CLIENT_LOST'));
    });

    it('can be aborted', async () => {
      daemon.greeting = undefined;
      const aborter = new AbortController();
      const opening = connect({ service: SERVICE, runDir: folder, signal: aborter.signal });
      await until(() => daemon.socket !== undefined);
      aborter.abort(new Error('enough'));
      await assert.rejects(opening, /enough/);
      await assert.rejects(connect({ service: SERVICE, signal: aborter.signal }), /enough/);
      await until(() => daemon.socket.closed);
    });

    it('hands out events that came along with the handshake', async () => {
      daemon.greeting = Buffer.concat([welcome(), event(1), event(2)]);
      const seen: number[] = [];
      (await open()).on(1, N, ({ n }) => seen.push(n));
      await until(() => seen.length === 2);
      assert.deepEqual(seen, [1, 2]);
    });
  });

  describe('call', () => {
    it('sends one at a time and answers in order', async () => {
      const { call } = bound(await open());
      const calls = [1, 2, 3].map((n) => call(0, N, { n }, N));
      for (const n of [1, 2, 3]) {
        await until(() => daemon.requests.length === n);
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(daemon.requests.length, n, 'the next one waits for the answer');
        daemon.socket.write(response(10 * n));
      }
      assert.deepEqual(await Promise.all(calls), [{ n: 10 }, { n: 20 }, { n: 30 }]);
      assert.deepEqual(
        daemon.requests.map(({ body }) => body.readUInt32LE()),
        [1, 2, 3],
      );
    });

    it('sends the value as it was at the call, and the tail behind it', async () => {
      const { call } = bound(await open());
      daemon.onRequest = () => daemon.socket.write(response(0));
      const first = call(0, N, { n: 0 }, empty);
      const value = { n: 5 };
      const second = call(3, N, value, empty, { tail: Buffer.from('tail') });
      value.n = 6;
      await Promise.all([first, second]);
      assert.deepEqual(daemon.requests[1], { id: 3, body: Buffer.from('\x05\0\0\0tail') });
    });

    it('rejects with what the service answered, and goes on', async () => {
      const { call } = bound(await open());
      daemon.onRequest = ({ id }) =>
        daemon.socket.write(response(id, id === 0 ? CsError.TRY_AGAIN : CsError.OK));
      await assert.rejects(call(0, empty, undefined, N), (error) => {
        coded('COTERIE_E_CLIENT_REQUEST', /^request 0: CS_ERR_TRY_AGAIN$/)(error);
        return error instanceof ServiceError && error.csError === CsError.TRY_AGAIN;
      });
      assert.deepEqual(await call(1, empty, undefined, N), { n: 1 });
    });

    it('rejects an answer that is none, naming the field', async () => {
      const { call } = bound(await open());
      daemon.onRequest = () => daemon.socket.write(frame(RESPONSE, 0, CsError.OK, raw, Buffer.alloc(3)));
      await assert.rejects(
        call(0, empty, undefined, N),
        coded('COTERIE_E_CLIENT_PROTOCOL', /request 0: n: 3 bytes/),
      );
    });

    it('refuses what the daemon would not take', async () => {
      const { call } = bound(await open());
      const tail = new Uint8Array(LARGEST - REQUEST_HEADER + 1);
      await assert.rejects(call(0, empty, undefined, empty, { tail }), coded('COTERIE_E_CLIENT_TOO_BIG'));
      daemon.onRequest = () => daemon.socket.write(response(0));
      await call(0, empty, undefined, empty, { tail: tail.subarray(1) });
      assert.equal(daemon.requests[0]?.body.length, LARGEST - REQUEST_HEADER);
    });

    it('can be aborted before and after it was sent; later calls get their own answers', async () => {
      const { call } = bound(await open());
      const first = new AbortController();
      const second = new AbortController();
      const calls = [
        call(1, empty, undefined, N, { signal: first.signal }),
        call(2, empty, undefined, N, { signal: second.signal }),
        call(3, empty, undefined, N),
      ];
      await until(() => daemon.requests.length === 1);
      first.abort(new Error('first'));
      second.abort(new Error('second'));
      await assert.rejects(calls[0]!, /first/);
      await assert.rejects(calls[1]!, /second/);
      daemon.onRequest = ({ id }) => daemon.socket.write(response(id));
      daemon.socket.write(response(1));
      assert.deepEqual(await calls[2], { n: 3 });
      assert.deepEqual(
        daemon.requests.map(({ id }) => id),
        [1, 3],
      );
      await assert.rejects(call(4, empty, undefined, N, { signal: first.signal }), /first/);
    });
  });

  describe('send', () => {
    it('puts what one turn has sent into one write, in order', async () => {
      const { send } = await open().then(bound);
      const chunks: number[] = [];
      daemon.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length));
      for (let n = 0; n < 100; n++) assert.equal(send(2, N, { n }, Buffer.from('!')), undefined);
      await until(() => daemon.requests.length === 100);
      assert.deepEqual(chunks, [100 * (REQUEST_HEADER + 5)]);
      assert.deepEqual(
        daemon.requests.map(({ body }) => body.readUInt32LE()),
        [...Array(100).keys()],
      );
    });

    it('asks to wait while the daemon does not read, and everything arrives', async () => {
      const { send } = await open().then(bound);
      daemon.socket.pause();
      const tail = new Uint8Array(100_000);
      let sent = 0;
      let wait: Promise<void> | undefined;
      while (wait === undefined) wait = send(2, N, { n: sent++ }, tail);
      let waited = false;
      const over = wait.then(() => (waited = true));
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(waited, false);
      daemon.socket.resume();
      await over;
      await until(() => daemon.requests.length === sent);
      assert(daemon.requests.every(({ body }, n) => body.length === 100_004 && body.readUInt32LE() === n));
      await connection!.drained();
    });

    it('refuses to pile up without end', async () => {
      const { send } = await open().then(bound);
      daemon.socket.pause();
      const tail = new Uint8Array(LARGEST - 20);
      assert.throws(() => {
        for (let i = 0; i < 100; i++) void send(2, N, { n: i }, tail);
      }, coded('COTERIE_E_CLIENT_OVERFLOW'));
    });

    it('leaves before a close', async () => {
      const { send } = await open().then(bound);
      for (let n = 0; n < 1000; n++) void send(2, N, { n }, new Uint8Array(1000));
      await connection!.close();
      await until(() => daemon.requests.length === 1000);
    });
  });

  describe('events', () => {
    it('go to the handlers of their id, until these are ended', async () => {
      const it = await open();
      const seen: string[] = [];
      const ends = ['a', 'b'].map((name) => it.on(1, N, ({ n }) => seen.push(`${name}${n}`)));
      it.on(2, N, ({ n }) => seen.push(`other${n}`));
      daemon.socket.write(Buffer.concat([event(1), event(2, 2), event(3, 3)]));
      await until(() => seen.length === 3);
      ends[0]!();
      daemon.socket.write(event(4));
      await until(() => seen.length === 4);
      assert.deepEqual(seen, ['a1', 'b1', 'other2', 'b4']);
    });

    it('come between a request and its answer', async () => {
      const it = await open();
      const seen: number[] = [];
      it.on(1, N, ({ n }) => seen.push(n));
      daemon.onRequest = () => daemon.socket.write(Buffer.concat([event(1), response(9), event(2)]));
      assert.deepEqual(await it.call(0, empty, undefined, N), { n: 9 });
      await until(() => seen.length === 2);
    });

    it('can be iterated over', async () => {
      const it = await open();
      const events = it.events(1, N);
      daemon.socket.write(Buffer.concat([event(1), event(2), event(3)]));
      const seen: number[] = [];
      for await (const { n } of events) {
        seen.push(n);
        if (n === 3) break;
      }
      assert.deepEqual(seen, [1, 2, 3]);
      assert.deepEqual(await events.next(), { done: true, value: undefined });
    });

    it('of several ids can be iterated over in their one order', async () => {
      const it = await open();
      const events = it.collect<string>((push) => [
        it.on(1, N, ({ n }) => push(`one ${n}`)),
        it.on(2, N, ({ n }) => n % 2 === 0 && push(`two ${n}`)),
      ]);
      daemon.socket.write(Buffer.concat([event(1), event(2, 2), event(3, 2), event(4)]));
      const seen: (string | undefined)[] = [];
      while (seen.length < 3) seen.push((await events.next()).value);
      assert.deepEqual(seen, ['one 1', 'two 2', 'one 4']);
    });

    it('are left in the daemon while the reader is behind, unless a call waits', async () => {
      const it = await open();
      const events = it.events(1, N, { limit: 40_000 });
      const total = 100_000;
      for (let n = 0; n < total; n++) daemon.socket.write(event(n));
      await until(() => daemon.socket.writableLength > 0);
      let written = -1;
      await until(() => {
        const before = written;
        written = daemon.socket.bytesWritten - daemon.socket.writableLength;
        return written === before;
      });
      assert(written < total * event(0).length, 'the daemon could not get rid of all events');
      for (let n = 0; n < total; n++) assert.deepEqual(await events.next(), { done: false, value: { n } });
    });

    it('end the iteration with an error when too many wait', async () => {
      const it = await open();
      const events = it.events(1, N, { limit: 10 });
      daemon.onRequest = () => {
        for (let n = 0; n < 11; n++) daemon.socket.write(event(n));
        daemon.socket.write(response(0));
      };
      await it.call(0, empty, undefined, empty);
      for (let n = 0; n < 10; n++) assert.deepEqual(await events.next(), { done: false, value: { n } });
      await assert.rejects(events.next(), coded('COTERIE_E_CLIENT_OVERFLOW', /10 events/));
      assert.deepEqual(await events.next(), { done: true, value: undefined });
      await it.call(0, empty, undefined, empty);
    });

    it('stop with the signal', async () => {
      const it = await open();
      const aborter = new AbortController();
      const next = it.events(1, N, { signal: aborter.signal }).next();
      aborter.abort(new Error('enough'));
      await assert.rejects(next, /enough/);
      assert.throws(() => it.events(1, N, { signal: aborter.signal }), /enough/);
    });
  });

  describe('the end', () => {
    it('by close: everything pending ends, closed tells no reason', async () => {
      const it = await open();
      const call = it.call(0, empty, undefined, empty);
      const next = it.events(1, N).next();
      const rejected = assert.rejects(call, coded('COTERIE_E_CLIENT_CLOSED'));
      await it.close();
      await rejected;
      assert.deepEqual(await next, { done: true, value: undefined });
      assert.equal(await it.closed, undefined);
      await assert.rejects(it.call(0, empty, undefined, empty), coded('COTERIE_E_CLIENT_CLOSED'));
      assert.throws(() => it.send(0, empty, undefined), coded('COTERIE_E_CLIENT_CLOSED'));
      assert.deepEqual(await it.events(1, N).next(), { done: true, value: undefined });
      await until(() => daemon.socket.closed);
    });

    it('by await using', async () => {
      const it = await open();
      await it[Symbol.asyncDispose]();
      assert.equal(await it.closed, undefined);
    });

    it('by the daemon: events that came before are read, then the reason is thrown', async () => {
      const it = await open();
      const events = it.events(1, N);
      const rejected = assert.rejects(it.call(0, empty, undefined, empty), coded('COTERIE_E_CLIENT_LOST'));
      daemon.socket.end(event(1));
      await rejected;
      assert.deepEqual(await events.next(), { done: false, value: { n: 1 } });
      await assert.rejects(events.next(), coded('COTERIE_E_CLIENT_LOST'));
      coded('COTERIE_E_CLIENT_LOST')(await it.closed);
      await it.close();
    });

    it('does not wait for a daemon that does not read', async () => {
      const it = await open();
      daemon.socket.pause();
      for (let n = 0; n < 20; n++) void it.send(2, N, { n }, new Uint8Array(LARGEST - 20));
      await it.close();
      assert.equal(await it.closed, undefined);
    });

    const size = (bytes: number) => {
      const bad = event(1);
      bad.writeInt32LE(bytes, SIZE_AT);
      return bad;
    };
    const nonsense: [string, Buffer, RegExp][] = [
      ['an oversized frame', size(LARGEST + 1), /a frame of 1048577 bytes/],
      ['a frame of negative size', size(-1), /a frame of -1 bytes/],
      ['a frame smaller than its header', size(23), /a frame of 23 bytes/],
      ['a frame of no known kind', frame(9, 1, CsError.OK, empty, undefined), /a frame of kind 9/],
      ['an answer to no request', response(1), /an answer to no request/],
      ['an event that is none', frame(EVENT, 1, CsError.OK, raw, Buffer.alloc(1)), /event 1: n: 1 bytes/],
    ];
    for (const [what, bytes, reason] of nonsense) {
      it(`at ${what}`, async () => {
        const it = await open();
        const events = it.events(1, N);
        daemon.socket.write(Buffer.concat([bytes, event(2)]));
        await assert.rejects(events.next(), coded('COTERIE_E_CLIENT_PROTOCOL', reason));
        coded('COTERIE_E_CLIENT_PROTOCOL', reason)(await it.closed);
      });
    }
  });

  describe('defaultRunDir', () => {
    const { COTERIE_RUN_DIR } = process.env;
    afterEach(() => {
      if (COTERIE_RUN_DIR === undefined) delete process.env.COTERIE_RUN_DIR;
      else process.env.COTERIE_RUN_DIR = COTERIE_RUN_DIR;
    });

    it('is $COTERIE_RUN_DIR, also for connect', async () => {
      process.env.COTERIE_RUN_DIR = folder;
      assert.equal(defaultRunDir(), folder);
      connection = await connect({ service: SERVICE });
    });

    it('is an absolute folder of ours otherwise', () => {
      delete process.env.COTERIE_RUN_DIR;
      assert.match(defaultRunDir(), /^\/.*coterie(-\d+)?$/);
    });
  });
});

function bound(connection: Connection): Pick<Connection, 'call' | 'send'> {
  return { call: connection.call.bind(connection), send: connection.send.bind(connection) };
}
