import { IterationType, type IterationItem } from './client-messages.js';
import type { Group, Groups } from './groups.js';

/** Iterations that a connection may have open at a time. */
const MAX_ITERATIONS = 64;

/** The open iterations of one connection: each walks over a copy of the groups as they were when it began. */
export class Iterations {
  private readonly open = new Map<bigint, Iterator<IterationItem>>();
  private last = 0n;

  /** The handle; undefined if too many are open. */
  begin(items: readonly IterationItem[]): bigint | undefined {
    if (this.open.size >= MAX_ITERATIONS) return undefined;
    this.open.set(++this.last, items.values());
    return this.last;
  }

  next(handle: bigint): IteratorResult<IterationItem, undefined> | undefined {
    return this.open.get(handle)?.next();
  }

  /** False if there is no such iteration. */
  end(handle: bigint): boolean {
    return this.open.delete(handle);
  }
}

/** What an iteration of this type walks over, group by group; undefined if there is no such type. */
export function itemsOf(groups: Groups, type: number, name: string | undefined): IterationItem[] | undefined {
  switch (type) {
    case IterationType.NAMES:
      return Array.from(groups, ({ name: group }) => ({ group, nodeId: 0, pid: 0 }));
    case IterationType.ONE_GROUP:
      return name === undefined ? [] : processesOf(groups.find(name));
    case IterationType.ALL:
      return Array.from(groups, processesOf).flat();
    default:
      return undefined;
  }
}

function processesOf(group: Group | undefined): IterationItem[] {
  return group?.processes.map(({ nodeId, pid }) => ({ group: group.name, nodeId, pid })) ?? [];
}
