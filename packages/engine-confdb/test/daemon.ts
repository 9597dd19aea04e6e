import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CsError } from '@coterie/sdk';
import {
  ERROR_AT,
  EVENT,
  FrameReader,
  HELLO_ID,
  ID_AT,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  SIZE_AT,
  SOCKET_NAME,
  STREAM_VERSION,
  Welcome,
} from '@coterie/sdk/client';
import { FakeClient, type Frame } from './ports.js';

/** An engine on fake ports. */
export interface Served {
  readonly nodeId: number;
  readonly engine: { onConnect(client: FakeClient): void; onDisconnect(client: FakeClient): void };
  /** False: the executive would refuse it. */
  rawRequest(client: FakeClient, id: number, body: DataView): boolean;
}

/** Serves an engine to real clients over the client stream. */
export class Daemon implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly node: Served,
    private readonly server: Server,
    readonly runDir: string,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(node: Served): Promise<Daemon> {
    const runDir = await mkdtemp(join(tmpdir(), 'coterie-confdb-'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(runDir, SOCKET_NAME), resolve));
    return new Daemon(node, server, runDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.runDir, { recursive: true });
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    const { node } = this;
    const reader = new FrameReader(REQUEST_HEADER, 1 << 20);
    const client = new SocketClient(socket);
    socket.on('data', (chunk) => {
      reader.push(chunk);
      while (reader.next()) {
        const { view, offset, length } = reader;
        const id = view.getInt32(offset + ID_AT, true);
        const body = new DataView(
          view.buffer,
          view.byteOffset + offset + REQUEST_HEADER,
          length - REQUEST_HEADER,
        );
        if (id === HELLO_ID) {
          node.engine.onConnect(client);
          const welcome = { version: STREAM_VERSION, maxMessageSize: 1 << 20, nodeId: node.nodeId };
          client.respond(id, CsError.OK, Welcome, welcome);
        } else if (!node.rawRequest(client, id, body)) client.respond(id, CsError.INVALID_PARAM);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (client.state) node.engine.onDisconnect(client);
    });
  }
}

/** Sends its frames to a socket as they come. */
class SocketClient extends FakeClient {
  constructor(private readonly socket: Socket) {
    super();
  }

  protected override put({ kind, id, error, view, size }: Frame): void {
    view.setInt32(ID_AT, id, true);
    view.setUint32(KIND_AT, kind === 'event' ? EVENT : RESPONSE, true);
    view.setInt32(SIZE_AT, size, true);
    view.setInt32(ERROR_AT, error, true);
    this.socket.write(new Uint8Array(view.buffer));
  }
}
