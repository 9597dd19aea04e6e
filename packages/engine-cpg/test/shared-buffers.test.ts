import assert from 'node:assert/strict';
import { CsError, type ClientFile, type ClientFiles } from '@coterie/sdk';
import { MAX_MESSAGE } from '../dist/client-messages.js';
import { SharedBuffers } from '../dist/shared-buffers.js';

const UID = 7;
/** Bytes ahead of the message in a buffer. */
const HEAD = 56;

/** Files of clients, in memory. */
class MemoryFiles implements ClientFiles {
  readonly files = new Map<string, Buffer>();
  open = 0;

  take(path: string, uid: number): ClientFile | undefined {
    const file = this.files.get(path);
    if (file === undefined || uid !== UID) return undefined;
    this.open++;
    return {
      read: (at, into) => at <= file.length && file.copy(into, 0, at) === into.length,
      write: (at, bytes) => at + bytes.length <= file.length && file.set(bytes, at) === undefined,
      close: () => void this.open--,
    };
  }

  /** A file as libcpg makes it, with this message in it. */
  make(path: string, message: Uint8Array, claimed = message.length): Buffer {
    const file = Buffer.alloc(HEAD + message.length);
    file.writeUInt32LE(claimed, 48);
    file.set(message, HEAD);
    this.files.set(path, file);
    return file;
  }
}

function pathOf(text: string): Uint8Array {
  const path = Buffer.alloc(128);
  path.write(text);
  return path;
}

describe('buffers of zero copy', () => {
  const memory = new Uint8Array(MAX_MESSAGE);
  let files: MemoryFiles;
  let buffers: SharedBuffers;

  beforeEach(() => {
    files = new MemoryFiles();
    buffers = new SharedBuffers(files);
  });

  it('are read each time as they are then, until they are freed', () => {
    const one = files.make('/dev/shm/one', Buffer.from('first'));
    const two = files.make('/dev/shm/two', Buffer.from('other'));
    for (const name of ['one', 'two'])
      assert.equal(buffers.allocate(pathOf(`/dev/shm/${name}`), UID), CsError.OK);
    const [first, second] = [one.readBigUInt64LE(8), two.readBigUInt64LE(8)];
    assert.notEqual(first, second);
    const text = (handle: bigint) => Buffer.from(buffers.message(handle, memory) as Uint8Array).toString();
    assert.deepEqual([text(first), text(second)], ['first', 'other']);
    one.write('again', HEAD);
    assert.equal(text(first), 'again');
    assert.equal(buffers.free(first), CsError.OK);
    assert.equal(buffers.free(first), CsError.BAD_HANDLE);
    assert.equal(buffers.message(first, memory), CsError.BAD_HANDLE);
    buffers.freeAll();
    assert.equal(files.open, 0);
  });

  it('are refused without a file of the client, or a port to open it', () => {
    files.make('/dev/shm/one', Buffer.from('first'));
    assert.equal(buffers.allocate(pathOf('/dev/shm/none'), UID), CsError.ACCESS);
    assert.equal(buffers.allocate(pathOf('/dev/shm/one'), UID + 1), CsError.ACCESS);
    assert.equal(buffers.allocate(Buffer.alloc(128, 'x'), UID), CsError.ACCESS, 'a path without end');
    assert.equal(new SharedBuffers(undefined).allocate(pathOf('/dev/shm/one'), UID), CsError.NOT_SUPPORTED);
    files.files.set('/dev/shm/short', Buffer.alloc(15));
    assert.equal(buffers.allocate(pathOf('/dev/shm/short'), UID), CsError.ACCESS);
    assert.equal(files.open, 0);
  });

  it('do not hold what they claim to', () => {
    const lies: readonly [claimed: number, answer: CsError][] = [
      [6, CsError.INVALID_PARAM],
      [MAX_MESSAGE, CsError.INVALID_PARAM],
      [MAX_MESSAGE + 1, CsError.TOO_BIG],
      [0xffffffff, CsError.TOO_BIG],
    ];
    for (const [claimed, answer] of lies) {
      const file = files.make('/dev/shm/one', Buffer.from('first'), claimed);
      buffers.allocate(pathOf('/dev/shm/one'), UID);
      assert.equal(buffers.message(file.readBigUInt64LE(8), memory), answer, `${claimed}`);
    }
    files.files.set('/dev/shm/short', Buffer.alloc(16));
    buffers.allocate(pathOf('/dev/shm/short'), UID);
    const handle = files.files.get('/dev/shm/short')!.readBigUInt64LE(8);
    assert.equal(buffers.message(handle, memory), CsError.INVALID_PARAM, 'no room for a length');
  });

  it('are 64 at most', () => {
    files.make('/dev/shm/one', Buffer.from('first'));
    for (let i = 0; i < 64; i++) assert.equal(buffers.allocate(pathOf('/dev/shm/one'), UID), CsError.OK);
    assert.equal(buffers.allocate(pathOf('/dev/shm/one'), UID), CsError.NO_RESOURCES);
    buffers.freeAll();
    assert.equal(buffers.allocate(pathOf('/dev/shm/one'), UID), CsError.OK);
  });
});
