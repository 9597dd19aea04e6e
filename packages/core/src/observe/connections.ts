import { value, type Database, type DatabaseValue } from '@coterie/sdk';

/** What a connection has done so far. */
export class ConnectionCounts {
  /** Requests that its engine has taken. */
  requests = 0;
  responses = 0;
  /** Events sent to it. */
  dispatched = 0;
  /** Requests that do not exist or make no sense. */
  invalid = 0;
  /** Requests that had to wait for room. */
  overload = 0;
  /** Times that it was held or let go on. */
  flowControls = 0;
  held = false;
}

/** A connection, as far as it is counted. */
export interface CountedConnection {
  /** Of this daemon's connections, never used again. */
  readonly id: number;
  /** -1 if unknown. */
  readonly pid: number;
  /** It has left much unread. */
  readonly behind: boolean;
  readonly counts: ConnectionCounts;
}

/** Under corosync's names and types (stats.c, cs_ipcs_conn_stats). */
const shown: Record<string, (connection: CountedConnection) => DatabaseValue> = {
  dispatched: ({ counts }) => value.u64(BigInt(counts.dispatched)),
  flow_control: ({ counts }) => value.u32(counts.held ? 1 : 0),
  flow_control_count: ({ counts }) => value.u64(BigInt(counts.flowControls)),
  invalid_request: ({ counts }) => value.u64(BigInt(counts.invalid)),
  overload: ({ counts }) => value.u64(BigInt(counts.overload)),
  queueing: ({ behind }) => value.i32(behind ? 1 : 0),
  requests: ({ counts }) => value.u64(BigInt(counts.requests)),
  responses: ({ counts }) => value.u64(BigInt(counts.responses)),
};

/** What the connections of clients have done, in the database: `stats.ipcs.service<number>.<pid>.<id>.*`. */
export class ConnectionKeys {
  private readonly prefixes = new Map<CountedConnection, string>();
  /** Connections that are over. */
  closings = 0;

  /** @param nameOf the program that runs as this pid; empty if unknown */
  constructor(
    private readonly database: Database,
    private readonly nameOf: (pid: number) => string,
  ) {}

  opened(connection: CountedConnection, service: number): void {
    const { id, pid } = connection;
    const prefix = `stats.ipcs.service${service}.${pid}.0x${id.toString(16)}.`;
    this.prefixes.set(connection, prefix);
    this.database.set(`${prefix}procname`, value.string(this.nameOf(pid)));
    this.show(connection, prefix);
  }

  closed(connection: CountedConnection): void {
    this.closings++;
    const prefix = this.prefixes.get(connection);
    if (prefix === undefined) return;
    this.prefixes.delete(connection);
    for (const name of ['procname', ...Object.keys(shown)]) this.database.delete(prefix + name);
  }

  refresh(): void {
    for (const [connection, prefix] of this.prefixes) this.show(connection, prefix);
  }

  clear(): void {
    for (const { counts } of this.prefixes.keys())
      Object.assign(counts, new ConnectionCounts(), { held: counts.held });
    this.refresh();
  }

  private show(connection: CountedConnection, prefix: string): void {
    for (const [name, read] of Object.entries(shown)) this.database.set(prefix + name, read(connection));
  }
}
