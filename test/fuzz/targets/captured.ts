import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Assembler,
  Groups,
  MCAST_PLAIN,
  MCAST_SIZE,
  McastHeader,
  PacketType,
  checkHeader,
  decodeMcastHeader,
} from '@coterie/totem/internal';

type Reader = typeof import('../../../packages/totem/test/pcap.js');

/** The recordings belong to the tests of the protocol's package, which is built beside this one and exports none. */
const tests = join(import.meta.dirname, '..', '..', '..', '..', 'packages', 'totem');
const { readPcap } = (await import(join(tests, 'dist-test', 'pcap.js'))) as Reader;

/** Packets of one type that are kept, spread over all recordings: more of them are much the same. */
const PACKETS = 96;

/** What nodes of corosync said to each other. */
const datagrams = readdirSync(join(tests, 'test', 'captures'))
  .filter((name) => name.endsWith('.pcap'))
  .sort()
  .flatMap((name) => readPcap(join(tests, 'test', 'captures', name)))
  .map(({ payload }) => payload);

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** So many of them, spread evenly, in memory of their own. */
function some(all: readonly Uint8Array[], count: number): Uint8Array[] {
  const step = Math.max(1, all.length / count);
  return all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).map((one) => one.slice());
}

/** Packets of corosync of all types. */
export const packets: readonly Uint8Array[] = Object.values(PacketType).flatMap((type) =>
  some(
    datagrams.filter((packet) => checkHeader(view(packet), 0, packet.length) === type),
    PACKETS,
  ),
);

/** Payloads of messages, as the process-group layer takes them. */
export const payloads: readonly Uint8Array[] = some(
  [...plainPayloads()].map(({ payload }) => payload),
  400,
);

/** Messages of corosync's services, service header included, by the id in it; and of synchronisation, as id -1. */
export const messages: ReadonlyMap<number, readonly Uint8Array[]> = collectMessages();

function* plainPayloads(): Generator<{ from: number; payload: Uint8Array }> {
  const header = new McastHeader();
  for (const packet of datagrams) {
    if (checkHeader(view(packet), 0, packet.length) !== PacketType.mcast) continue;
    decodeMcastHeader(view(packet), 0, packet.length, header);
    if (header.encapsulated === MCAST_PLAIN)
      yield { from: header.nodeId, payload: packet.subarray(MCAST_SIZE) };
  }
}

function collectMessages(): Map<number, Uint8Array[]> {
  const found = new Map<number, Uint8Array[]>();
  const groups = new Groups();
  const take = (id: number, bytes: DataView, offset: number, length: number) => {
    const known = found.get(id) ?? [];
    found.set(id, known);
    if (known.length < 32)
      known.push(new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length).slice());
  };
  groups.join('a', (_, bytes, offset, length) => take(bytes.getUint32(offset, true), bytes, offset, length));
  groups.join('sync', (_, bytes, offset, length) => take(-1, bytes, offset, length));
  const assembler = new Assembler((from, bytes, offset, length) => {
    groups.dispatch(from, bytes, offset, length);
  });
  for (const { from, payload } of plainPayloads()) assembler.receive(from, view(payload), 0, payload.length);
  return found;
}
