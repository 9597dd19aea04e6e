import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CoterieError } from '@coterie/sdk';

/** What native/addon.cc exports. */
export interface Addon {
  readonly Endpoint: new (options: EndpointOptions) => NativeEndpoint;
  /** Every RDMA device of this machine. Throws an error with code `ELIBRARY` where rdma-core is missing. */
  devices(): readonly Device[];
  /** Of the sources it was built from (native/source-hash.mjs). */
  readonly sourceHash: string;
  /** How many counters it knows. */
  readonly counters: number;
}

export interface Device {
  readonly name: string;
  readonly ports: readonly DevicePort[];
}

export interface DevicePort {
  readonly port: number;
  readonly state: 'active' | 'active, deferred' | 'armed' | 'down' | 'initialising' | 'unknown';
  readonly linkLayer: 'Ethernet' | 'InfiniBand';
  /** Bytes of the largest datagram. */
  readonly activeMtu: number;
  /** GIDs as IPv6 addresses; those of RoCE are the addresses of the interface, IPv4 as `::ffff:a.b.c.d`. */
  readonly gids: readonly { readonly gid: string; readonly type: 'InfiniBand' | 'RoCE v1' | 'RoCE v2' }[];
}

/** Why an endpoint is of no use any more. */
export type Failure =
  | 'address_gone'
  | 'address_moved'
  | 'device_failed'
  | 'device_removed'
  | 'group_lost'
  | 'port_down'
  | 'queue_pair_failed';

/** Called from the event loop, never from inside a method of the endpoint, which any of them may close. */
export interface EndpointEvents {
  /**
   * `count` packets lie in slab `slab` where the inbox says. Everything sent up to number `sent` has left.
   * `exhausted`: nothing of the slab is with the device any more.
   */
  completions(sent: number, slab: number, count: number, exhausted: boolean): void;
  joined(): void;
  failed(reason: Failure, status: number): void;
  established(path: number, gid: string, node: number, queuePair: number, mtu: number): void;
  /** `status`: errno. */
  pathFailed(path: number, step: string, status: number): void;
  /** May this node set up its path to here? */
  requested(address: string, node: number, queuePair: number): boolean;
}

export interface EndpointOptions {
  readonly address: string;
  readonly port: number;
  readonly node: number;
  /** Receive and send buffers wanted; the device may have less. */
  readonly receives: number;
  readonly sends: number;
  /** Blocks of memory that stay registered for sending. */
  readonly regions: number;
  readonly counters: Float64Array;
  readonly queue: {
    readonly buffers: Uint32Array;
    readonly offsets: Uint32Array;
    readonly lengths: Uint32Array;
    readonly targets: Uint32Array;
  };
  readonly inbox: { readonly offsets: Uint32Array; readonly lengths: Uint32Array };
  readonly events: EndpointEvents;
}

/** Errors are thrown with `code` (of errno) and `syscall`. */
export interface NativeEndpoint {
  post(slab: number, bytes: Uint8Array): void;
  /** Returns the number of the last packet that is on its way. */
  send(count: number, memory: readonly Uint8Array[]): number;
  join(group: string): void;
  /** Starts to set up a path, number 1 or more. Returns 0, or an errno. */
  connect(path: number, address: string, port: number, timeout: number): number;
  cancel(path: number): void;
  setSources(addresses: readonly string[] | undefined): void;
  info(): {
    readonly device: string;
    readonly port: number;
    readonly state: DevicePort['state'];
    readonly mtu: number;
    readonly queuePair: number;
  };
  resources(): { readonly sendRegions: number; readonly sendsUnderWay: number };
  /** All memory is free when this returns. */
  close(): void;
}

let addon: Addon | undefined;

/** Own build first, then the prebuild for this platform. @throws CoterieError if there is none that loads */
export function loadAddon(): Addon {
  if (addon !== undefined) return addon;
  const require = createRequire(import.meta.url);
  const load = require('node-gyp-build') as (folder: string) => Addon;
  try {
    addon = load(fileURLToPath(new URL('..', import.meta.url)));
    return addon;
  } catch (cause) {
    throw new CoterieError(
      'COTERIE_E_IB_ADDON',
      `the addon of @coterie/transport-ib does not load on ${process.platform}-${process.arch}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
