import type { NodeId } from '@coterie/sdk';
import type { RingIdDamage } from '../simulation/disk.js';
import type { Loss } from '../simulation/network.js';

/**
 * Something that is done to a cluster, as data that JSON can hold. Times are in milliseconds, probabilities from 0 to 1;
 * null stands for no limit. `group` names a program of the node by its process group.
 */
export type Fault =
  | { readonly kind: 'partition'; readonly groups: readonly (readonly NodeId[])[] }
  | { readonly kind: 'oneWay' | 'mesh'; readonly from: NodeId; readonly to: NodeId }
  | { readonly kind: 'heal' }
  | { readonly kind: 'loss'; readonly loss: Loss }
  | { readonly kind: 'duplication'; readonly rate: number }
  | { readonly kind: 'reordering'; readonly rate: number; readonly lateness: number }
  | { readonly kind: 'jitter'; readonly time: number }
  | { readonly kind: 'bandwidth'; readonly bytes: number | null }
  | {
      readonly kind: 'crash' | 'leave' | 'restart' | 'start' | 'diskFull' | 'syncFailure';
      readonly node: NodeId;
    }
  | { readonly kind: 'pause' | 'stall' | 'wallClock'; readonly node: NodeId; readonly time: number }
  | { readonly kind: 'damage'; readonly node: NodeId; readonly how: RingIdDamage }
  | {
      readonly kind: 'slowClient';
      readonly node: NodeId;
      readonly group: string;
      readonly pace: number | null;
    }
  | { readonly kind: 'deadClient' | 'groupLeave'; readonly node: NodeId; readonly group: string }
  | { readonly kind: 'reload'; readonly token: number }
  /** There was nobody to do anything to. */
  | { readonly kind: 'nothing' };

export type FaultKind = Fault['kind'];
/** As {@link Fault}, of one kind. */
export type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>;

/** For people: one line. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'partition':
      return `partition ${fault.groups.map((group) => `[${group.join(' ')}]`).join(' ')}`;
    case 'oneWay':
      return `cut ${fault.from} > ${fault.to}`;
    case 'mesh':
      return `cut ${fault.from} - ${fault.to}`;
    case 'loss':
      return `loss ${JSON.stringify(fault.loss)}`;
    case 'duplication':
      return `duplication ${percent(fault.rate)}`;
    case 'reordering':
      return `reordering ${percent(fault.rate)} by up to ${fault.lateness.toFixed(0)} ms`;
    case 'jitter':
      return `jitter ${fault.time.toFixed(1)} ms`;
    case 'bandwidth':
      return fault.bytes === null ? 'bandwidth unlimited' : `bandwidth ${fault.bytes.toFixed(0)} bytes/ms`;
    case 'heal':
    case 'nothing':
      return fault.kind;
    case 'crash':
    case 'leave':
    case 'start':
      return `${fault.kind} ${fault.node}`;
    case 'restart':
      return `crash and start ${fault.node}`;
    case 'diskFull':
      return `disk of ${fault.node} is full`;
    case 'syncFailure':
      return `disk of ${fault.node} fails to sync`;
    case 'pause':
    case 'stall':
      return `${fault.kind} ${fault.node} for ${fault.time.toFixed(0)} ms`;
    case 'wallClock':
      return `clock of ${fault.node} jumps by ${fault.time} ms`;
    case 'damage':
      return `crash ${fault.node}, ring id ${fault.how}`;
    case 'slowClient':
      return `${fault.group} of ${fault.node} ${fault.pace === null ? 'reads no event' : `takes ${fault.pace} ms to read an event`}`;
    case 'deadClient':
      return `kill ${fault.group} of ${fault.node}`;
    case 'groupLeave':
      return `${fault.group} of ${fault.node} leaves its group`;
    case 'reload':
      return `reload with token ${fault.token}`;
  }
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(0)} %`;
}
