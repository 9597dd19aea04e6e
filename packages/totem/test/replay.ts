import assert from 'node:assert/strict';
import { Assembler, Groups, PG_HEADER_SIZE } from '@coterie/totem/internal';
import { decodeMessage } from './decode-message.js';
import type { Message } from './decode-message.js';

interface RingPacket {
  readonly from: number;
  readonly payload: Buffer;
}

/**
 * Delivers the messages of a capture as a node that heard all of it would have: ring by ring in the order of
 * sequence numbers, on the transitional set until the last barrier of the ring. Where the capture misses
 * packets (it began late, or they never crossed the capture point) each sender is taken up again at its next
 * message that begins a packet.
 */
export class Replay {
  /** Messages by kind. */
  readonly kinds = new Map<string, number>();
  readonly problems: string[] = [];
  private readonly rings = new Map<string, Map<number, RingPacket>>();
  private readonly members = new Map<string, number>();
  private readonly groups = new Groups();
  private assembler = this.newAssembler();

  /** The synchronisation of the ring being replayed. */
  private services: readonly number[] | undefined;
  private barriers = 0;
  private memberCount = 0;
  /** Senders in step again since packets were missing; undefined = none were. */
  private inStep: Set<number> | undefined;

  constructor() {
    for (const group of ['a', 'sync'] as const) {
      this.groups.join(group, (_from, view, offset, length) => {
        this.message(decodeMessage(group, Buffer.from(view.buffer, view.byteOffset + offset, length)));
      });
    }
  }

  ringHasMembers(ring: string, count: number): void {
    this.members.set(ring, count);
  }

  /** The payload of a plain mcast; copies are known by ring and sequence number. */
  add(ring: string, seq: number, from: number, payload: Buffer): void {
    const packets = this.rings.get(ring) ?? new Map<number, RingPacket>();
    this.rings.set(ring, packets);
    if (!packets.has(seq)) packets.set(seq, { from, payload });
  }

  run(): void {
    for (const [ring, packets] of this.rings) {
      this.services = undefined;
      this.barriers = 0;
      this.memberCount = this.members.get(ring) ?? 1;
      this.assembler.useTransSet(true);
      let previous = 0;
      for (const [seq, packet] of [...packets].sort(([a], [b]) => a - b)) {
        if (seq !== previous + 1) this.resynchronise();
        previous = seq;
        if (!this.skips(packet)) this.deliver(`${ring} seq ${seq}`, packet);
      }
    }
  }

  private deliver(where: string, { from, payload }: RingPacket): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    try {
      const reason = this.assembler.receive(from, view, 0, payload.length);
      if (reason !== undefined) this.problems.push(`${where}: ${reason}`);
    } catch (error) {
      this.problems.push(`${where}: ${String(error)}`);
    }
  }

  private message(message: Message): void {
    this.kinds.set(message.kind, (this.kinds.get(message.kind) ?? 0) + 1);
    if ('services' in message) this.services = message.services;
    if (message.kind !== 'sync barrier') return;
    this.barriers++;
    if (this.services !== undefined && this.barriers === this.memberCount * this.services.length) {
      this.assembler.useTransSet(false);
    }
  }

  private resynchronise(): void {
    const inTransSet = !this.synchronised();
    this.assembler = this.newAssembler();
    this.assembler.useTransSet(inTransSet);
    this.inStep = new Set();
  }

  private synchronised(): boolean {
    return this.services !== undefined && this.barriers >= this.memberCount * this.services.length;
  }

  private skips({ from, payload }: RingPacket): boolean {
    if (this.inStep === undefined || this.inStep.has(from)) return false;
    assert.ok(payload.length >= PG_HEADER_SIZE);
    const fragmented = payload.readUInt8(4);
    const continuation = payload.readUInt8(5);
    if (fragmented === 0 || continuation === 0) this.inStep.add(from);
    return continuation !== 0;
  }

  private newAssembler(): Assembler {
    return new Assembler((from, view, offset, length) => {
      const reason = this.groups.dispatch(from, view, offset, length);
      if (reason !== undefined) throw new Error(reason);
    });
  }
}
