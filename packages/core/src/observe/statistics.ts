import { value, type Database, type Timer, type Timers, type Transport } from '@coterie/sdk';
import type { Totem } from '@coterie/totem';
import type { EngineRouter } from '../routing/engine-router.js';
import type { ConnectionKeys } from './connections.js';
import type { CounterRegistry } from './counters.js';
import type { StallDetector } from './stall-detector.js';
import { LinkKeys } from './link-keys.js';

const INTERVAL = 1000;
/** More attempts to form a ring than these, one after the other: something keeps packets from it (MAX_NO_CONT_GATHER). */
const MAX_CONTINUOUS_GATHER = 3;

/** corosync's types: the rest is u64. */
const U32 = new Set([
  'stats.pg.msg_queue_avail',
  'stats.pg.msg_reserved',
  'stats.srp.continuous_gather',
  'stats.srp.continuous_sendmsg_failures',
  'stats.srp.mtt_rx_token',
  'stats.srp.avg_token_workload',
  'stats.srp.avg_backlog_calc',
]);
const U8 = new Set(['stats.srp.firewall_enabled_or_nic_failure']);
/** Not counted up: what they show now is right at any time. */
const GAUGES = new Set([
  ...['stats.ipcs.global.active', 'stats.srp.time_since_token_last_received'],
  ...U32,
  ...U8,
]);

const CLEAR = 'stats.clear.';
/** What is counted anew when a key below `stats.clear.` is set (stats_map_set in stats.c). */
const clearable: ReadonlyMap<string, readonly string[]> = new Map([
  ['totem', ['stats.pg.', 'stats.srp.']],
  ['knet', ['stats.transport.']],
  ['ipc', ['stats.ipcs.']],
  ['schedmiss', []],
  ['all', ['stats.pg.', 'stats.srp.', 'stats.transport.', 'stats.ipcs.']],
]);

export interface StatisticsSources {
  readonly database: Database;
  readonly totem: Totem;
  readonly transport: Transport;
  readonly router: EngineRouter;
  readonly counters: CounterRegistry;
  readonly clients: () => number;
  readonly connections: Pick<ConnectionKeys, 'refresh' | 'clear' | 'closings'>;
  readonly stalls: Pick<StallDetector, 'clear'>;
}

/** Shows the daemon's counters in the database under corosync's names, once a second. */
export class Statistics {
  private readonly timer: Timer;
  private readonly links: LinkKeys;
  /** What the database has, so that only changes are written. */
  private readonly shown = new Map<string, number>();
  /** What counters were at when they were cleared. */
  private readonly cleared = new Map<string, number>();

  constructor(
    timers: Timers,
    private readonly sources: StatisticsSources,
  ) {
    this.timer = timers.timer(() => {
      this.refresh();
      this.timer.start(INTERVAL);
    });
    const { database } = sources;
    this.links = new LinkKeys(database, sources.transport);
    database.track(CLEAR, true, ({ kind, key }) => {
      if (kind === 'delete') return;
      database.delete(key);
      this.clear(key.slice(CLEAR.length));
    });
  }

  start(): void {
    this.refresh();
    this.timer.start(INTERVAL);
  }

  stop(): void {
    this.timer.stop();
  }

  refresh(): void {
    const { totem, transport, router, counters, clients, connections } = this.sources;
    const ring = totem.counters();
    for (const [name, count] of ring) this.show(`stats.${name}`, count);
    const stuck = (ring.get('srp.continuous_gather') ?? 0) > MAX_CONTINUOUS_GATHER;
    this.show('stats.srp.firewall_enabled_or_nic_failure', stuck ? 1 : 0);
    for (const [name, count] of transport.counters()) this.show(`stats.transport.${name}`, count);
    for (const [name, counter] of counters.entries()) this.show(name, counter.value);
    for (const [reason, count] of Object.entries(router.dropped))
      this.show(`stats.service.dropped.${reason}`, count);
    for (const { service, fn, sent, received } of router.traffic()) {
      this.show(`runtime.services.${service}.${fn}.tx`, sent.value);
      this.show(`runtime.services.${service}.${fn}.rx`, received.value);
    }
    this.show('stats.ipcs.global.active', clients());
    this.show('stats.ipcs.global.closed', connections.closings);
    connections.refresh();
    this.links.refresh();
  }

  private clear(what: string): void {
    const prefixes = clearable.get(what) ?? [];
    this.refresh();
    for (const [key, count] of this.shown) {
      if (GAUGES.has(key) || !prefixes.some((prefix) => key.startsWith(prefix))) continue;
      this.cleared.set(key, (this.cleared.get(key) ?? 0) + count);
    }
    if (prefixes.includes('stats.ipcs.')) this.sources.connections.clear();
    if (what === 'schedmiss' || what === 'all') this.sources.stalls.clear();
    this.refresh();
  }

  private show(key: string, counted: number): void {
    const count = counted - (this.cleared.get(key) ?? 0);
    if (this.shown.get(key) === count) return;
    this.shown.set(key, count);
    this.sources.database.set(key, typed(key, count));
  }
}

function typed(key: string, count: number) {
  const whole = Math.max(0, Math.floor(count));
  if (U8.has(key)) return value.u8(Math.min(whole, 0xff));
  if (U32.has(key)) return value.u32(Math.min(whole, 0xffffffff));
  return value.u64(BigInt(whole));
}
