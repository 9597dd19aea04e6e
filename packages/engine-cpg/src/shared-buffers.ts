import { CsError, type ClientFile, type ClientFiles } from '@coterie/sdk';
import { MAX_MESSAGE } from './client-messages.js';

/** Buffers that a connection may have at a time. */
const MAX_BUFFERS = 64;
/** Where the daemon writes what it wants to be told (struct coroipcs_zc_header, server_address). */
const HANDLE_AT = 8;
/** Where the request for a multicast stands, and in it the length of the message and the message (req_lib_cpg_mcast). */
const REQUEST_AT = 16;
const LENGTH_AT = REQUEST_AT + 32;
const DATA_AT = REQUEST_AT + 40;

/**
 * The buffers that a client of libcpg has allocated for zero copy (cpg_zcb_alloc): files that it fills, and that are read
 * when it wants them sent. Nothing is mapped here: a client that cuts its file short would stop the daemon.
 */
export class SharedBuffers {
  private readonly open = new Map<bigint, ClientFile>();
  private last = 0n;

  constructor(private readonly files: ClientFiles | undefined) {}

  /** Takes the file over, and writes into it what the client is to call it. */
  allocate(path: Uint8Array, uid: number): CsError {
    if (this.files === undefined) return CsError.NOT_SUPPORTED;
    if (this.open.size >= MAX_BUFFERS) return CsError.NO_RESOURCES;
    const end = path.indexOf(0);
    const file = end < 0 ? undefined : this.files.take(Buffer.from(path.subarray(0, end)).toString(), uid);
    if (file === undefined) return CsError.ACCESS;
    const handle = this.last + 1n;
    const word = new Uint8Array(8);
    new DataView(word.buffer).setBigUint64(0, handle, true);
    if (!file.write(HANDLE_AT, word)) {
      file.close();
      return CsError.ACCESS;
    }
    this.last = handle;
    this.open.set(handle, file);
    return CsError.OK;
  }

  /** The message in a buffer, read into `memory`, which has room for the longest; or why there is none. */
  message(handle: bigint, memory: Uint8Array): Uint8Array | CsError {
    const file = this.open.get(handle);
    if (file === undefined) return CsError.BAD_HANDLE;
    if (!file.read(LENGTH_AT, memory.subarray(0, 4))) return CsError.INVALID_PARAM;
    const length = new DataView(memory.buffer, memory.byteOffset).getUint32(0, true);
    if (length > MAX_MESSAGE) return CsError.TOO_BIG;
    const message = memory.subarray(0, length);
    return file.read(DATA_AT, message) ? message : CsError.INVALID_PARAM;
  }

  free(handle: bigint): CsError {
    const file = this.open.get(handle);
    if (file === undefined) return CsError.BAD_HANDLE;
    this.open.delete(handle);
    file.close();
    return CsError.OK;
  }

  freeAll(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }
}
