import { connect, type Socket } from 'node:net';

/** A program that writes to the socket what it likes. */
export class RawClient {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  ended = false;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('data', (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.ended = true));
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Whole frames received so far. */
  frames(): { id: number; kind: number; error: number; body: Buffer }[] {
    const frames = [];
    for (let at = 0; at + 24 <= this.received.length;) {
      const size = this.received.readInt32LE(at + 8);
      if (at + size > this.received.length) break;
      frames.push({
        id: this.received.readInt32LE(at),
        kind: this.received.readUInt32LE(at + 4),
        error: this.received.readInt32LE(at + 16),
        body: this.received.subarray(at + 24, at + size),
      });
      at += size;
    }
    return frames;
  }
}

export function request(id: number, body: Uint8Array = Buffer.alloc(0), size = 16 + body.length): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(id, 0);
  header.writeInt32LE(size, 8);
  return Buffer.concat([header, body]);
}

export function hello(service: number, version = 1): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt32LE(version, 0);
  body.writeUInt32LE(service, 4);
  return request(-1, body);
}
