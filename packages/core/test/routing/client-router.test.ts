import assert from 'node:assert/strict';
import { CsError, engineIdentity, value, type DatabaseValue, type Peer } from '@coterie/sdk';
import { MemoryDatabase } from '../../dist/database/database.js';
import { ConnectionKeys } from '../../dist/observe/connections.js';
import { LocalClientRouter } from '../../dist/routing/client-router.js';
import { ClusterState } from '../../dist/routing/cluster-state.js';
import { Guard, runningEngine } from '../../dist/routing/engine.js';
import { HandlerWatch } from '../../dist/observe/handler-watch.js';
import { Standing } from '../../dist/routing/standing.js';
import { ManualTime } from '../manual-time.js';
import { RecordedLog } from '../recorded-logs.js';
import { CounterEngine, Number32 } from './counter-engine.js';
import { FakeConnection } from './fake-connection.js';

class Setup {
  readonly state = new ClusterState(1, undefined, (error) => assert.fail(String(error)));
  readonly database = new Map<string, DatabaseValue>();
  readonly engine = new CounterEngine();
  readonly failures = { value: 0 };
  readonly suspected: string[] = [];
  readonly standing = new Standing();
  readonly keys = new MemoryDatabase((error) => assert.fail(String(error)));
  readonly connections = new ConnectionKeys(this.keys, (pid) => `program ${pid}`);
  readonly log = new RecordedLog();
  readonly time = new ManualTime();
  /** Bytes that the send queue has room for. */
  room = Infinity;
  readonly router = new LocalClientRouter({
    state: this.state,
    room: (bytes) => bytes <= this.room,
    database: this.database,
    connections: this.connections,
    uid: 1000,
    clock: this.time,
    watch: new HandlerWatch(this.time, () => Infinity),
    log: this.log,
  });
  readonly clients;

  constructor() {
    this.state.open = true;
    const identity = engineIdentity(CounterEngine);
    assert.ok(identity);
    this.clients = this.router.clients(identity);
    this.router.add(
      runningEngine(
        identity,
        this.engine,
        new Guard(this.log, this.failures, { value: 0 }, (where) => this.suspected.push(where)),
        this.standing,
      ),
    );
  }

  connect(peer?: Peer): { connection: FakeConnection; handle: number } {
    const connection = new FakeConnection(peer);
    const before = this.engine.connected.length;
    const answer = this.router.accept(1027, connection);
    assert.ok('handle' in answer, JSON.stringify(answer));
    assert.equal(this.engine.connected.length, before, 'the engine hears of a client once that was let in');
    this.router.opened(answer.handle);
    return { connection, handle: answer.handle };
  }

  request(handle: number, bytes: Buffer): 'taken' | 'busy' {
    const memory = Buffer.concat([Buffer.alloc(3, 0xee), bytes, Buffer.alloc(9, 0xee)]);
    return this.router.request(
      handle,
      new DataView(memory.buffer, memory.byteOffset, memory.length),
      3,
      bytes.length,
    );
  }
}

function frame(id: number, value: number, size = 20): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32LE(id, 0);
  bytes.writeInt32LE(size, 8);
  bytes.writeUInt32LE(value, 16);
  return bytes;
}

