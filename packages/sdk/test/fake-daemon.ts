import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { type Codec, CsError, struct, u32 } from '@coterie/sdk';
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
  Welcome,
} from '@coterie/sdk/client';

export const SERVICE = 1027;
export const LARGEST = 1024 * 1024;
export const N = struct({ n: u32 });

export function frame<T>(kind: number, id: number, error: number, codec: Codec<T>, value: T): Buffer {
  const bytes = Buffer.alloc(RESPONSE_HEADER + codec.size(value));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setInt32(ID_AT, id, true);
  view.setUint32(KIND_AT, kind, true);
  view.setInt32(SIZE_AT, bytes.length, true);
  view.setInt32(ERROR_AT, error, true);
  codec.encode(value, view, RESPONSE_HEADER);
  return bytes;
}

export const event = (n: number, id = 1) => frame(EVENT, id, CsError.OK, N, { n });
export const response = (n: number, error: number = CsError.OK) => frame(RESPONSE, 0, error, N, { n });

export function welcome(error: number = CsError.OK, version = 1, maxMessageSize = LARGEST): Buffer {
  return frame(RESPONSE, HELLO_ID, error, Welcome, { version, maxMessageSize, nodeId: 7 });
}

export interface Request {
  readonly id: number;
  readonly body: Buffer;
}

/** A daemon whose every word is the test's. */
export class FakeDaemon {
  readonly path: string;
  readonly requests: Request[] = [];
  socket!: Socket;
  /** What it says to the handshake. */
  greeting: Buffer | undefined = welcome();
  onRequest: (request: Request) => void = () => {};
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(folder: string) {
    this.path = join(folder, 'coteried.sock');
    this.server = createServer((socket) => this.serve(socket));
  }

  async listen(): Promise<void> {
    this.server.listen(this.path);
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.socket = socket;
    this.sockets.add(socket);
    const reader = new FrameReader(REQUEST_HEADER, LARGEST);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      while (reader.next()) {
        const { view, offset, length } = reader;
        const id = view.getInt32(offset + ID_AT, true);
        const body = Buffer.from(
          view.buffer,
          view.byteOffset + offset + REQUEST_HEADER,
          length - REQUEST_HEADER,
        );
        if (id === HELLO_ID) {
          const hello = Hello.decode(view, offset + REQUEST_HEADER, length - REQUEST_HEADER);
          assert.deepEqual(hello, { ok: true, value: { version: 1, service: SERVICE } });
          if (this.greeting !== undefined) socket.write(this.greeting);
          continue;
        }
        this.requests.push({ id, body });
        this.onRequest({ id, body });
      }
      assert.equal(reader.fault, undefined);
    });
  }
}
