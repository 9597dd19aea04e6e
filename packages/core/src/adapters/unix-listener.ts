import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { CoterieError, type Peer, type PeerCredentials } from '@coterie/sdk';
import type { ByteStream, ByteStreamEvents, StreamListener } from '../ipc/stream.js';

/** More than the router lets in, so that it can say why not. */
const MAX_SOCKETS = 1024 + 128;

/** What an address of the local kind holds; a longer path would be cut without an error. */
const LONGEST_PATH = 107;

/** The permissions of the socket decide. */
const UNKNOWN_PEER = { pid: -1, uid: -1, gid: -1 };

/** Where every peer is looked at, all may knock; else only the daemon's user and group can. */
const MODE = { checked: 0o666, unchecked: 0o660 };

/** A socket in the file system. */
export class UnixListener implements StreamListener {
  private server: Server | undefined;

  constructor(private readonly path: string) {}

  async open(
    accepted: (stream: ByteStream) => ByteStreamEvents,
    credentials?: PeerCredentials,
  ): Promise<void> {
    try {
      if (Buffer.byteLength(this.path) > LONGEST_PATH)
        throw new Error(`the path is over ${LONGEST_PATH} bytes long`);
      mkdirSync(dirname(this.path), { recursive: true });
      await makeWay(this.path);
      this.server = await listen(this.path, (socket) =>
        serve(socket, credentials?.available ? peerOf(socket, credentials) : UNKNOWN_PEER, accepted),
      );
      chmodSync(this.path, credentials?.available ? MODE.checked : MODE.unchecked);
    } catch (cause) {
      await this.close();
      if (cause instanceof CoterieError) throw cause;
      throw new CoterieError(
        'COTERIE_E_IPC_SOCKET',
        `cannot listen on ${this.path}: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }

  /** Sockets that are still open do not hold this up. */
  async close(): Promise<void> {
    this.server?.close();
    this.server = undefined;
    await Promise.resolve();
  }

  defer(run: () => void): void {
    setImmediate(run);
  }
}

/** Removes a socket that a killed daemon has left. @throws CoterieError COTERIE_E_IPC_IN_USE */
async function makeWay(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error('something else has that name');
  if (await answers(path))
    throw new CoterieError('COTERIE_E_IPC_IN_USE', `another daemon answers on ${path}`);
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(false);
      else reject(error);
    });
  });
}

function listen(path: string, serve: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(serve);
    server.maxConnections = MAX_SOCKETS;
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

/** The descriptor is not in Node's documentation, but in every version. */
function peerOf(socket: Socket, credentials: PeerCredentials): Peer | undefined {
  const descriptor = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
  return descriptor >= 0 ? credentials.of(descriptor) : undefined;
}

/** @param peer undefined: it could not be looked at, and may be anybody */
function serve(
  socket: Socket,
  peer: Peer | undefined,
  accepted: (stream: ByteStream) => ByteStreamEvents,
): void {
  if (peer === undefined) return void socket.destroy();
  const events = accepted({
    peer,
    write: (bytes, written) => void socket.write(bytes, written),
    flow: (on) => void (on ? socket.resume() : socket.pause()),
    close: (now) => {
      if (now) socket.destroy();
      else socket.destroySoon();
    },
  });
  socket.on('data', (chunk) => events.data(chunk));
  // The close event that follows tells all there is to know.
  socket.on('error', () => undefined);
  socket.on('close', () => events.closed());
}
