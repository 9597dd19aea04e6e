import { Assembler, Groups } from '@coterie/totem/internal';
import type { DropReason } from '@coterie/totem/internal';

/** An assembler and what it has delivered to group `a`. */
export class Receiver {
  readonly delivered: { from: number; message: Buffer }[] = [];
  readonly drops: DropReason[] = [];
  readonly assembler: Assembler;

  constructor() {
    const groups = new Groups();
    groups.join('a', (from, view, offset, length) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
      this.delivered.push({ from, message: Buffer.from(bytes) });
    });
    this.assembler = new Assembler((from, view, offset, length) => {
      const reason = groups.dispatch(from, view, offset, length);
      if (reason !== undefined) this.drops.push(reason);
    });
  }

  /** Why the packet was ignored, or undefined. */
  receive(from: number, packet: Uint8Array): DropReason | undefined {
    // Anywhere in memory, as in a slab.
    const memory = Buffer.concat([Buffer.alloc(3), packet, Buffer.alloc(5, 0xff)]);
    const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    const reason = this.assembler.receive(from, view, 3, packet.length);
    if (reason !== undefined) this.drops.push(reason);
    return reason;
  }

  receiveAll(from: number, packets: readonly Uint8Array[]): void {
    for (const packet of packets) this.receive(from, packet);
  }

  /** The messages of one sender. */
  messages(from: number): Buffer[] {
    return this.delivered.filter((delivery) => delivery.from === from).map((delivery) => delivery.message);
  }
}
