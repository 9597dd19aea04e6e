import type { Cluster, NodeId, SyncView, Synchroniser, View } from '@coterie/sdk';
import type { Address } from './client-messages.js';
import type { Groups, Process } from './groups.js';
import { DownList, JoinList, Reason, RingMessage } from './ring-messages.js';

/** What synchronisation finds out, for the engine to tell its clients. */
export interface SynchronisationEvents {
  /** One call a group and kind of change. */
  changed(group: string, joined: readonly Address[], left: readonly Address[]): void;
  /** The view counts from now on; all changes of groups that it brought have been told. */
  activated(view: View): void;
}

/**
 * How members agree about the groups after a change of the ring (exec/cpg.c, cpg_sync_*): everybody sends its
 * own processes, then takes out those of nodes that left, takes in those of nodes that came, and takes out
 * those that ended while it could not hear.
 */
export class GroupSynchroniser implements Synchroniser {
  /** Of the configuration activated last. */
  private members: readonly NodeId[] = [];
  /** What is being synchronised. */
  private view: SyncView | undefined;
  private downListSent = false;
  /** Members at the last activation that have since missed a configuration of this node's. */
  private readonly departed = new Set<NodeId>();
  /** Processes by the node that listed them since {@link init}. */
  private readonly joinLists = new Map<NodeId, JoinList['processes']>();
  /** Processes that joined or left since {@link init}, by {@link key}: join lists may be older. */
  private readonly joined = new Set<string>();
  private readonly left = new Set<string>();

  constructor(
    private readonly cluster: Cluster,
    private readonly groups: Groups,
    private readonly events: SynchronisationEvents,
  ) {}

  /**
   * A node counts as departed if it missed any configuration since the last activation, also if it is back: it
   * may have told its clients that this node's processes left.
   */
  init(view: SyncView): void {
    this.view = view;
    this.downListSent = false;
    this.forget();
    const together = new Set(view.transitional);
    for (const member of this.members) {
      if (!together.has(member) && member !== this.cluster.nodeId) this.departed.add(member);
    }
  }

  process(): 'done' | 'again' {
    if (!this.downListSent) {
      const downList = { oldMembers: this.members.length, nodes: [...this.departed].sort((a, b) => a - b) };
      if (!this.cluster.multicast(RingMessage.DOWN_LIST, DownList, downList)) return 'again';
      this.downListSent = true;
    }
    const processes = this.localProcesses();
    if (processes.length === 0) return 'done';
    return this.cluster.multicast(RingMessage.JOIN_LIST, JoinList, { processes }) ? 'done' : 'again';
  }

  activate(): void {
    const { view } = this;
    if (view === undefined) return;
    this.members = view.members;
    this.view = undefined;
    this.removeDeparted();
    this.addListed();
    this.removeUnlisted();
    this.departed.clear();
    this.forget();
    this.events.activated(view);
  }

  abort(): void {
    this.view = undefined;
  }

  /** A member's own processes. A list of an aborted round may come before the one that counts. */
  listed(from: NodeId, processes: JoinList['processes']): void {
    this.joinLists.set(from, processes);
  }

  processJoined(group: string, process: Process): void {
    if (this.view === undefined) return;
    this.joined.add(key(group, process));
    this.left.delete(key(group, process));
  }

  processLeft(group: string, process: Process): void {
    if (this.view === undefined) return;
    this.left.add(key(group, process));
    this.joined.delete(key(group, process));
  }

  private localProcesses(): JoinList['processes'] {
    const processes: { pid: number; group: string }[] = [];
    for (const group of this.groups) {
      if (!group.hasNode(this.cluster.nodeId)) continue;
      for (const { nodeId, pid } of group.processes) {
        if (nodeId === this.cluster.nodeId) processes.push({ pid, group: group.name });
      }
    }
    return processes.sort((a, b) => a.pid - b.pid);
  }

  private removeDeparted(): void {
    const gone = ({ nodeId }: Process) => this.departed.has(nodeId);
    for (const [group, processes] of this.groups.removeWhere(gone)) {
      this.events.changed(group, [], addresses(processes, Reason.NODE_DOWN));
    }
  }

  private addListed(): void {
    const changes = new Map<string, Process[]>();
    for (const [group, process] of this.latestFirst()) {
      if (process.nodeId === this.cluster.nodeId || this.left.has(key(group, process))) continue;
      if (!this.groups.add(group, process)) continue;
      const added = changes.get(group);
      if (added === undefined) changes.set(group, [process]);
      else added.push(process);
    }
    for (const group of [...changes.keys()].sort()) {
      this.events.changed(group, addresses(changes.get(group) ?? [], Reason.NODE_UP), []);
    }
  }

  /** Processes that ended while this node was paused or apart (exec/cpg.c, joinlist_remove_zombie_pi_entries). */
  private removeUnlisted(): void {
    const alive = new Set(this.joined);
    for (const [group, process] of this.latestFirst()) alive.add(key(group, process));
    const gone = (process: Process, group: string) =>
      process.nodeId !== this.cluster.nodeId && !alive.has(key(group, process));
    for (const [group, processes] of this.groups.removeWhere(gone)) {
      this.events.changed(group, [], addresses(processes, Reason.PROCESS_DOWN));
    }
  }

  /** What the join lists say, in the order in which corosync's clients hear of it: the reverse of arrival. */
  private *latestFirst(): Generator<[group: string, process: Process]> {
    for (const [nodeId, processes] of [...this.joinLists].reverse()) {
      for (let i = processes.length - 1; i >= 0; i--) {
        const { group, pid } = processes[i]!;
        yield [group, { nodeId, pid }];
      }
    }
  }

  private forget(): void {
    this.joinLists.clear();
    this.joined.clear();
    this.left.clear();
  }
}

function addresses(processes: readonly Process[], reason: number): Address[] {
  return processes.map(({ nodeId, pid }) => ({ nodeId, pid, reason }));
}

function key(group: string, { nodeId, pid }: Process): string {
  return `${nodeId} ${pid} ${group}`;
}
