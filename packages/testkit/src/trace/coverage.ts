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

/** An event that some states cannot meet: the states that can, and why the others cannot. */
interface Confined {
  readonly event: string;
  readonly states: readonly RingState[];
  readonly why: string;
}

const onlyGather = ['gather'] as const;
const stoppedByCommit =
  'started by gather only, stopped by commit, through which every way out of gather goes';
const ownState = 'the cause names the state that it is of';
const confined: readonly Confined[] = [
  {
    event: 'timer: token retransmit',
    states: ['operational', 'commit', 'recovery'],
    why: 'stopped by gather, which has no token',
  },
  {
    event: 'timer: merge',
    states: ['operational', 'recovery'],
    why: 'started by a token, stopped by gather; commit follows gather',
  },
  ...['join', 'join delay', 'consensus'].map((timer) => ({
    event: `timer: ${timer}`,
    states: onlyGather,
    why: stoppedByCommit,
  })),
  ...([0, 3, 8, 10] as const).map((reason) => ({
    event: `change: ${gatherReasons[reason]}`,
    states: onlyGather,
    why: ownState,
  })),
  ...([2, 7, 9, 12] as const).map((reason) => ({
    event: `change: ${gatherReasons[reason]}`,
    states: ['operational'] as const,
    why: ownState,
  })),
  ...([4, 13] as const).map((reason) => ({
    event: `change: ${gatherReasons[reason]}`,
    states: ['commit'] as const,
    why: ownState,
  })),
  { event: `change: ${gatherReasons[5]}`, states: ['recovery'], why: ownState },
  {
    event: `change: ${gatherReasons[6]}`,
    states: ['operational', 'recovery'],
    why: 'only a token tells; gather and commit take none',
  },
  {
    event: `change: ${gatherReasons[14]}`,
    states: ['gather', 'recovery'],
    why: 'a join heard in recovery, which may have led back to gather already',
  },
  { event: 'change: consensus reached', states: onlyGather, why: 'the way into commit' },
  { event: 'change: the commit token has come round', states: ['commit'], why: 'the way into recovery' },
  { event: 'change: recovery is complete', states: ['recovery'], why: 'the way into operational' },
];

/** Why no ring meets the event in the state, whatever happens; undefined if one may. */
export function impossible(state: RingState, event: string): string | undefined {
  const rule = confined.find((each) => each.event === event);
  return rule?.states.includes(state) === false ? rule.why : undefined;
}
