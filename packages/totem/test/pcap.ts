import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** A UDP datagram over IPv4, put together again if IP had fragmented it. */
export interface Datagram {
  readonly source: string;
  readonly destination: string;
  readonly payload: Uint8Array;
}

const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 14;
const UDP = 17;
const UDP_HEADER = 8;

/** The UDP datagrams of a pcap file (little-endian, Ethernet), in order. Throws if the capture is cut. */
export function readPcap(file: string | URL): Datagram[] {
  const bytes = readFileSync(file);
  assert.ok([0xa1b2c3d4, 0xa1b23c4d].includes(bytes.readUInt32LE(0)), 'not a little-endian pcap file');
  assert.equal(bytes.readUInt32LE(20), 1, 'not Ethernet');

  const datagrams: Datagram[] = [];
  const fragments = new Fragments();
  let at = PCAP_HEADER;
  while (at < bytes.length) {
    const captured = bytes.readUInt32LE(at + 8);
    assert.equal(captured, bytes.readUInt32LE(at + 12), 'frame cut by the capture');
    const frame = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + captured);
    at += RECORD_HEADER + captured;
    if (frame.readUInt16BE(12) !== 0x0800) continue;
    const datagram = fragments.add(frame.subarray(ETHERNET));
    if (datagram !== undefined) datagrams.push(datagram);
  }
  assert.equal(fragments.pending, 0, 'IP fragments missing');
  return datagrams;
}

interface Pieces {
  readonly byOffset: Map<number, Buffer>;
  /** Length of the whole, once the last piece is here. */
  total: number | undefined;
}

class Fragments {
  private readonly incomplete = new Map<string, Pieces>();

  get pending(): number {
    return this.incomplete.size;
  }

  /** The datagram that this IP packet is or completes. */
  add(ip: Buffer): Datagram | undefined {
    if (ip.readUInt8(9) !== UDP) return undefined;
    const source = ip.subarray(12, 16).join('.');
    const destination = ip.subarray(16, 20).join('.');
    const content = ip.subarray((ip.readUInt8(0) & 15) * 4, ip.readUInt16BE(2));
    const flags = ip.readUInt16BE(6);
    const offset = (flags & 0x1fff) * 8;
    const more = (flags & 0x2000) !== 0;
    const udp =
      more || offset > 0
        ? this.complete(`${source} ${destination} ${ip.readUInt16BE(4)}`, offset, more, content)
        : content;
    if (udp === undefined) return undefined;
    assert.equal(udp.readUInt16BE(4), udp.length, 'UDP length');
    return { source, destination, payload: udp.subarray(UDP_HEADER) };
  }

  private complete(key: string, offset: number, more: boolean, content: Buffer): Buffer | undefined {
    const pieces = this.incomplete.get(key) ?? { byOffset: new Map<number, Buffer>(), total: undefined };
    this.incomplete.set(key, pieces);
    pieces.byOffset.set(offset, content);
    if (!more) pieces.total = offset + content.length;

    const inOrder: Buffer[] = [];
    let end = 0;
    for (let piece; (piece = pieces.byOffset.get(end)) !== undefined; end += piece.length)
      inOrder.push(piece);
    if (end !== pieces.total) return undefined;
    this.incomplete.delete(key);
    return Buffer.concat(inOrder);
  }
}
