import assert from 'node:assert/strict';
import {
  deliveryHandlers,
  requestHandlers,
  type Client,
  type Cluster,
  type Codec,
  type CsError,
  type Database,
  type Logger,
  type Nodelist,
} from '@coterie/sdk';
import { CfgEngine } from '../dist/cfg.js';

/** A frame as it would reach a client: 24 bytes of header, then the body. */
export interface Frame {
  readonly id: number;
  readonly error: number;
  readonly bytes: Buffer;
}

const nodes = [
  { nodeId: 1, name: 'a', address: '10.0.0.1', votes: 1 },
  { nodeId: 2, name: 'b', address: 'fd00::1:2', votes: 1 },
  { nodeId: 3, name: undefined, address: 'host.example', votes: 1 },
];

/** The engine of node 1 of three, of which 1 and 2 are in the ring. */
export class FakeNode {
  readonly sent: { fn: number; bytes: Buffer }[] = [];
  readonly shutdowns: string[] = [];
  room = true;
  private readonly engine: CfgEngine;

  constructor() {
    const cluster = {
      nodeId: 1,
      view: { ring: { rep: 1, seq: 4n }, members: [1, 2] },
      multicast: <T>(fn: number, codec: Codec<T>, value: T) => {
        if (this.room) this.sent.push({ fn, bytes: encode(codec, value, 0) });
        return this.room;
      },
      shutdown: (reason: string) => void this.shutdowns.push(reason),
    } as unknown as Cluster;
    const nodelist: Nodelist = { nodes, local: nodes[0]!, onReload: () => () => undefined };
    const database = { get: () => undefined } as unknown as Database;
    const log = { warn: () => undefined } as unknown as Logger;
    this.engine = new CfgEngine(cluster, nodelist, database, log);
  }

  /** The answer to a request of this body. */
  ask(id: number, body: Uint8Array = new Uint8Array(0)): Frame {
    const frames: Frame[] = [];
    const client = {
      pid: 77,
      respond: <T>(answer: number, error: CsError, codec?: Codec<T>, value?: T, tail?: Uint8Array) => {
        const head = codec === undefined ? Buffer.alloc(24) : encode(codec, value as T, 24);
        frames.push({ id: answer, error, bytes: Buffer.concat([head, tail ?? new Uint8Array(0)]) });
      },
    } as unknown as Client;
    const handler = requestHandlers(CfgEngine).find((each) => each.id === id);
    assert.ok(handler);
    this.run(handler, body, client);
    assert.equal(frames.length, 1);
    return frames[0]!;
  }

  deliver(fn: number, body: Uint8Array, from: number): void {
    const handler = deliveryHandlers(CfgEngine).find((each) => each.fn === fn);
    assert.ok(handler);
    this.run(handler, body, from);
  }

  private run(handler: { method: string | symbol; codec: Codec<unknown> }, body: Uint8Array, other: unknown) {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const decoded = handler.codec.decode(view, 0, body.length);
    assert.ok(decoded.ok);
    const methods = this.engine as unknown as Record<
      string | symbol,
      (message: unknown, other: unknown) => void
    >;
    methods[handler.method]!(decoded.value, other);
  }
}

function encode<T>(codec: Codec<T>, value: T, at: number): Buffer {
  const bytes = Buffer.alloc(at + codec.size(value));
  codec.encode(value, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at);
  return bytes;
}
