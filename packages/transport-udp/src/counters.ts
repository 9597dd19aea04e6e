/**
 * Counters of a transport, shared by its sockets. The addon counts into the same array by position: the order of
 * the names is that of `enum Counter` in native/datagram.h, and new names without a place there go to the end.
 */
export const counterNames = [
  'rx_packets',
  'rx_bytes',
  'rx_dropped.unlisted',
  'rx_dropped.own',
  'rx_dropped.truncated',
  'rx_errors',
  'tx_packets',
  'tx_bytes',
  'tx_dropped.full',
  'tx_dropped.unreachable',
  'tx_dropped.too_long',
  'tx_dropped.error',
  'tx_segmentation_refused',
  'tx_dropped.link_down',
] as const;

export type CounterName = (typeof counterNames)[number];

const position = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Readonly<
  Record<CounterName, number>
>;

export class Counters {
  readonly values = new Float64Array(counterNames.length);

  add(name: CounterName, amount: number): void {
    this.values[position[name]]! += amount;
  }

  get(name: CounterName): number {
    return this.values[position[name]]!;
  }

  snapshot(): ReadonlyMap<string, number> {
    return new Map(counterNames.map((name, index) => [name, this.values[index]!]));
  }
}
