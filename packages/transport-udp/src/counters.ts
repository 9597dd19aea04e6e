import { Tally } from '@coterie/sdk/transport';

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

export class Counters extends Tally<CounterName> {
  constructor() {
    super(counterNames);
  }
}
