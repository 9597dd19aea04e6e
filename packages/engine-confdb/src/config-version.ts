import type {
  Cluster,
  Database,
  Infer,
  Logger,
  NodeId,
  SyncView,
  Synchroniser,
  Timer,
  Timers,
} from '@coterie/sdk';
import { ValueType, value } from '@coterie/sdk';
import { valueFromBytes, valueToBytes } from './value-bytes.js';
import { ANNOUNCE, Announcement, Reason } from './wire.js';

const KEY = 'totem.config_version';
/** Milliseconds until an announcement that found no room is tried again. */
const RETRY = 100;

/**
 * Compares the members' versions of the configuration: a node that starts with an older one than another member's
 * stops, and the newest lives (cmap_sync_activate). Version 0, or none, is never too old.
 */
export class ConfigVersion implements Synchroniser {
  private highest = 0n;
  /** Did a member of the previous ring come along? At first boot on a ring of its own not even this node does. */
  private accompanied = false;
  private compared = false;
  private readonly retry: Timer;

  constructor(
    private readonly cluster: Cluster,
    private readonly database: Database,
    private readonly logger: Logger,
    timers: Timers,
  ) {
    this.retry = timers.timer(() => this.announceChange());
  }

  start(): void {
    this.database.track(KEY, false, () => this.announceChange());
  }

  init(view: SyncView): void {
    this.accompanied = view.transitional.length > 0;
    this.highest = this.own();
  }

  process(): 'done' | 'again' {
    return this.announce(Reason.synchronisation) ? 'done' : 'again';
  }

  activate(): void {
    if (!this.accompanied || this.compared) return;
    this.compared = true;
    const own = this.own();
    if (own === 0n || this.highest === own) return;
    const reason = `config_version ${own} of this node is older than ${this.highest} of another member`;
    this.logger.error(reason);
    this.cluster.shutdown(reason);
  }

  abort(): void {}

  heard(announcement: Infer<typeof Announcement>, from: NodeId): void {
    const item = announcement.items.find(({ key }) => key === KEY);
    const told = item && valueFromBytes(item.type, item.value);
    const version = told?.type === ValueType.uint64 ? told.value : 0n;
    if (from !== this.cluster.nodeId && version > this.highest) this.highest = version;
    this.database.set(`runtime.members.${from}.config_version`, value.u64(version));
  }

  private own(): bigint {
    const version = this.database.get(KEY);
    return version?.type === ValueType.uint64 ? version.value : 0n;
  }

  private announceChange(): void {
    if (!this.announce(Reason.configVersionChanged)) this.retry.start(RETRY);
  }

  private announce(reason: number): boolean {
    const version = this.database.get(KEY);
    const item = version
      ? { key: KEY, type: version.type, value: valueToBytes(version) }
      : { key: KEY, type: 0, value: new Uint8Array(0) };
    return this.cluster.multicast(ANNOUNCE, Announcement, { reason, items: [item] });
  }
}
