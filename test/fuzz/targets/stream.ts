import assert from 'node:assert/strict';
import { MAX_FRAME, StreamServer } from '@coterie/core/internal';
import type { ByteStream, ByteStreamEvents, StreamListener } from '@coterie/core';
import { plugin as cfg } from '@coterie/engine-cfg';
import { plugin as sam } from '@coterie/engine-sam';
import {
  ClientRouter,
  Clock,
  CsError,
  Logger,
  Timers,
  definePlugin,
  inject,
  type FrontEnd,
  type Plugin,
} from '@coterie/sdk';
import {
  ERROR_AT,
  FrameReader,
  HELLO_ID,
  Hello,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  RESPONSE_HEADER,
  SIZE_AT,
  STREAM_VERSION,
} from '@coterie/sdk/client';
import { cluster, type Prng, type SimulatedCluster } from '@coterie/testkit';
import type { Source } from '../source.js';
import type { Target } from '../target.js';
import { answersTo, hostileFrame, isDeadly, services } from './request-frames.js';
import { mustBeWell, mustLive } from './witnesses.js';

/** An input: which connection u8, and whether it is cut instead u8; then bytes on it. */
const HEAD = 2;
const CONNECTIONS = 24;
/** Inputs between which all connections go and the node has to be as it was. */
const ROUND = 2500;
/** Virtual milliseconds that an answer may take: synchronisation may come between. */
const PATIENCE = 60_000;
/** So many inputs come at a time; then so many virtual milliseconds pass. */
const BURST = 4;
const PACE = 0.4;
const HELLO = 24;

const errors: readonly number[] = Object.values(CsError);
const buffer = new Uint8Array(HEAD + 2 * 1024 * 1024);

/** Stands in for the socket: connections come when the test says so. */
class Door implements StreamListener {
  accept: (stream: ByteStream) => ByteStreamEvents = () => assert.fail('not open');

  open(accepted: (stream: ByteStream) => ByteStreamEvents): Promise<void> {
    this.accept = accepted;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  defer(run: () => void): void {
    queueMicrotask(run);
  }
}

/** The built-in front-end behind this door, as a plugin of a simulated node. */
function frontEnd(door: Door): Plugin {
  class Stream implements FrontEnd {
    private readonly server: StreamServer;

    constructor(
      @inject(ClientRouter) router: ClientRouter,
      @inject(Timers) timers: Timers,
      @inject(Clock) clock: Clock,
      @inject(Logger) log: Logger,
    ) {
      this.server = new StreamServer({
        ...{ listener: door, router, timers, clock, nodeId: 1, log },
        credentials: undefined,
      });
    }

    start(): Promise<void> {
      return this.server.start();
    }

    stop(): Promise<void> {
      return this.server.stop();
    }
  }
  return definePlugin({ frontEnds: [Stream] });
}

/** The far end of one connection: sends bytes, reads frames, and knows what answers its bytes must get. */
class Connection implements ByteStream {
  readonly peer = { pid: -1, uid: -1, gid: -1 };
  readonly service: number;
  /** What is to be sent yet of the frame made last. */
  pending: Uint8Array = hello(0);
  private readonly events: ByteStreamEvents;
  private open = true;
  private flowing = true;
  private readonly held: Uint8Array[] = [];
  private readonly sent = new FrameReader(REQUEST_HEADER, MAX_FRAME);
  private readonly heard = new FrameReader(RESPONSE_HEADER, Infinity);
  private greeted = false;
  private expected = 0;
  private answered = 0;

  constructor(door: Door, number: number) {
    this.service = services[number % services.length]!;
    this.pending = hello(this.service);
    this.events = door.accept(this);
  }

  get settled(): boolean {
    return !this.open || (this.held.length === 0 && this.answered >= this.expected);
  }

  get connected(): boolean {
    return this.open;
  }

  send(bytes: Uint8Array): void {
    if (!this.open) return;
    // It thinks better of it.
    if (this.count(bytes.slice()) === 'deadly') return this.hangUp();
    this.held.push(bytes.slice());
    this.pass();
  }

  hangUp(): void {
    if (!this.open) return;
    this.open = false;
    this.events.closed();
  }

  mustBeAnswered(): void {
    if (this.open) assert.equal(this.answered, this.expected, `answers of service ${this.service}`);
  }

