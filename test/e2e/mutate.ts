import { randomBytes, randomInt } from 'node:crypto';

/** Where the fields of packets stand, most of them; what is behind is mostly a message's text. */
const HEAD = 160;
const LARGEST = 9000;
/** Numbers that counts, lengths and sequences do not get over well. */
const EDGES = [0, 1, 2, 0x7f, 0xff, 0x100, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

function edge(bytes: Buffer): void {
  if (bytes.length < 4) return;
  const at = randomInt(Math.min(bytes.length, HEAD) - 3);
  const value = EDGES[randomInt(EDGES.length)]!;
  if (randomInt(2) === 0) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt16LE(value % 0x1_0000, at);
}

function flip(bytes: Buffer): void {
  if (bytes.length === 0) return;
  const at = randomInt(randomInt(4) === 0 ? bytes.length : Math.min(bytes.length, HEAD));
  bytes[at] = bytes[at]! ^ (1 << randomInt(8));
}

/** A datagram that something near `packet` might have become, or plain noise. */
export function mutate(packet: Buffer, other: Buffer): Buffer {
  switch (randomInt(8)) {
    case 0:
      return randomBytes(randomInt(LARGEST));
    case 1:
      return Buffer.from(packet.subarray(0, randomInt(packet.length + 1)));
    case 2:
      return Buffer.concat([packet, randomBytes(randomInt(1500))]);
    case 3: {
      const cut = randomInt(packet.length + 1);
      return Buffer.concat([packet.subarray(0, cut), other.subarray(Math.min(cut, other.length))]);
    }
    default: {
      const copy = Buffer.from(packet);
      for (let i = randomInt(4); i >= 0; i--) (randomInt(2) === 0 ? edge : flip)(copy);
      return copy;
    }
  }
}
