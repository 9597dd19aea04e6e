import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName } from 'node:util';
import type { SendQueue } from '@coterie/sdk/transport';
import type { Inbox } from './inbox.js';
import {
  BUFFER_SIZE,
  type Endpoint,
  type OpenSocket,
  type SocketOptions,
  type Source,
  type UdpSocket,
} from './socket.js';

/** What native/addon.cc exports. */
export interface Addon {
  readonly Socket: new (options: object) => NativeHandle;
  /** Of the sources it was built from (native/source-hash.mjs). */
  readonly sourceHash: string;
  /** How many counters it knows. */
  readonly counters: number;
}

interface NativeHandle {
  setSlab(bytes: Uint8Array): void;
  setPeers(peers: readonly Endpoint[]): void;
  setSources(sources: readonly Source[] | undefined): void;
  setOwn(own: Endpoint): void;
  setLoopback(on: boolean): void;
  send(count: number, memory: readonly Uint8Array[]): number;
  drain(): void;
  stranger(): string | undefined;
  buffers(): [receive: number, send: number];
  close(): void;
}

/** Loads the addon: own build first, then the prebuild for this platform. Throws if there is none that loads. */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  const load = require('node-gyp-build') as (folder: string) => Addon;
  return load(fileURLToPath(new URL('..', import.meta.url)));
}

/** Batched system calls: recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT. */
export class NativeSocket implements UdpSocket {
  readonly buffers: { readonly receive: number; readonly send: number };
  private readonly handle: NativeHandle;
  private readonly refused: (code: string) => void;

  static opener(addon: Addon): OpenSocket {
    // The system's errors are thrown: async makes rejections of them.
    return async (options) => new NativeSocket(addon, options);
  }

  private constructor(addon: Addon, options: SocketOptions) {
    const { inbox, counters } = options;
    this.refused = options.refused;
    this.handle = new addon.Socket({
      ...options,
      counters: counters.values,
      buffer: BUFFER_SIZE,
      onBatch: (count: number, slabFull: boolean) => this.onBatch(inbox!, count, slabFull),
    });
    if (inbox) this.handle.setSlab(inbox.bytes);
    const [receive, send] = this.handle.buffers();
    this.buffers = { receive, send };
  }

  setPeers(peers: readonly Endpoint[]): void {
    this.handle.setPeers(peers);
  }

  setSources(sources: readonly Source[] | undefined): void {
    this.handle.setSources(sources);
  }

  setOwn(own: Endpoint): void {
    this.handle.setOwn(own);
  }

  setLoopback(on: boolean): void {
    this.handle.setLoopback(on);
  }

  send(queue: SendQueue): void {
    const error = this.handle.send(queue.count, queue.memory);
    if (error !== 0) this.refused(getSystemErrorName(-error));
  }

  drain(): void {
    this.handle.drain();
  }

  stranger(): string | undefined {
    return this.handle.stranger();
  }

  close(): void {
    this.handle.close();
  }

  private onBatch(inbox: Inbox, count: number, slabFull: boolean): void {
    if (count > 0) inbox.deliver(count);
    if (slabFull) {
      inbox.renew();
      this.handle.setSlab(inbox.bytes);
    }
  }
}