  write(bytes: Uint8Array, written: () => void): void {
    this.heard.push(bytes);
    while (this.heard.next()) {
      const { view, offset } = this.heard;
      assert.ok(errors.includes(view.getInt32(offset + ERROR_AT, true)), 'no error number of corosync');
      if (view.getUint32(offset + KIND_AT, true) === RESPONSE) this.answered++;
    }
    assert.equal(this.heard.fault, undefined);
    queueMicrotask(written);
  }

  flow(on: boolean): void {
    this.flowing = on;
    if (on) queueMicrotask(() => this.pass());
  }

  close(): void {
    this.open = false;
  }

  private pass(): void {
    while (this.open && this.flowing) {
      const bytes = this.held.shift();
      if (bytes === undefined) return;
      this.events.data(bytes);
    }
  }

  /** Cuts what is sent into frames as the daemon should. */
  private count(bytes: Uint8Array): 'deadly' | 'harmless' {
    this.sent.push(bytes);
    while (this.sent.next()) {
      const { view, offset, length } = this.sent;
      const frame = new Uint8Array(view.buffer, view.byteOffset + offset, length);
      if (this.greeted && isDeadly(this.service, frame)) return 'deadly';
      if (this.greeted) this.expected += answersTo(this.service, frame);
      else this.expected++;
      this.greeted = true;
    }
    return 'harmless';
  }
}

function hello(service: number): Uint8Array {
  const bytes = new Uint8Array(HELLO);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, HELLO_ID, true);
  view.setInt32(SIZE_AT, HELLO, true);
  Hello.encode({ version: STREAM_VERSION, service }, view, REQUEST_HEADER);
  return bytes;
}

/** The next bytes of a connection: a frame, some of one, or the end of one and the beginning of the next. */
function chunk(random: Prng, connection: Connection): Uint8Array {
  if (connection.pending.length === 0 || random.chance(0.2)) {
    connection.pending = Buffer.concat([connection.pending, hostileFrame(random, connection.service)]);
  }
  const { pending } = connection;
  const length = random.chance(0.8) ? pending.length : random.below(pending.length + 1);
  connection.pending = pending.subarray(length);
  return pending.subarray(0, length);
}

async function bother(single: SimulatedCluster, door: Door, source: Source): Promise<void> {
  const connect = (_: unknown, number: number) => new Connection(door, number);
  const connections = Array.from({ length: CONNECTIONS }, connect);
  for (let left = ROUND; left > 0; left--) {
    const input = source.next((random) => {
      const which = random.below(CONNECTIONS);
      const bytes = chunk(random, connections[which]!);
      buffer.set([which, random.chance(0.01) ? 1 : 0]);
      buffer.set(bytes, HEAD);
      return buffer.subarray(0, HEAD + bytes.length);
    });
    if (input === undefined) break;
    const [number = 0, away = 0] = input;
    const which = number % CONNECTIONS;
    const began = performance.now();
    if (away === 1) connections[which]!.hangUp();
    else connections[which]!.send(input.subarray(HEAD));
    if (left % BURST === 0) await single.run(PACE);
    const { connected, service } = connections[which]!;
    source.took(performance.now() - began, connected ? `service ${service}` : 'disconnected');
    if (!connected) connections[which] = connect(undefined, which);
    if (left % 50 === 0) mustLive(single);
  }
  const answered = await single.runUntil(() => connections.every(({ settled }) => settled), PATIENCE, 10);
  for (const connection of connections) connection.mustBeAnswered();
  assert.ok(answered, 'requests still wait to be taken');
  for (const connection of connections) connection.hangUp();
}

export const stream: Target = {
  name: 'stream',
  about: 'bytes on connections of the built-in front-end',
  inputs: 1_000_000,
  length: 4 * ROUND,
  stateless: false,
  async play(source) {
    const door = new Door();
    const plugins = [
      { name: 'cfg', plugin: cfg },
      { name: 'sam', plugin: sam },
      { name: 'stream', plugin: frontEnd(door) },
    ];
    const single = cluster({ nodes: 1, plugins });
    single.start();
    await mustBeWell(single, 'before');
    const { database } = single.node(1).executive;
    const known = new Set(database.keys());
    for (let round = 0; round === 0 || source.left > 0; round++) {
      await bother(single, door, source);
      await mustBeWell(single, `round ${round}`);
      assert.equal(single.node(1).executive.dump()['clients'], 0);
      // What clients stored is theirs to keep, but for a look at memory it has to go.
      for (const key of database.keys()) if (!known.has(key)) database.delete(key);
      single.trace.events.length = 0;
      source.rest();
    }
  },
};
