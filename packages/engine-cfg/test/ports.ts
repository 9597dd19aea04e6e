import assert from 'node:assert/strict';
import {
  deliveryHandlers,
  requestHandlers,
  type Client,
  type Cluster,
  type Codec,
  type ConfigurationFile,
  type CsError,
  type Database,
  type Logger,
  type Nodelist,
  type Timers,
} from '@coterie/sdk';
import { CfgEngine } from '../dist/cfg.js';
import { ClusterReload } from '../dist/cluster-reload.js';

/** A frame as it would reach a client: 24 bytes of header, then the body. */
export interface Frame {
  readonly id: number;
  readonly error: number;
  readonly bytes: Buffer;
  readonly client: Client;
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
  /** Of all clients, in order. */
  readonly frames: Frame[] = [];
  readonly timers: { expire: () => void; after: number | undefined }[] = [];
  readonly reload: ClusterReload;
  room = true;
  private readonly engine: CfgEngine;

  constructor(file?: ConfigurationFile) {
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
    const log = { warn: () => undefined, info: () => undefined, error: () => undefined } as unknown as Logger;
    const timers: Timers = {
      timer: (expire) => {
        const timer: (typeof this.timers)[number] = { expire, after: undefined };
        this.timers.push(timer);
        return {
          start: (milliseconds) => (timer.after = milliseconds),
          stop: () => (timer.after = undefined),
          get running() {
            return timer.after !== undefined;
          },
        };
      },
    };
    this.reload = new ClusterReload(file, timers, log);
    this.engine = new CfgEngine(cluster, nodelist, database, log, timers, this.reload, file);
  }

  /** A program; what it is sent is in {@link frames}. */
  client(): Client {
    const write = <T>(answer: number, error: CsError, codec?: Codec<T>, value?: T, tail?: Uint8Array) => {
      const head = codec === undefined ? Buffer.alloc(24) : encode(codec, value as T, 24);
      this.frames.push({
        id: answer,
        error,
        bytes: Buffer.concat([head, tail ?? new Uint8Array(0)]),
        client,
      });
    };
    const client = {
      pid: 77,
      respond: write,
      dispatch: <T>(event: number, codec: Codec<T>, value: T) => write(event, 1, codec, value),
    } as unknown as Client;
    return client;
  }

  /** Runs the timers that have been started and not stopped. */
  expire(): void {
    for (const timer of this.timers) {
      if (timer.after === undefined) continue;
      timer.after = undefined;
      timer.expire();
    }
  }

  /** A request of this program; its answer may come later. */
  request(client: Client, id: number, body: Uint8Array = new Uint8Array(0)): void {
    const handler = requestHandlers(CfgEngine).find((each) => each.id === id);
    assert.ok(handler);
    this.run(handler, body, client);
  }

  disconnect(client: Client): void {
    this.engine.onDisconnect(client);
  }

  /** The answer to a request of this body, which has to come at once. */
  ask(id: number, body?: Uint8Array, client = this.client()): Frame {
    const before = this.frames.length;
    this.request(client, id, body);
    assert.equal(this.frames.length, before + 1);
    return this.frames[before]!;
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
