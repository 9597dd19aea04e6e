import { ValueType, value, type Clock, type Database, type DatabaseValue } from '@coterie/sdk';

const PREFIX = 'resources.process.';
/** Clients can write these keys too: a list is not to grow with what they make up. */
const MOST_LISTED = 1000;

/** What SAM knows of a supervised program: libsam's four keys, and what it does not tell. */
export interface Entry {
  /** The pid of the program's supervisor, or the name of one that the daemon supervises. */
  readonly id: string;
  /** `running`, `stopped`, `waiting for quorum` or `failed`. */
  readonly state: string;
  /** `quit` or `restart`. */
  readonly recovery: string;
  /** The longest silence, milliseconds; 0: any. */
  readonly pollPeriod: bigint;
  /** Of the last sign of life, nanoseconds since the machine's start (cs_timestamp_get); 0: none yet. */
  readonly lastUpdated: bigint;
  /** Who supervises it; `libsam` where nobody says. */
  readonly supervisor: string;
  readonly name: string;
  /** Of the program itself; 0 while it does not run. */
  readonly pid: number;
  readonly instance: number;
  readonly restarts: number;
  /** Why it is in its state, if that needs words. */
  readonly reason: string;
}

/** The keys `resources.process.ID.*` of the database. The first four are libsam's (sam_cmap_update_key in lib/sam.c). */
export class Ledger {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  has(id: string): boolean {
    return this.database.get(`${PREFIX}${id}.state`) !== undefined;
  }

  /** Writes everything but the time of the last sign of life. */
  write(entry: Omit<Entry, 'lastUpdated'>): void {
    const { id, state, recovery, pollPeriod, supervisor, name, pid, instance, restarts, reason } = entry;
    this.put(id, 'recovery', value.string(recovery));
    this.put(id, 'poll_period', value.u64(pollPeriod));
    this.put(id, 'supervisor', value.string(supervisor));
    this.put(id, 'name', value.string(name));
    this.put(id, 'pid', pid === 0 ? undefined : value.u32(pid));
    this.put(id, 'instance', value.u32(instance));
    this.put(id, 'restarts', value.u32(restarts));
    this.put(id, 'reason', reason === '' ? undefined : value.string(reason));
    // Last: who waits for a state finds the rest as it belongs to it.
    this.put(id, 'state', value.string(state));
  }

  /** The program has given a sign of life. */
  alive(id: string): void {
    this.put(id, 'last_updated', value.u64(BigInt(Math.round(this.clock.now() * 1000)) * 1000n));
  }

  state(id: string, state: string, reason: string): void {
    this.put(id, 'reason', value.string(reason));
    this.put(id, 'state', value.string(state));
  }

  forget(id: string): void {
    for (const key of this.database.keys(`${PREFIX}${id}.`)) this.database.delete(key);
  }

  /** Every program with a state, by id. */
  list(): Entry[] {
    const ids = this.database
      .keys(PREFIX)
      .flatMap((key) => /^resources\.process\.([^.]+)\.state$/.exec(key)?.[1] ?? []);
    return ids.slice(0, MOST_LISTED).map((id) => this.read(id));
  }

  read(id: string): Entry {
    const held = (key: string) => this.database.get(`${PREFIX}${id}.${key}`);
    return {
      id,
      state: text(held('state')),
      recovery: text(held('recovery')),
      pollPeriod: whole(held('poll_period')),
      lastUpdated: whole(held('last_updated')),
      supervisor: text(held('supervisor')) || 'libsam',
      name: text(held('name')),
      pid: number(held('pid')),
      instance: number(held('instance')),
      restarts: number(held('restarts')),
      reason: text(held('reason')),
    };
  }

  private put(id: string, key: string, held: DatabaseValue | undefined): void {
    const full = `${PREFIX}${id}.${key}`;
    if (held === undefined) this.database.delete(full);
    else this.database.set(full, held);
  }
}

function text(held: DatabaseValue | undefined): string {
  return held?.type === ValueType.string ? held.value : '';
}

function whole(held: DatabaseValue | undefined): bigint {
  return held?.type === ValueType.uint64 ? held.value : 0n;
}

function number(held: DatabaseValue | undefined): number {
  return held?.type === ValueType.uint32 ? held.value : 0;
}
