import { Tally } from '@coterie/sdk/transport';

/**
 * Counters of the transport. The addon counts into the same array by position: the order of the names is that of
 * `enum Counter` in native/counter.h, and names without a place there go to the end.
 */
export const counterNames = [
  'rx_packets',
  'rx_bytes',
  'rx_dropped.own',
  'rx_dropped.unlisted',
  'rx_dropped.short',
  'rx_errors',
  'tx_packets',
  'tx_bytes',
  'tx_dropped.full',
  'tx_dropped.too_long',
  'tx_dropped.memory',
  'tx_dropped.error',
  'tx_dropped.link_down',
  'tx_dropped.no_path',
  'rx_copied',
  'rx_memory_refused',
  'paths_established',
  'paths_failed',
  'paths_timed_out',
  'paths_renewed',
  'paths_refused',
  'down.address_gone',
  'down.address_moved',
  'down.device_failed',
  'down.device_gone',
  'down.device_removed',
  'down.group_lost',
  'down.open_failed',
  'down.port_down',
  'down.queue_pair_failed',
  'recoveries',
] as const;

export type CounterName = (typeof counterNames)[number];

export class Counters extends Tally<CounterName> {
  constructor() {
    super(counterNames);
  }
}
