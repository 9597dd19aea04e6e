import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsError, type Client, type Codec } from '@coterie/sdk';
import {
  EVENT,
  FrameReader,
  HELLO_ID,
  ID_AT,
  ERROR_AT,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  RESPONSE_HEADER,
  SIZE_AT,
  STREAM_VERSION,
  Welcome,
} from '@coterie/sdk/client';
import { encode } from './fake-client.js';
import type { SimulatedNode, SimulatedRing } from './simulated-ring.js';

const LARGEST = 1024 * 1024 + 64 * 1024;
let lastId = 0;

class StreamClient implements Client {
  readonly id = ++lastId;
  readonly pid = -1;
  readonly uid = -1;
  readonly gid = -1;
  state: unknown = undefined;
  readonly behind = false;

  constructor(private readonly socket: Socket) {}

  respond<T>(id: number, error: CsError, codec?: Codec<T>, value?: T, tail?: Uint8Array): void {
    this.write(RESPONSE, id, error, codec === undefined ? undefined : encode(codec, value as T, tail));
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean {
    this.write(EVENT, id, CsError.OK, encode(codec, value, tail));
    return !this.socket.destroyed;
  }

  close(): void {
    this.socket.destroy();
  }

  private write(kind: number, id: number, error: number, body: Uint8Array = new Uint8Array(0)): void {
    const frame = Buffer.alloc(RESPONSE_HEADER + body.length);
    frame.writeInt32LE(id, ID_AT);
    frame.writeUInt32LE(kind, KIND_AT);
    frame.writeInt32LE(frame.length, SIZE_AT);
    frame.writeInt32LE(error, ERROR_AT);
    frame.set(body, RESPONSE_HEADER);
    this.socket.write(frame);
  }
}

/** The engine of one simulated node behind a socket, for real clients. */
export class TestDaemon {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  /** Requests that were held back. */
  private readonly held: (() => void)[] = [];
  private turning = false;

  private constructor(
    private readonly ring: SimulatedRing,
    private readonly node: SimulatedNode,
    private readonly folder: string,
  ) {
    this.server = createServer((socket) => this.serve(socket));
  }

  static async start(ring: SimulatedRing, nodeId: number): Promise<TestDaemon> {
    const daemon = new TestDaemon(ring, ring.node(nodeId), await mkdtemp(join(tmpdir(), 'coterie-cpg-')));
    daemon.server.listen(daemon.path);
    await once(daemon.server, 'listening');
    return daemon;
  }

  get path(): string {
    return join(this.folder, 'coteried.sock');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
    await rm(this.folder, { recursive: true });
  }

  /** Lets the ring work soon. */
  turn(): void {
    if (this.turning) return;
    this.turning = true;
    setImmediate(() => {
      this.turning = false;
      this.ring.settle();
      for (const retry of this.held.splice(0)) retry();
    });
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    const reader = new FrameReader(REQUEST_HEADER, LARGEST);
    const client = new StreamClient(socket);
    let greeted = false;
    socket.on('data', (chunk) => {
      reader.push(chunk);
      while (reader.next()) {
        const { view, offset, length } = reader;
        const id = view.getInt32(offset + ID_AT, true);
        const start = view.byteOffset + offset + REQUEST_HEADER;
        const body = new Uint8Array(view.buffer, start, length - REQUEST_HEADER);
        if (greeted) this.request(client, id, body);
        else this.greet(client);
        greeted = true;
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (greeted) this.node.detach(client);
      this.turn();
    });
  }

  private greet(client: StreamClient): void {
    const welcome = { version: STREAM_VERSION, maxMessageSize: LARGEST, nodeId: this.node.nodeId };
    client.respond(HELLO_ID, CsError.OK, Welcome, welcome);
    this.node.attach(client);
  }

  private request(client: StreamClient, id: number, body: Uint8Array): void {
    const attempt = () => {
      if (this.node.handle(client, id, body) === 'busy') this.held.push(attempt);
    };
    if (this.held.length > 0) this.held.push(attempt);
    else attempt();
    this.turn();
  }
}
