import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import {
  ERROR_AT,
  FrameReader,
  HELLO_ID,
  Hello,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  RESPONSE_HEADER,
  SIZE_AT,
  SOCKET_NAME,
  STREAM_VERSION,
} from '@coterie/sdk/client';

/** Bytes of a request, and whether an answer is to be waited for. */
export interface Said {
  readonly bytes: Buffer;
  readonly silent: boolean;
}

/**
 * Says these one after the other to a service on the stream socket, as `qb-limits NAME say` does to libqb's.
 *
 * @returns for each `answer ERROR`, `sent` if it gets no answer, or `gone` once the daemon has closed the connection
 */
export async function say(runDir: string, service: number, requests: readonly Said[]): Promise<string[]> {
  const socket = connect(join(runDir, SOCKET_NAME));
  const reader = new FrameReader(RESPONSE_HEADER, 2 ** 30);
  const answers: string[] = [];
  let over = false;
  let wake = () => {};
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    while (reader.next()) {
      const { view, offset } = reader;
      if (view.getUint32(offset + KIND_AT, true) !== RESPONSE) continue;
      answers.push(`answer ${view.getUint32(offset + ERROR_AT, true)}`);
    }
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    over = true;
    wake();
  });
  const answer = async (): Promise<string> => {
    while (answers.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
    return answers.shift() ?? 'gone';
  };
  socket.write(hello(service));
  const outcomes: string[] = [];
  if ((await answer()) !== 'answer 1') throw new Error(`service ${service} does not let this program in`);
  for (const { bytes, silent } of requests) {
    socket.write(bytes);
    outcomes.push(silent ? 'sent' : await answer());
  }
  socket.destroy();
  return outcomes;
}

/**
 * Sends so many bytes of a handshake, and nothing more.
 *
 * @returns after how many milliseconds the daemon has closed the connection
 */
export async function halfHello(runDir: string, bytes: number): Promise<number> {
  const socket = connect(join(runDir, SOCKET_NAME));
  await once(socket, 'connect');
  const start = performance.now();
  if (bytes > 0) socket.write(hello(0).subarray(0, bytes));
  await once(socket.resume(), 'close');
  return performance.now() - start;
}

function hello(service: number): Buffer {
  const bytes = Buffer.alloc(REQUEST_HEADER + 8);
  bytes.writeInt32LE(HELLO_ID, 0);
  bytes.writeInt32LE(bytes.length, SIZE_AT);
  Hello.encode(
    { version: STREAM_VERSION, service },
    new DataView(bytes.buffer, bytes.byteOffset),
    REQUEST_HEADER,
  );
  return bytes;
}
