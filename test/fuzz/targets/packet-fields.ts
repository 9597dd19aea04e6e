import { HEADER_SIZE, MCAST_SIZE, PacketType } from '@coterie/totem/internal';

const TYPE_AT = 3;
const SENDER_AT = 5;

/** Where numbers stand behind the header; u64 count as two. */
const words = (...offsets: number[]): readonly number[] => [SENDER_AT, ...offsets];
const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / 4) }, (_, i) => from + 4 * i);

const byType: ReadonlyMap<number, readonly number[]> = new Map([
  // Fixed part, then the first requests for retransmission.
  [PacketType.orfToken, words(...range(HEADER_SIZE, 57), ...range(57, 57 + 32))],
  // Header, then flags and count of the process-group layer, which are smaller than words.
  [
    PacketType.mcast,
    words(...range(HEADER_SIZE, MCAST_SIZE - 8), MCAST_SIZE + 3, MCAST_SIZE + 5, MCAST_SIZE + 8),
  ],
  [PacketType.mergeDetect, words(...range(HEADER_SIZE, 29))],
  [PacketType.join, words(...range(HEADER_SIZE, 33), ...range(33, 33 + 24))],
  [PacketType.commitToken, words(...range(HEADER_SIZE, 41), ...range(41, 41 + 96))],
  [PacketType.holdCancel, words(...range(HEADER_SIZE, 25))],
]);

/** Where the numbers of a packet stand, by what its header says it is. */
export function packetFields(packet: Uint8Array): readonly number[] {
  return byType.get(packet[TYPE_AT] ?? -1) ?? [];
}
