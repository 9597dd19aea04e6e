import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CoterieError,
  CsError,
  type ClientRouter,
  type Connection,
  type Peer,
  type PeerCredentials,
} from '@coterie/sdk';
import { UnixListener } from '../../dist/adapters/unix-listener.js';
import { StreamServer } from '../../dist/ipc/stream-server.js';
import { ManualTime } from '../manual-time.js';
import { RecordedLog } from '../recorded-logs.js';
import { until } from '../until.js';
import { RawClient, hello, request } from './raw-client.js';

const SERVICE = 7;

/** Answers each request with its body, and is busy when told so. */
class EchoRouter implements ClientRouter {
  readonly connections = new Map<number, Connection>();
  readonly peers: Peer[] = [];
  readonly requests: { handle: number; id: number; body: string }[] = [];
  readonly gone: number[] = [];
  readonly caught: number[] = [];
  busy = false;
  greeting = false;
  private handles = 0;

  serves(service: number): boolean {
    return service === SERVICE;
  }

  accept(service: number, connection: Connection): { handle: number } | { error: number; reason: string } {
    if (service !== SERVICE) return { error: CsError.NOT_EXIST, reason: 'no such service' };
    this.connections.set(++this.handles, connection);
    this.peers.push(connection.peer);
    return { handle: this.handles };
  }

  request(handle: number, bytes: DataView, offset: number, length: number): 'taken' | 'busy' {
    const connection = this.connections.get(handle);
    assert.ok(connection);
    if (this.busy) {
      connection.pause(true);
      return 'busy';
    }
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + offset + 16, length - 16);
    const id = bytes.getInt32(offset, true);
    this.requests.push({ handle, id, body: body.toString('latin1') });
    send(connection, 'response', id, body);
    return 'taken';
  }

  opened(handle: number): void {
    if (this.greeting) send(this.connections.get(handle)!, 'event', 77, Buffer.alloc(0));
  }

  queued(): void {
    assert.fail('of a stream nothing is read behind what is held');
  }

  caughtUp(handle: number): void {
    this.caught.push(handle);
  }

  closed(handle: number): void {
    this.gone.push(handle);
    this.connections.delete(handle);
  }

  only(): Connection {
    const [connection] = this.connections.values();
    assert.ok(connection);
    return connection;
  }
}

function send(connection: Connection, kind: 'response' | 'event', id: number, body: Uint8Array): boolean {
  const place = connection.reserve(kind, 24 + body.length);
  if (place === undefined) return false;
  const frame = Buffer.from(place.view.buffer, place.view.byteOffset + place.offset, 24 + body.length);
  frame.fill(0, 0, 24);
  frame.writeInt32LE(id, 0);
  frame.writeInt32LE(24 + body.length, 8);
  frame.writeInt32LE(CsError.OK, 16);
  frame.set(body, 24);
  connection.commit();
  return true;
}

