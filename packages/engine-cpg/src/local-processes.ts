import type { Connection } from './connection.js';

const none: readonly Connection[] = [];

/** The connections of this node's processes, by what they joined. */
export class LocalProcesses {
  /** One process joins a group once: by {@link identity}, from the request until the connection ends. */
  private readonly byIdentity = new Map<string, Connection>();
  /** Who hears the events of a group. The lists are replaced, not changed: dispatching may end a connection. */
  private readonly byGroup = new Map<string, readonly Connection[]>();

  get size(): number {
    return this.byIdentity.size;
  }

  find(group: string, pid: number): Connection | undefined {
    return this.byIdentity.get(identity(group, pid));
  }

  /** Connections that hear what goes on in the group. */
  in(group: string): readonly Connection[] {
    return this.byGroup.get(group) ?? none;
  }

  add(connection: Connection): void {
    this.byIdentity.set(identity(connection.group, connection.pid), connection);
  }

  /** From now on the connection hears its group's events. */
  attach(connection: Connection): void {
    this.byGroup.set(connection.group, [...this.in(connection.group), connection]);
  }

  /** The connection hears no more, and still occupies its place. */
  detach(connection: Connection): void {
    const rest = this.in(connection.group).filter((other) => other !== connection);
    if (rest.length > 0) this.byGroup.set(connection.group, rest);
    else this.byGroup.delete(connection.group);
  }

  remove(connection: Connection): void {
    this.detach(connection);
    const key = identity(connection.group, connection.pid);
    if (this.byIdentity.get(key) === connection) this.byIdentity.delete(key);
  }
}

/** Of a process in a group on this node. */
export function identity(group: string, pid: number): string {
  return `${pid} ${group}`;
}
