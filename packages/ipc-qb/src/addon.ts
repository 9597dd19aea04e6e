import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What native/addon.cc exports. */
export interface Addon {
  /** Throws if the machine has no libqb. */
  readonly Server: new (
    inbox: Uint8Array,
    waiting: Uint32Array,
    /** So many bytes of records lie in the inbox, during the call only. */
    onRecords: (length: number) => void,
    /** Returns 0, or the errno for the client. */
    onAccept: (service: number, slot: number, pid: number, uid: number, gid: number) => number,
  ) => NativeServer;
  /** pid, uid and gid of who is at the other end of a Unix socket (SO_PEERCRED); undefined for anything else. */
  readonly peerOf: (descriptor: number) => readonly [number, number, number] | undefined;
  /** Of the sources it was built from (native/source-hash.mjs). */
  readonly sourceHash: string;
  /** Bytes of the inbox. */
  readonly inboxSize: number;
  /** How many connections there can be at a time; each has a number below. */
  readonly slots: number;
}

export interface NativeServer {
  /** Lets programs connect by this name. 0 or an errno. */
  serve(name: string, service: number, sockets: boolean): number;
  /** Takes over the first `length` bytes of `records`. */
  send(records: Uint8Array, length: number): void;
  hold(slot: number, hold: number): void;
  /** Ends the connection if it is still there; the slot may be used again afterwards. */
  release(slot: number): void;
  /** Not from inside onAccept. */
  stop(): void;
}

/** A record, in both directions, is {u32 slot, u32 kind, u32 length, u32 detail} and `length` bytes, padded to 8. */
export const RECORD_HEADER = 16;
export const OPENED = 0;
export const REQUEST = 1;
/** Detail: which of {@link endings}. */
export const CLOSED = 2;
export const CAUGHT_UP = 3;
export const RESPONSE = 4;
export const EVENT = 5;

/** Why the addon has ended a connection; undefined: the client has. */
export const endings: readonly (string | undefined)[] = [
  undefined,
  'a request of impossible size',
  'a message is longer than it asked to be able to receive',
];

/** What `hold` does: nothing; let the client's multicasts fail with CS_ERR_TRY_AGAIN; and do not read it either. */
export const GO = 0;
export const FLOW_CONTROL = 1;
export const NOT_READ = 2;

/** Loads the addon: own build first, then the prebuild for this platform. Throws if there is none that loads. */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url);
  const load = require('node-gyp-build') as (folder: string) => Addon;
  return load(fileURLToPath(new URL('..', import.meta.url)));
}