describe('client router', () => {
  it('hands a request to the engine and its answer to the client', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    assert.equal(setup.request(handle, frame(0, 41)), 'taken');
    assert.deepEqual(setup.engine.asked, [41]);
    const [answer] = connection.frames;
    assert.deepEqual(
      { ...answer, body: answer?.body.readUInt32LE(0) },
      { kind: 'response', id: 0, size: 28, error: CsError.OK, body: 42 },
    );
  });

  it('dispatches events with value and tail to one client or all', () => {
    const setup = new Setup();
    const one = setup.connect().connection;
    const two = setup.connect().connection;
    setup.clients.dispatch(9, Number32, { value: 7 }, Buffer.from('tail'));
    const [first] = setup.clients;
    assert.equal(first?.dispatch(10, Number32, { value: 8 }), true);
    for (const { frames } of [one, two]) {
      assert.equal(frames[0]?.kind, 'event');
      assert.equal(frames[0].id, 9);
      assert.equal(frames[0].size, 32);
      assert.equal(frames[0].body.subarray(4).toString(), 'tail');
    }
    assert.equal(one.frames.length, 2);
    assert.equal(two.frames.length, 1);
  });

  it('lets nobody in before the first synchronisation, nor to an engine that is not here', () => {
    const setup = new Setup();
    setup.state.open = false;
    assert.equal(refusal(setup.router.accept(1027, new FakeConnection())), CsError.TRY_AGAIN);
    setup.state.open = true;
    assert.equal(refusal(setup.router.accept(1028, new FakeConnection())), CsError.NOT_EXIST);
    assert.equal(setup.engine.connected.length, 0);
  });

  it('lets in root, its own user and those that uidgid names', () => {
    const setup = new Setup();
    const accept = (uid: number, gid: number) =>
      setup.router.accept(1027, new FakeConnection({ pid: 5, uid, gid }));
    for (const [uid, gid] of [
      [0, 5],
      [5, 0],
      [1000, 1000],
      [-1, -1],
    ] as const) {
      assert.ok('handle' in accept(uid, gid), `${uid}:${gid}`);
    }
    assert.equal(refusal(accept(1001, 1001)), CsError.ACCESS);
    for (const key of [
      'uidgid.uid.2001',
      'uidgid.config.uid.2002',
      'uidgid.gid.2003',
      'uidgid.config.gid.2004',
    ]) {
      const id = Number(key.slice(key.lastIndexOf('.') + 1));
      assert.equal(refusal(accept(id, id)), CsError.ACCESS);
      setup.database.set(key, value.u8(1));
      assert.ok('handle' in accept(id, id), key);
      setup.database.set(key, value.u8(0));
      assert.equal(refusal(accept(id, id)), CsError.ACCESS);
    }
  });

  it('names a user that it keeps out once a minute, however often that knocks (P1)', () => {
    const setup = new Setup();
    const knock = (uid: number) =>
      assert.equal(
        refusal(setup.router.accept(1027, new FakeConnection({ pid: 5, uid, gid: uid }))),
        CsError.ACCESS,
      );
    for (let second = 0; second < 120; second++) {
      for (let i = 0; i < 1000; i++) knock(3001);
      setup.time.advance(1000);
    }
    assert.deepEqual(
      setup.log.lines.map(({ level }) => level),
      ['warn', 'warn'],
    );
    for (let uid = 4000; uid < 14_000; uid++) knock(uid);
    assert.ok(setup.log.lines.length < 300, `${setup.log.lines.length} lines about 10,000 users`);
    setup.time.advance(60_000);
    const before = setup.log.lines.length;
    knock(50_000);
    assert.match(setup.log.lines[before]!.message, /user 50000/);
    assert.equal(setup.router.refused.access, 130_001);
    assert.equal(setup.router.size, 0);
  });

  it('lets in 64 connections of a user and 1,024 in all, and more when some have gone', () => {
    const setup = new Setup();
    const peer = { pid: 5, uid: 1000, gid: 1000 };
    const mine = Array.from({ length: 64 }, () => setup.connect(peer).handle);
    assert.equal(refusal(setup.router.accept(1027, new FakeConnection(peer))), CsError.NO_RESOURCES);
    for (let i = 64; i < 1024; i++) setup.connect({ pid: 5, uid: -1, gid: -1 });
    const other = { pid: 5, uid: 0, gid: 0 };
    assert.equal(refusal(setup.router.accept(1027, new FakeConnection(other))), CsError.NO_RESOURCES);
    setup.router.closed(mine[0] ?? 0);
    setup.connect(peer);
    assert.equal(setup.router.size, 1024);
  });

  it('answers bad requests with INVALID_PARAM and keeps the connection', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    const bad = [
      ...[-1, -2, -3, 4, 255, 65535, 0x7fffffff, -0x80000000].map((id) => frame(id, 0)),
      ...[0, -1, 19, 21, 0x7fffffff].map((size) => frame(0, 0, size)),
      frame(0, 0, 16).subarray(0, 16),
      Buffer.alloc(3),
    ];
    for (const bytes of bad) assert.equal(setup.request(handle, bytes), 'taken');
    assert.deepEqual(
      connection.frames.map(({ error }) => error),
      bad.map(() => CsError.INVALID_PARAM),
    );
    assert.equal(setup.request(handle, frame(0, 1)), 'taken');
    assert.deepEqual(setup.engine.asked, [1]);
    assert.equal(connection.closedFor, undefined);
  });

  it('never answers what waits for no answer', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    setup.request(handle, frame(2, 0, 17).subarray(0, 17));
    setup.request(handle, frame(2, 13));
    assert.equal(connection.frames.length, 0);
    assert.equal(setup.failures.value, 1);
    assert.deepEqual(setup.suspected, []);
  });

  it('answers once for an engine that throws', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    setup.request(handle, frame(3, 0));
    setup.request(handle, frame(3, 1));
    assert.deepEqual(
      connection.frames.map(({ error }) => error),
      [CsError.LIBRARY, CsError.OK],
    );
  });

  it('lets a client that does not read what it is sent add nothing to the traffic until it has', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    connection.behind = true;
    assert.equal(setup.request(handle, frame(2, 5)), 'busy');
    assert.equal(setup.request(handle, frame(0, 6)), 'taken');
    setup.router.resume();
    assert.equal(setup.request(handle, frame(2, 5)), 'busy', 'room is not what it waits for');
    assert.deepEqual(connection.pauses, [true, false, true]);
    connection.behind = false;
    setup.router.caughtUp(handle);
    setup.router.caughtUp(handle);
    assert.deepEqual(connection.pauses, [true, false, true, false]);
    assert.equal(setup.request(handle, frame(2, 5)), 'taken');
  });

  it('takes what a client waits for that does not read meanwhile', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    connection.behind = true;
    assert.equal(setup.request(handle, frame(1, 4)), 'taken');
    setup.room = 0;
    assert.equal(setup.request(handle, frame(1, 5)), 'busy');
    setup.room = 10_000;
    setup.router.resume();
    assert.deepEqual(connection.pauses, [true, false]);
    assert.equal(setup.request(handle, frame(1, 5)), 'taken');
  });

  it('takes what stands ahead of a request that such a client waits for', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    const queue = (bytes: Buffer) =>
      setup.router.queued(handle, new DataView(bytes.buffer, bytes.byteOffset), 0);
    connection.behind = true;
    assert.equal(setup.request(handle, frame(2, 1)), 'busy');
    queue(frame(2, 2));
    assert.deepEqual(connection.pauses, [true], 'nothing that it waits for');
    queue(frame(1, 3));
    assert.deepEqual(connection.pauses, [true, false]);
    for (const bytes of [frame(2, 1), frame(2, 2), frame(1, 3)])
      assert.equal(setup.request(handle, bytes), 'taken');
    assert.equal(setup.request(handle, frame(2, 4)), 'busy', 'it has its answer, and may read');
  });

  it('holds requests that need room during synchronisation, and runs the others', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    setup.state.synchronising = true;
    assert.equal(setup.request(handle, frame(1, 5)), 'busy');
    assert.equal(setup.request(handle, frame(0, 6)), 'taken');
    setup.router.resume();
    assert.deepEqual(connection.pauses, [true]);
    setup.state.synchronising = false;
    setup.router.resume();
    setup.router.resume();
    assert.deepEqual(connection.pauses, [true, false]);
    assert.equal(setup.request(handle, frame(1, 5)), 'taken');
    assert.deepEqual(setup.engine.asked, [6, 5]);
  });

  it('lets those who wait for room go on in turn', () => {
    const setup = new Setup();
    const waiting = [setup.connect(), setup.connect(), setup.connect()];
    setup.room = 0;
    for (const { handle } of waiting) assert.equal(setup.request(handle, frame(1, 0)), 'busy');
    setup.router.closed(waiting[1]?.handle ?? 0);
    setup.room = 10_000;
    const order: number[] = [];
    waiting.forEach(({ connection }, index) => {
      connection.pause = (paused) => {
        if (!paused) order.push(index);
      };
    });
    setup.router.resume();
    assert.deepEqual(order, [0, 2]);
  });

  it('disconnects a client that does not read', () => {
    const setup = new Setup();
    const slow = setup.connect();
    const quick = setup.connect();
    slow.connection.space = 2;
    for (let i = 0; i < 5; i++) setup.clients.dispatch(1, Number32, { value: i });
    assert.match(slow.connection.closedFor ?? '', /does not read/);
    assert.equal(quick.connection.frames.length, 5);
    assert.equal(setup.engine.gone.length, 1);
    assert.equal(setup.clients.size, 1);
    setup.router.closed(slow.handle);
    assert.equal(setup.engine.gone.length, 1);
  });

  it('sends nothing to a client that is gone', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect();
    setup.router.closed(handle);
    const [client] = setup.engine.gone;
    client?.respond(0, CsError.OK);
    assert.equal(client?.dispatch(0, Number32, { value: 1 }), false);
    assert.equal(connection.frames.length, 0);
    assert.equal(setup.request(handle, frame(0, 1)), 'taken');
    assert.deepEqual(setup.engine.asked, []);
  });
});

