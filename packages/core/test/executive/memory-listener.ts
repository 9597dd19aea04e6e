import type { ByteStream, ByteStreamEvents, StreamListener } from '../../dist/ipc/stream.js';

/** A program connected without a socket. */
export class MemoryProgram {
  received = Buffer.alloc(0);
  ended = false;
  private events: ByteStreamEvents | undefined;

  attach(events: ByteStreamEvents): void {
    this.events = events;
  }

  send(bytes: Uint8Array): void {
    this.events?.data(bytes);
  }
}

export class MemoryListener implements StreamListener {
  private accepted: ((stream: ByteStream) => ByteStreamEvents) | undefined;

  open(accepted: (stream: ByteStream) => ByteStreamEvents): Promise<void> {
    this.accepted = accepted;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.accepted = undefined;
    return Promise.resolve();
  }

  defer(run: () => void): void {
    queueMicrotask(run);
  }

  connect(): MemoryProgram {
    const program = new MemoryProgram();
    const events = this.accepted?.({
      peer: { pid: -1, uid: -1, gid: -1 },
      write: (bytes, written) => {
        program.received = Buffer.concat([program.received, bytes]);
        written();
      },
      flow: () => undefined,
      close: () => void (program.ended = true),
    });
    if (events === undefined) throw new Error('nobody listens');
    program.attach(events);
    return program;
  }
}
