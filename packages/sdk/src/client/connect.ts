import { type Socket, createConnection } from 'node:net';
import { join } from 'node:path';
import { CsError } from '../cs-error.js';
import { CoterieError } from '../errors.js';
import type { Infer } from '../codec.js';
import { Connection } from './connection.js';
import { FrameReader } from './frame-reader.js';
import {
  ERROR_AT,
  HELLO_ID,
  Hello,
  ID_AT,
  RESPONSE_HEADER,
  SOCKET_NAME,
  STREAM_VERSION,
  Welcome,
  defaultRunDir,
} from './frames.js';
import { encodeFrame } from './outbox.js';
import { ServiceError } from './service-error.js';

/** The daemon's answer to the handshake: an exact size, so that nothing behind it is read with it. */
const WELCOME_FRAME = RESPONSE_HEADER + Welcome.least;
/** No daemon has reason to agree on longer frames. */
const LARGEST_FRAME = 64 * 1024 * 1024;

export interface ConnectOptions {
  /** Number of the service. */
  readonly service: number;
  /** The daemon's socket; by default `coteried.sock` in `runDir`. */
  readonly path?: string;
  /** The daemon's run folder; by default that of `defaultRunDir`. */
  readonly runDir?: string;
  readonly signal?: AbortSignal;
}

/**
 * Connects to a service of the local daemon.
 *
 * @throws ServiceError COTERIE_E_CLIENT_REFUSED with the daemon's reason in `csError`: NOT_EXIST (no such
 * service), TRY_AGAIN (the node has not synchronised yet), ACCESS, NO_RESOURCES, VERSION.
 * @throws CoterieError COTERIE_E_CLIENT_ABSENT (no daemon there), _ACCESS, _LOST, _PROTOCOL.
 */
export async function connect({ service, path, runDir, signal }: ConnectOptions): Promise<Connection> {
  signal?.throwIfAborted();
  const at = path ?? join(runDir ?? defaultRunDir(), SOCKET_NAME);
  const socket = createConnection({ path: at });
  const reader = new FrameReader(WELCOME_FRAME, WELCOME_FRAME);
  try {
    const welcome = await greet(socket, reader, at, service, signal);
    reader.smallest = RESPONSE_HEADER;
    reader.largest = welcome.maxMessageSize;
    return new Connection(socket, reader, welcome.nodeId, welcome.maxMessageSize, at);
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
}

/** Sends the handshake; returns the answer to it with the socket paused behind it. */
function greet(
  socket: Socket,
  reader: FrameReader,
  path: string,
  service: number,
  signal: AbortSignal | undefined,
): Promise<Infer<typeof Welcome>> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      socket.off('data', onData).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const onData = (chunk: Buffer) => {
      reader.push(chunk);
      if (!reader.next() && reader.fault === undefined) return;
      socket.pause();
      settle(() => {
        try {
          resolve(readWelcome(reader, path, service));
        } catch (error) {
          reject(error as Error);
        }
      });
    };
    const onError = (error: NodeJS.ErrnoException) => settle(() => reject(unreachable(error, path)));
    const onClose = () => {
      const message = `the daemon at ${path} closed the connection during the handshake`;
      settle(() => reject(new CoterieError('COTERIE_E_CLIENT_LOST', message)));
    };
    const onAbort = () => settle(() => reject(signal?.reason as Error));
    socket.on('data', onData).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.write(encodeFrame(HELLO_ID, Hello, { version: STREAM_VERSION, service }, undefined));
  });
}

function readWelcome(reader: FrameReader, path: string, service: number): Infer<typeof Welcome> {
  const nonsense = (what: string) =>
    new CoterieError('COTERIE_E_CLIENT_PROTOCOL', `what listens at ${path} is no daemon of ours: ${what}`);
  if (reader.fault !== undefined) throw nonsense(reader.fault);
  const { view, offset, length } = reader;
  const id = view.getInt32(offset + ID_AT, true);
  if (id !== HELLO_ID) throw nonsense(`its first frame has the id ${id}`);
  const error = view.getInt32(offset + ERROR_AT, true);
  if (error !== CsError.OK) {
    const what = `the daemon at ${path} refuses connections to service ${service}`;
    throw new ServiceError('COTERIE_E_CLIENT_REFUSED', error, what);
  }
  const welcome = Welcome.decode(view, offset + RESPONSE_HEADER, length - RESPONSE_HEADER);
  if (!welcome.ok) throw nonsense(welcome.reason);
  const { version, maxMessageSize } = welcome.value;
  if (version !== STREAM_VERSION) throw nonsense(`it accepts, yet with version ${version} of the stream`);
  if (maxMessageSize < WELCOME_FRAME || maxMessageSize > LARGEST_FRAME) {
    throw nonsense(`it wants frames of up to ${maxMessageSize} bytes`);
  }
  return welcome.value;
}

function unreachable(error: NodeJS.ErrnoException, path: string): CoterieError {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new CoterieError(
        'COTERIE_E_CLIENT_ABSENT',
        `no daemon listens at ${path}: start coteried, or name the run folder it uses (COTERIE_RUN_DIR)`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
      return new CoterieError('COTERIE_E_CLIENT_ACCESS', `this user may not open ${path}`, { cause: error });
    default:
      return new CoterieError(
        'COTERIE_E_CLIENT_LOST',
        `the connection to ${path} failed during the handshake: ${error.message}`,
        { cause: error },
      );
  }
}
