import type { NodeId, RingId } from '@coterie/sdk';
import { Reason } from '../ring-messages.js';

/** A member of a group. */
export interface Process {
  readonly nodeId: NodeId;
  /** Of the process, or what it joined with instead. */
  readonly pid: number;
}

/**
 * `join`, `leave`: it asked to. `process-down`: it ended without leaving. `node-down`: its node left this node's
 * ring. `node-up`: its node came into it.
 */
export type ChangeReason = 'join' | 'leave' | 'node-down' | 'node-up' | 'process-down';

export interface Change extends Process {
  readonly reason: ChangeReason;
}

/** A message of a member, this one included. */
export interface DeliverEvent {
  readonly type: 'deliver';
  readonly from: Process;
  readonly data: Uint8Array;
}

/** Who belongs to the group from here on: members that stay together see it between the same messages. */
export interface ConfigurationEvent {
  readonly type: 'configuration';
  /** By node id, then by pid; at most 128, as are the others. */
  readonly members: readonly Process[];
  readonly joined: readonly Change[];
  readonly left: readonly Change[];
}

/** The nodes that this node forms a ring with: behind the first configuration, and after each change. */
export interface RingEvent {
  readonly type: 'ring';
  readonly ring: RingId;
  readonly members: readonly NodeId[];
}

export type GroupEvent = DeliverEvent | ConfigurationEvent | RingEvent;

const reasons: Readonly<Record<number, ChangeReason>> = {
  [Reason.JOIN]: 'join',
  [Reason.LEAVE]: 'leave',
  [Reason.NODE_DOWN]: 'node-down',
  [Reason.NODE_UP]: 'node-up',
  [Reason.PROCESS_DOWN]: 'process-down',
};

/** A reason that corosync does not know counts as an unexpected end. */
export function change({ nodeId, pid, reason }: Process & { readonly reason: number }): Change {
  return { nodeId, pid, reason: reasons[reason] ?? 'process-down' };
}
