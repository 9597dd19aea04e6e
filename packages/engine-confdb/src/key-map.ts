import { CsError, type Client, type Database, type DatabaseChange, type DatabaseValue } from '@coterie/sdk';
import { apply, type Change } from './change.js';
import { CLUSTER, type ReplicatedMap } from './replicated-map.js';

const STATISTICS = 'stats.';
/** Who sets a key below it has the executive begin its counters anew (corosync-cmapctl -C). */
const CLEAR = 'stats.clear.';
/** What can be cleared; longer names that begin so stand for it too, as in stats_map_set. */
const clearable = ['knet', 'ipc', 'totem', 'schedmiss', 'all'];
/** Whoever may write here lets other users in. */
const ACCESS_RIGHTS = 'uidgid.';

/** What a client sees of the database, and may do to it. */
export interface KeyMap {
  get(key: string): DatabaseValue | undefined;
  /** Keys that start with `prefix`, in ascending order. */
  keys(prefix: string): string[];
  /** May this client change the key? */
  writable(key: string, client: Client): boolean;
  /** Makes a change that the client may make; `done` hears what came of it, now or when all members have made it. */
  change(change: Change, done: (error: CsError) => void): void;
  /** `track` with these flags is refused with this error; OK: it is not. */
  trackable(prefix: boolean, adds: boolean, deletes: boolean): CsError;
  track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void;
}

abstract class Part implements KeyMap {
  constructor(protected readonly database: Database) {}

  protected abstract shows(key: string): boolean;
  abstract writable(key: string, client: Client): boolean;
  abstract change(change: Change, done: (error: CsError) => void): void;

  get(key: string): DatabaseValue | undefined {
    return this.shows(key) ? this.database.get(key) : undefined;
  }

  keys(prefix: string): string[] {
    return this.database.keys(prefix).filter((key) => this.shows(key));
  }

  trackable(_prefix: boolean, _adds: boolean, _deletes: boolean): CsError {
    return CsError.OK;
  }

  track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void {
    return this.database.track(key, prefix, (change) => {
      if (this.shows(change.key)) listener(change);
    });
  }
}

/** Everything but the statistics; what is below `cluster.` changes on all members at once. */
export class Configuration extends Part {
  constructor(
    database: Database,
    private readonly replicated: ReplicatedMap,
  ) {
    super(database);
  }

  writable(key: string, client: Client): boolean {
    if (!this.shows(key) || this.database.readOnly(key)) return false;
    return !key.startsWith(ACCESS_RIGHTS) || client.uid <= 0;
  }

  change(change: Change, done: (error: CsError) => void): void {
    if (change.key.startsWith(CLUSTER)) this.replicated.submit(change, done);
    else done(apply(this.database, change));
  }

  protected shows(key: string): boolean {
    return !key.startsWith(STATISTICS);
  }
}

/** The keys below `cluster.` alone. */
export class ClusterPart extends Configuration {
  protected override shows(key: string): boolean {
    return key.startsWith(CLUSTER);
  }
}

/** The statistics, which can be read and cleared (corosync: stats.c). */
export class Statistics extends Part {
  writable(key: string): boolean {
    return key.startsWith(CLEAR);
  }

  change(change: Change, done: (error: CsError) => void): void {
    const what = clearable.find((name) => change.key.startsWith(CLEAR + name));
    if (change.kind !== 'set' || what === undefined) return done(CsError.NOT_SUPPORTED);
    // The executive tracks these keys and takes them away again.
    done(apply(this.database, { ...change, key: CLEAR + what }));
  }

  /** The keys below a prefix can only be tracked for coming and going. */
  override trackable(prefix: boolean, adds: boolean, deletes: boolean): CsError {
    return prefix && !(adds && deletes) ? CsError.NOT_SUPPORTED : CsError.OK;
  }

  override track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void {
    return super.track(key, prefix, (change) => {
      if (prefix && change.kind === 'modify') return;
      listener(change);
    });
  }

  protected shows(key: string): boolean {
    return key.startsWith(STATISTICS) && !key.startsWith(CLEAR);
  }
}
