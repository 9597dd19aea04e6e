import { strict as assert } from 'node:assert';
import type { Client, Codec, CsError } from '@coterie/sdk';
import {
  ClientEvent,
  Configuration,
  Deliver,
  PartialDeliver,
  RingConfiguration,
} from '../dist/client-messages.js';

export interface Address {
  readonly nodeId: number;
  readonly pid: number;
  readonly reason: number;
}

/** What a client hears, decoded. */
export type ClientHeard =
  | { type: 'configuration'; group: string; members: Address[]; left: Address[]; joined: Address[] }
  | { type: 'deliver'; group: string; nodeId: number; pid: number; text: string }
  | { type: 'partial'; total: number; fragment: number; pid: number; data: string }
  | { type: 'ring'; representative: number; sequence: number; members: number[] };

export function encode<T>(codec: Codec<T>, value: T, tail: Uint8Array = new Uint8Array(0)): Uint8Array {
  const size = codec.size(value);
  const bytes = new Uint8Array(size + tail.length).fill(0xee);
  assert.equal(codec.encode(value, new DataView(bytes.buffer), 0), size);
  bytes.set(tail, size);
  return bytes;
}

export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const decoded = codec.decode(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
    bytes.length,
  );
  assert.ok(decoded.ok, decoded.ok ? '' : decoded.reason);
  return decoded.value;
}

let lastId = 0;

/** A connection whose other end is the test. */
export class FakeClient implements Client {
  readonly id = ++lastId;
  readonly pid = -1;
  readonly uid = 0;
  readonly gid = 0;
  state: unknown = undefined;
  behind = false;
  readonly responses: { id: number; error: CsError; body: Uint8Array }[] = [];
  readonly heard: ClientHeard[] = [];
  /** Events that it still has room for. */
  room = Infinity;
  closed: string | undefined;

  constructor(private readonly disconnected: (client: FakeClient) => void) {}

  respond<T>(id: number, error: CsError, codec?: Codec<T>, value?: T, tail?: Uint8Array): void {
    const body = codec === undefined ? new Uint8Array(0) : encode(codec, value as T, tail);
    this.responses.push({ id, error, body });
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean {
    if (this.closed !== undefined) return false;
    if (this.room-- <= 0) {
      this.close('it does not read');
      return false;
    }
    this.heard.push(hear(id, encode(codec, value, tail)));
    return true;
  }

  close(reason: string): void {
    if (this.closed !== undefined) return;
    this.closed = reason;
    this.disconnected(this);
  }

  configurations() {
    return this.heard.filter((event) => event.type === 'configuration');
  }

  texts(): string[] {
    return this.heard.flatMap((event) => (event.type === 'deliver' ? [event.text] : []));
  }
}

function hear(id: number, body: Uint8Array): ClientHeard {
  switch (id) {
    case ClientEvent.CONFIGURATION: {
      const { group, members, left, joined } = decode(Configuration, body);
      return { type: 'configuration', group, members: [...members], left: [...left], joined: [...joined] };
    }
    case ClientEvent.DELIVER: {
      const { group, nodeId, pid, data } = decode(Deliver, body);
      return { type: 'deliver', group, nodeId, pid, text: Buffer.from(data).toString() };
    }
    case ClientEvent.PARTIAL_DELIVER: {
      const { total, type, pid, data } = decode(PartialDeliver, body);
      return { type: 'partial', total, fragment: type, pid, data: Buffer.from(data).toString() };
    }
    case ClientEvent.RING: {
      const { representative, sequence, members } = decode(RingConfiguration, body);
      return { type: 'ring', representative, sequence, members: [...members] };
    }
    default:
      return assert.fail(`event ${id}`);
  }
}
