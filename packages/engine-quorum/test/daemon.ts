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
  Hello,
  ID_AT,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  RESPONSE_HEADER,
  SIZE_AT,
  SOCKET_NAME,
  STREAM_VERSION,
  Welcome,
} from '@coterie/sdk/client';
import type { Lab } from './lab.js';
import { FakeClient, type Frame } from './ports.js';

const SERVICES = { 3: 'quorum', 5: 'votequorum' } as const;

/** Serves the engines of a node to real clients over the client stream. */
export class Daemon implements AsyncDisposable {
  private readonly sockets = new Set<Socket>();
  private ids = 0;

  private constructor(
    private readonly lab: Lab,
    private readonly nodeId: number,
    private readonly server: Server,
    readonly runDir: string,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(lab: Lab, nodeId: number): Promise<Daemon> {
    const runDir = await mkdtemp(join(tmpdir(), 'coterie-quorum-'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(runDir, SOCKET_NAME), resolve));
    return new Daemon(lab, nodeId, server, runDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.runDir, { recursive: true });
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    const node = this.lab.node(this.nodeId);
    const reader = new FrameReader(REQUEST_HEADER, 1 << 20);
    const client = new SocketClient(++this.ids, socket);
    let service: 'quorum' | 'votequorum' | undefined;
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
        if (id !== HELLO_ID && service) {
          if (!node.rawRequest(service, client, id, body)) client.respond(id, CsError.INVALID_PARAM);
          this.lab.settle();
          continue;
        }
        const hello = Hello.decode(body, 0, body.byteLength);
        service = hello.ok ? SERVICES[hello.value.service as 3 | 5] : undefined;
        if (service && !(service === 'votequorum' && !node.votequorum.active)) {
          node.clients[service].add(client);
          node[service].onConnect(client);
          const welcome = { version: STREAM_VERSION, maxMessageSize: 1 << 20, nodeId: this.nodeId };
          client.respond(HELLO_ID, CsError.OK, Welcome, welcome);
        } else {
          client.respond(HELLO_ID, CsError.NOT_EXIST, Welcome, { version: 1, maxMessageSize: 0, nodeId: 0 });
        }
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      if (!service) return;
      node.clients[service].remove(client);
      if (service === 'votequorum') node.votequorum.onDisconnect(client);
    });
  }
}

/** Sends its frames to a socket as they come. */
class SocketClient extends FakeClient {
  constructor(
    id: number,
    private readonly socket: Socket,
  ) {
    super(id);
  }

  protected override put({ kind, id, error, view, size }: Frame): void {
    view.setInt32(ID_AT, id, true);
    view.setUint32(KIND_AT, kind === 'event' ? EVENT : RESPONSE, true);
    view.setInt32(SIZE_AT, size, true);
    view.setInt32(ERROR_AT, error, true);
    this.socket.write(new Uint8Array(view.buffer, 0, Math.max(size, RESPONSE_HEADER)));
  }
}