describe('stream server', () => {
  let folder: string;
  let path: string;
  let router: EchoRouter;
  let server: StreamServer;
  let time: ManualTime;
  let log: RecordedLog;
  let clients: RawClient[];

  const serverAt = (where: string, credentials?: PeerCredentials) =>
    new StreamServer({
      listener: new UnixListener(where),
      router,
      timers: time,
      clock: time,
      nodeId: 5,
      credentials,
      log,
    });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-run-'));
    path = join(folder, 'run', 'coteried.sock');
    router = new EchoRouter();
    time = new ManualTime();
    log = new RecordedLog();
    clients = [];
    server = serverAt(path);
    await server.start();
  });

  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  function client(): RawClient {
    const made = new RawClient(path);
    clients.push(made);
    return made;
  }

  async function greeted(): Promise<RawClient> {
    const made = client();
    made.send(hello(SERVICE));
    await until('welcome', () => made.frames().length > 0);
    return made;
  }

  it('lets all knock where peers can be told apart, else only the own user and group', async () => {
    const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
    assert.equal(mode(path), '660');
    const known = { available: true, of: () => ({ pid: 4, uid: 5, gid: 6 }) };
    const nobody = { available: true, of: () => undefined };
    const unavailable = { available: false, of: () => assert.fail('asked all the same') };
    for (const [name, credentials, seen] of [
      ['known', known, { pid: 4, uid: 5, gid: 6 }],
      ['nobody', nobody, undefined],
      ['unavailable', unavailable, { pid: -1, uid: -1, gid: -1 }],
    ] as const) {
      const where = join(folder, `${name}.sock`);
      const other = serverAt(where, credentials);
      await other.start();
      assert.equal(mode(where), credentials.available ? '666' : '660');
      const program = new RawClient(where);
      clients.push(program);
      router.peers.length = 0;
      program.send(hello(SERVICE));
      await until('an answer', () => program.frames().length > 0 || program.socket.destroyed);
      assert.deepEqual(router.peers[0], seen);
      await other.stop();
    }
  });

  it('welcomes a client and carries its requests and answers', async () => {
    const program = await greeted();
    program.send(request(3, Buffer.from('one')), request(4, Buffer.from('two')));
    await until('two answers', () => program.frames().length === 3);
    const [welcome, one, two] = program.frames();
    assert.deepEqual([welcome?.id, welcome?.kind, welcome?.error], [-1, 0, CsError.OK]);
    assert.deepEqual(
      [0, 4, 8].map((at) => welcome?.body.readUInt32LE(at)),
      [1, 1024 * 1024 + 64 * 1024, 5],
    );
    assert.deepEqual([one?.id, one?.body.toString()], [3, 'one']);
    assert.deepEqual([two?.id, two?.body.toString()], [4, 'two']);
  });

  it('marks events, which may come between a request and its answer', async () => {
    const program = await greeted();
    send(router.only(), 'event', 9, Buffer.from('news'));
    program.send(request(3, Buffer.from('x')));
    await until('event and answer', () => program.frames().length === 3);
    assert.deepEqual(
      program.frames().map(({ id, kind }) => [id, kind]),
      [
        [-1, 0],
        [9, 1],
        [3, 0],
      ],
    );
  });

  it('lets the engine greet a client once that has been welcomed', async () => {
    router.greeting = true;
    const program = await greeted();
    await until('the greeting', () => program.frames().length === 2);
    assert.deepEqual(
      program.frames().map(({ id, kind }) => [id, kind]),
      [
        [-1, 0],
        [77, 1],
      ],
    );
  });

  it('understands frames that come in pieces', async () => {
    const program = client();
    const bytes = Buffer.concat([hello(SERVICE), request(1, Buffer.alloc(300, 65)), request(2)]);
    for (let at = 0; at < bytes.length; at += 7) {
      program.socket.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('both requests', () => router.requests.length === 2);
    assert.equal(router.requests[0]?.body, 'A'.repeat(300));
  });

  it('says why it refuses, and ends the connection', async () => {
    for (const [bytes, error] of [
      [hello(SERVICE + 1), CsError.NOT_EXIST],
      [hello(SERVICE, 2), CsError.VERSION],
    ] as const) {
      const program = client();
      program.send(bytes);
      await until('the end', () => program.ended);
      assert.deepEqual(
        program.frames().map((frame) => [frame.id, frame.error, frame.body.length]),
        [[-1, error, 16]],
      );
    }
    assert.equal(router.connections.size, 0);
  });

  it('ends without an answer what begins with anything but a handshake', async () => {
    const garbage = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      request(0, Buffer.alloc(8)),
      request(-1, Buffer.alloc(4)),
      request(-1, Buffer.alloc(8), 0),
      request(-1, Buffer.alloc(8), -1),
      request(-1, Buffer.alloc(8), 25),
      request(-1, Buffer.alloc(8), 0x7fffffff),
      Buffer.alloc(100),
      Buffer.alloc(100, 0xff),
    ];
    for (const bytes of garbage) {
      const program = client();
      program.send(bytes);
      await until('the end', () => program.ended);
      assert.equal(program.received.length, 0);
    }
    await greeted();
  });

  it('ends what does not finish its handshake in five seconds', async () => {
    const silent = client();
    const half = client();
    half.send(hello(SERVICE).subarray(0, 1));
    const polite = await greeted();
    await until('all connected', () => server['connections'].size === 3);
    time.advance(4999);
    assert.equal(server['connections'].size, 3);
    time.advance(1);
    await until('the end', () => silent.ended && half.ended);
    assert.equal(polite.ended, false);
  });

  it('gives each handshake five seconds of its own', async () => {
    const first = client();
    await until('the first', () => server['connections'].size === 1);
    time.advance(3000);
    const second = client();
    await until('the second', () => server['connections'].size === 2);
    time.advance(2000);
    await until('the end of the first', () => first.ended);
    time.advance(2999);
    assert.equal(server['connections'].size, 1);
    time.advance(1);
    await until('the end of the second', () => second.ended);
  });

  it('lets nobody keep others out with connections that say nothing', async () => {
    const silent = Array.from({ length: 300 }, client);
    await until('all but 128 ended', () => silent.filter(({ ended }) => ended).length === 300 - 128);
    await greeted();
    assert.deepEqual(
      log.lines.filter(({ level }) => level !== 'debug'),
      [],
    );
  });

  it('ends a connection whose frame cannot be, and tells the router once', async () => {
    for (const size of [15, 0, -1, 1024 * 1024 + 64 * 1024 + 1, -0x80000000]) {
      const program = await greeted();
      program.send(request(1, Buffer.from('ok')), request(1, Buffer.alloc(0), size));
      await until('the end', () => program.ended);
      assert.equal(router.connections.size, 0);
    }
    assert.deepEqual(router.gone, [1, 2, 3, 4, 5]);
    assert.ok(log.lines.some(({ message }) => message.includes('a frame of 15 bytes')));
  });

  it('takes frames up to the largest', async () => {
    const program = await greeted();
    const body = Buffer.alloc(1024 * 1024 + 64 * 1024 - 24, 66);
    program.send(request(1, body));
    await until('the answer', () => program.frames().length === 2);
    assert.ok(program.frames()[1]?.body.equals(body));
  });

  it('tells the router when a client goes, in whatever way', async () => {
    const polite = await greeted();
    const rude = await greeted();
    polite.socket.end();
    rude.send(request(1, Buffer.alloc(50)).subarray(0, 20));
    rude.socket.destroy();
    await until('both gone', () => router.gone.length === 2);
  });

  it('keeps a busy client’s requests in order and reads no more until it may', async () => {
    const program = await greeted();
    router.busy = true;
    const many = Array.from({ length: 200 }, (_, id) => request(id, Buffer.alloc(5000)));
    program.send(...many);
    await until('the first request', () => server['connections'].values().next().value?.['held'] === true);
    await until('the socket fills up', () => program.socket.writableLength > 0);
    assert.equal(router.requests.length, 0);
    router.busy = false;
    router.only().pause(false);
    await until('all requests', () => router.requests.length === 200);
    assert.deepEqual(
      router.requests.map(({ id }) => id),
      many.map((_, id) => id),
    );
  });

  it('offers the same request again and again while there is no room', async () => {
    const program = await greeted();
    router.busy = true;
    program.send(request(1), request(2));
    await until('the first request', () => server['connections'].values().next().value?.['held'] === true);
    for (let i = 0; i < 3; i++) router.only().pause(false);
    assert.equal(router.requests.length, 0);
    router.busy = false;
    router.only().pause(false);
    assert.deepEqual(
      router.requests.map(({ id }) => id),
      [1, 2],
    );
  });

  it('holds 64 MiB for a client that does not read, and no more', async () => {
    const program = await greeted();
    program.socket.pause();
    const connection = router.only();
    let held = 0;
    while (send(connection, 'event', 1, Buffer.alloc(64 * 1024))) {
      held++;
      assert.equal(connection.behind, held >= 16);
    }
    assert.deepEqual(router.caught, []);
    assert.ok(held <= 1024 && held > 1000, `${held} events of 64 KiB`);
    connection.close('does not read');
    assert.deepEqual(router.connections.size, 0);
    program.socket.destroy();
  });

  it('says when a client that was behind has caught up', async () => {
    const program = await greeted();
    program.socket.pause();
    const connection = router.only();
    while (!connection.behind) send(connection, 'event', 1, Buffer.alloc(64 * 1024));
    program.socket.resume();
    await until('caught up', () => router.caught.length === 1);
    assert.equal(connection.behind, false);
  });

  it('has room again when the client has read', async () => {
    const program = await greeted();
    const connection = router.only();
    for (let round = 1; round <= 3; round++) {
      for (let i = 0; i < 8000; i++) assert.ok(send(connection, 'event', i, Buffer.alloc(40)), `event ${i}`);
      const bytes = 40 + round * 8000 * 64;
      await until('all events', () => program.received.length === bytes);
      await until(
        'acknowledged',
        () => server['connections'].values().next().value?.['output']['waitingBytes'] === 0,
      );
    }
  });

  it('lets only its user and group connect', () => {
    assert.equal(statSync(path).mode & 0o777, 0o660);
  });

  it('takes over what a killed daemon left behind, but not a living one’s socket', async () => {
    await assert.rejects(
      () => serverAt(path).start(),
      (error: unknown) => error instanceof CoterieError && error.code === 'COTERIE_E_IPC_IN_USE',
    );
    await greeted();

    const stale = join(folder, 'stale.sock');
    const dead = createServer().listen(stale);
    await until('listening', () => dead.listening);
    // Closing removes the one name it knows; the other stays behind, as after a kill.
    const copy = join(folder, 'copy.sock');
    linkSync(stale, copy);
    await new Promise((resolve) => dead.close(resolve));
    const successor = serverAt(copy);
    await successor.start();
    await successor.stop();
  });

  it('refuses to replace what is no socket, or to listen where it cannot', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'precious');
    const ipc = (error: unknown) => error instanceof CoterieError && error.code === 'COTERIE_E_IPC_SOCKET';
    await assert.rejects(() => serverAt(file).start(), ipc);
    assert.equal(statSync(file).size, 8);
    await assert.rejects(() => serverAt(join(file, 'x.sock')).start(), ipc);
    await assert.rejects(() => serverAt(join(folder, 'x'.repeat(200))).start(), ipc);
  });

  it('ends all connections when it stops, and leaves no socket', async () => {
    const program = await greeted();
    await server.stop();
    await until('the end', () => program.ended);
    assert.throws(() => statSync(path));
    await server.start();
    await greeted();
  });
});
