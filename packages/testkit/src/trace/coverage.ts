import type { RingState, RingTimer } from '@coterie/totem';
import { gatherReasons } from '@coterie/totem/internal';

/** The states of a ring. */
export const ringStates = ['operational', 'gather', 'commit', 'recovery'] as const satisfies RingState[];

/** Packets in the order of their type bytes. */
const packets = ['token', 'message', 'merge detect', 'join', 'commit token', 'hold cancel'];
const timers = [
  ...(['tokenLoss', 'tokenRetransmit', 'hold', 'merge', 'join', 'joinDelay', 'consensus'] as const),
] satisfies RingTimer[];
const changes = [
  ...Object.values(gatherReasons),
  ...['consensus reached', 'the commit token has come round', 'recovery is complete'],
];

/** What can happen to a ring: a packet comes, a timer runs out, the state changes for a reason. */
export const ringEvents: readonly string[] = [
  ...packets.map((packet) => `packet: ${packet}`),
  ...timers.map((timer) => `timer: ${timer.replace(/[A-Z]/, (letter) => ` ${letter.toLowerCase()}`)}`),
  ...changes.map((cause) => `change: ${cause}`),
];

const rowOf = Object.fromEntries(ringStates.map((state, i) => [state, i * ringEvents.length]));
const timerColumn = Object.fromEntries(timers.map((timer, i) => [timer, packets.length + i]));
const changeColumn = Object.fromEntries(
  changes.map((cause, i) => [cause, packets.length + timers.length + i]),
);

/** Which events the rings of a run met, in which states. */
export class Coverage {
  /** 1 for each pair that was met; by state, then by event. */
  readonly met = new Uint8Array(ringStates.length * ringEvents.length);

  packet(state: RingState, type: number): void {
    this.met[rowOf[state]! + type] = 1;
  }

  timer(state: RingState, timer: RingTimer): void {
    this.met[rowOf[state]! + timerColumn[timer]!] = 1;
  }

  /** A change for a cause that no ring gives is not counted. */
  change(from: RingState, cause: string): void {
    const column = changeColumn[cause];
    if (column !== undefined) this.met[rowOf[from]! + column] = 1;
  }
}
