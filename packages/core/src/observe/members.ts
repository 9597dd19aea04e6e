import { value, type Database, type NodeId } from '@coterie/sdk';
import type { Configuration } from '@coterie/totem';

/** Keeps `runtime.members.*`: who is or was in the ring since this daemon started (corosync: exec/main.c). */
export class MemberKeys {
  private readonly joins = new Map<NodeId, number>();

  /** @param address of a node by the nodelist; undefined if it is not in it */
  constructor(
    private readonly database: Database,
    private readonly address: (node: NodeId) => string | undefined,
  ) {}

  configuration({ joined, left }: Configuration): void {
    for (const node of left) this.status(node, 'left');
    for (const node of joined) {
      const joins = (this.joins.get(node) ?? 0) + 1;
      this.joins.set(node, joins);
      // corosync writes the blank at the end; tools that read the key know it.
      this.database.set(key(node, 'ip'), value.string(`r(0) ip(${this.address(node) ?? ''}) `));
      this.database.set(key(node, 'join_count'), value.u32(joins));
      this.status(node, 'joined');
    }
  }

  private status(node: NodeId, status: 'joined' | 'left'): void {
    this.database.set(key(node, 'status'), value.string(status));
  }
}

function key(node: NodeId, name: string): string {
  return `runtime.members.${node}.${name}`;
}