describe('connections in the database', () => {
  const prefix = 'stats.ipcs.service1027.5.0x1.';
  const of = (setup: Setup) =>
    Object.fromEntries(
      setup.keys
        .keys('stats.ipcs.')
        .map((key) => [key.slice(prefix.length), Number(setup.keys.get(key)?.value)]),
    );
  const fresh = {
    ...{ dispatched: 0, flow_control: 0, flow_control_count: 0, invalid_request: 0, overload: 0 },
    ...{ procname: NaN, queueing: 0, requests: 0, responses: 0 },
  };

  it('are there under the names and types of corosync while they last', () => {
    const setup = new Setup();
    const { handle } = setup.connect({ pid: 5, uid: 0, gid: 0 });
    assert.deepEqual(of(setup), fresh);
    assert.deepEqual(setup.keys.get(`${prefix}procname`), value.string('program 5'));
    assert.deepEqual(setup.keys.get(`${prefix}queueing`), value.i32(0));
    assert.deepEqual(setup.keys.get(`${prefix}flow_control`), value.u32(0));
    assert.deepEqual(setup.keys.get(`${prefix}requests`), value.u64(0n));
    setup.router.closed(handle);
    setup.router.closed(handle);
    assert.deepEqual(of(setup), {});
    assert.equal(setup.connections.closings, 1);
  });

  it('count what they do, and start again when they are told to', () => {
    const setup = new Setup();
    const { connection, handle } = setup.connect({ pid: 5, uid: 0, gid: 0 });
    setup.request(handle, frame(0, 1));
    setup.request(handle, frame(99, 1));
    setup.clients.dispatch(9, Number32, { value: 7 });
    setup.room = 0;
    setup.request(handle, frame(1, 1));
    connection.behind = true;
    setup.connections.refresh();
    const held = { flow_control: 1, queueing: 1 };
    const counted = { dispatched: 1, invalid_request: 1, overload: 1, requests: 1, responses: 2 };
    assert.deepEqual(of(setup), { ...fresh, ...held, ...counted, flow_control_count: 1 });
    setup.connections.clear();
    assert.deepEqual(of(setup), { ...fresh, ...held });
  });

  it('that were never let in are not', () => {
    const setup = new Setup();
    const answer = setup.router.accept(1027, new FakeConnection());
    assert.ok('handle' in answer);
    setup.router.closed(answer.handle);
    assert.deepEqual(of(setup), {});
  });
});

function refusal(answer: { handle: number } | { error: number; reason: string }): number | undefined {
  return 'error' in answer ? answer.error : undefined;
}
