import { value, ValueType, type Database, type DatabaseValue, type NodeId } from '@coterie/sdk';
import type { TotemSettings } from '@coterie/totem';
import type { Configuration } from './configuration.js';
import { checkTiming, deriveTiming, type TotemTiming } from './totem-timing.js';

type Read = (key: string) => DatabaseValue | undefined;

export const CANCEL_HOLD = 'totem.cancel_token_hold_on_retransmit';

const knetDefaults: Readonly<Record<string, DatabaseValue>> = {
  knet_pmtud_interval: value.u32(30),
  knet_mtu: value.u32(0),
  knet_compression_threshold: value.u32(0),
  knet_compression_level: value.i32(0),
  knet_compression_model: value.string('none'),
};

/** What corosync shows under `runtime.config.totem.`: the effective values, those of knet among them. */
export function runtimeKeys(timing: TotemTiming, read: Read): Map<string, DatabaseValue> {
  const keys = new Map<string, DatabaseValue>();
  const set = (name: string, held: DatabaseValue): unknown => keys.set(`runtime.config.totem.${name}`, held);
  for (const [name, number] of Object.entries(timing)) set(name, value.u32(number));
  for (const [name, fallback] of Object.entries(knetDefaults)) set(name, read(`totem.${name}`) ?? fallback);
  set('block_unlisted_ips', value.u32(isYes(read('totem.block_unlisted_ips'), 'yes') ? 1 : 0));
  set('cancel_token_hold_on_retransmit', value.u32(isYes(read(CANCEL_HOLD), 'no') ? 1 : 0));
  set('interface.0.knet_ping_timeout', value.u32(Math.trunc(timing.token / 2)));
  set('interface.0.knet_ping_interval', value.u32(Math.trunc(timing.token / 4)));
  return keys;
}

/** The protocol's settings, complete. */
export function totemSettings(
  timing: TotemTiming,
  nodeId: NodeId,
  netmtu: number,
  cancelTokenHoldOnRetransmit: boolean,
): TotemSettings {
  return {
    nodeId,
    token: timing.token,
    tokenWarning: (timing.token * timing.token_warning) / 100,
    tokenRetransmit: timing.token_retransmit,
    hold: timing.hold,
    join: timing.join,
    sendJoin: timing.send_join,
    consensus: timing.consensus,
    merge: timing.merge,
    failRecvConst: timing.fail_recv_const,
    seqnoUnchangedConst: timing.seqno_unchanged_const,
    heartbeatFailuresAllowed: timing.heartbeat_failures_allowed,
    maxNetworkDelay: timing.max_network_delay,
    windowSize: timing.window_size,
    maxMessages: timing.max_messages,
    missCountConst: timing.miss_count_const,
    cancelTokenHoldOnRetransmit,
    netmtu,
  };
}

export type Retuned =
  | { readonly totem: TotemSettings; readonly keys: ReadonlyMap<string, DatabaseValue> }
  | { readonly faults: readonly string[] };

/**
 * The settings after a client has changed keys below `totem.`, with the keys below `runtime.config.` that say so
 * (totem_change_notify in totemconfig.c); or what makes them unusable: then the old ones stay.
 */
export function retune({ nodes, totem }: Configuration, database: Pick<Database, 'get'>): Retuned {
  const read = (name: string): number | undefined => {
    const held = database.get(`totem.${name}`);
    return held?.type === ValueType.uint32 ? held.value : undefined;
  };
  const timing = deriveTiming(read, nodes.length);
  const faults = checkTiming(timing, (name) => (read(name) ?? 0) !== 0);
  if (faults.length > 0) return { faults: faults.map(({ message }) => message) };
  const get: Read = (key) => database.get(key);
  const cancelHold = isYes(get(CANCEL_HOLD), 'no');
  return {
    totem: totemSettings(timing, totem.nodeId, totem.netmtu, cancelHold),
    keys: runtimeKeys(timing, get),
  };
}

/** Of a yes/no setting; `fallback` where it is absent or neither, as in corosync. */
export function isYes(held: DatabaseValue | undefined, fallback: 'yes' | 'no'): boolean {
  const text = held?.value === 'yes' || held?.value === 'no' ? held.value : fallback;
  return text === 'yes';
}
