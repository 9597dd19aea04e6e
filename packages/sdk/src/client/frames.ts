import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { message, struct } from '../struct.js';
import { u32 } from '../scalars.js';

/*
 * The frames between a client and the daemon's stream server; docs/protocol-notes.md, "The client stream".
 * Request: {i32 id, 4 pad, i32 size, 4 pad} + body. Response and event: {i32 id, u32 kind, i32 size, 4 pad,
 * i32 error, 4 pad} + body. `size` counts the whole frame. All little-endian.
 */

/** Version of the client stream that this SDK speaks. */
export const STREAM_VERSION = 1;

export const REQUEST_HEADER = 16;
/** Of responses and of events. */
export const RESPONSE_HEADER = 24;

/** Offsets within a frame's header. */
export const ID_AT = 0;
/** In frames from the daemon: {@link RESPONSE} or {@link EVENT}; zero in requests. */
export const KIND_AT = 4;
export const SIZE_AT = 8;
/** In frames from the daemon: a cs_error_t; OK in events. */
export const ERROR_AT = 16;

export const RESPONSE = 0;
export const EVENT = 1;

/** Id of the first frame in each direction. */
export const HELLO_ID = -1;

/** Body of the client's first frame. */
export const Hello = struct({
  /** {@link STREAM_VERSION} */
  version: u32,
  /** Number of the service to talk to. */
  service: u32,
});

/** Body of the daemon's answer, whose error is OK or why the daemon closes the connection behind it. */
export const Welcome = message({
  /** Of the daemon. */
  version: u32,
  /** Bytes of the largest frame, header included, that either side may send. */
  maxMessageSize: u32,
  nodeId: u32,
});

/** The daemon's socket within its run folder. */
export const SOCKET_NAME = 'coteried.sock';

/**
 * Where daemon and clients meet unless told otherwise: $COTERIE_RUN_DIR; else /run/coterie for root; else
 * `coterie` in $XDG_RUNTIME_DIR; else `coterie-<uid>` in the folder for temporary files.
 */
export function defaultRunDir(): string {
  const { COTERIE_RUN_DIR, XDG_RUNTIME_DIR } = process.env;
  if (COTERIE_RUN_DIR) return COTERIE_RUN_DIR;
  const uid = process.getuid?.() ?? -1;
  if (uid === 0) return '/run/coterie';
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, 'coterie');
  return join(tmpdir(), `coterie-${uid}`);
}
