import type { NodeId } from '@coterie/sdk';

/** A member of a process group. `pid` is what the process said when it joined. */
export interface Process {
  readonly nodeId: NodeId;
  readonly pid: number;
}

/** Position in a group's list: by node, then by pid (exec/cpg.c, do_proc_join). */
function compare(a: Process, b: Process): number {
  return a.nodeId - b.nodeId || a.pid - b.pid;
}

/** A named group with at least one process somewhere on the ring. */
export class Group {
  private readonly sorted: Process[] = [];
  private readonly perNode = new Map<NodeId, number>();

  /** @param name up to 128 bytes, one character a byte. */
  constructor(readonly name: string) {}

  /** By node id, then by pid. */
  get processes(): readonly Process[] {
    return this.sorted;
  }

  /** Has the node any process in the group? */
  hasNode(nodeId: NodeId): boolean {
    return this.perNode.has(nodeId);
  }

  has(process: Process): boolean {
    return this.hasNode(process.nodeId) && this.sorted.some((member) => compare(member, process) === 0);
  }

  /** False if the process is a member already. */
  add(process: Process): boolean {
    const at = this.sorted.findIndex((member) => compare(member, process) >= 0);
    const next = this.sorted[at];
    if (next !== undefined && compare(next, process) === 0) return false;
    this.sorted.splice(at === -1 ? this.sorted.length : at, 0, process);
    this.perNode.set(process.nodeId, (this.perNode.get(process.nodeId) ?? 0) + 1);
    return true;
  }

  /** Takes out the processes that `gone` is true for, and returns them in order. */
  removeWhere(gone: (process: Process) => boolean): Process[] {
    const removed: Process[] = [];
    let kept = 0;
    for (const process of this.sorted) {
      if (gone(process)) removed.push(process);
      else this.sorted[kept++] = process;
    }
    this.sorted.length = kept;
    for (const { nodeId } of removed) {
      const left = (this.perNode.get(nodeId) ?? 1) - 1;
      if (left === 0) this.perNode.delete(nodeId);
      else this.perNode.set(nodeId, left);
    }
    return removed;
  }
}

/** Every process group of the ring, as this node knows it; the same on every synchronised member. */
export class Groups implements Iterable<Group> {
  private readonly byName = new Map<string, Group>();

  [Symbol.iterator](): Iterator<Group> {
    return this.byName.values();
  }

  find(name: string): Group | undefined {
    return this.byName.get(name);
  }

  has(name: string, process: Process): boolean {
    return this.byName.get(name)?.has(process) ?? false;
  }

  /** False if the process was in the group already. */
  add(name: string, process: Process): boolean {
    let group = this.byName.get(name);
    if (group === undefined) {
      group = new Group(name);
      this.byName.set(name, group);
    }
    return group.add(process);
  }

  /** False if the process was not in the group. */
  remove(name: string, process: Process): boolean {
    const group = this.byName.get(name);
    if (group === undefined) return false;
    const removed = group.removeWhere((member) => compare(member, process) === 0);
    if (group.processes.length === 0) this.byName.delete(name);
    return removed.length > 0;
  }

  /** Takes out every process that `gone` is true for: what left, by group, groups in the order of their names' bytes. */
  removeWhere(gone: (process: Process, group: string) => boolean): Map<string, Process[]> {
    const changes = new Map<string, Process[]>();
    for (const name of [...this.byName.keys()].sort()) {
      const group = this.byName.get(name);
      const removed = group?.removeWhere((process) => gone(process, name)) ?? [];
      if (removed.length > 0) changes.set(name, removed);
      if (group?.processes.length === 0) this.byName.delete(name);
    }
    return changes;
  }
}
