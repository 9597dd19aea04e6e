import type { NodeId } from '@coterie/sdk';

/** A part of the cluster that was, or was about to be, the primary one. Later sessions have higher ids. */
export interface Session {
  readonly id: number;
  readonly members: readonly NodeId[];
}

/** What a node knows of sessions; the members of a new ring tell each other. */
export interface YkdState {
  /** The highest session it has taken part in. */
  readonly id: number;
  readonly lastPrimary: Session;
  /** Begun since, and not known to have been formed by all: others may have formed them. */
  readonly ambiguous: readonly Session[];
}

/**
 * May the members of a ring try to be the primary component, and under which session id? Only if they hold a majority of
 * the last primary component and of every later one that may have been formed without their knowing (Yeger-Lotem,
 * Keidar, Dolev, "Dynamic Voting for Consistent Primary Components", 1997; corosync's vsf_ykd.c).
 */
export function nextSession(states: readonly YkdState[], members: readonly NodeId[]): Session | undefined {
  const lastPrimary = states
    .map((state) => state.lastPrimary)
    .reduce((latest, session) => (session.id > latest.id ? session : latest));
  const later = states.flatMap(({ ambiguous }) => ambiguous).filter(({ id }) => id > lastPrimary.id);
  if (![lastPrimary, ...later].every((session) => holds(members, session))) return undefined;
  return { id: Math.max(...states.map(({ id }) => id)) + 1, members };
}

/**
 * More than half of the session, or half of it with its lowest node. corosync takes any half: there, both halves of an
 * even split are primary.
 */
function holds(members: readonly NodeId[], session: Session): boolean {
  const here = session.members.filter((nodeId) => members.includes(nodeId)).length;
  if (2 * here !== session.members.length) return 2 * here > session.members.length;
  return members.includes(Math.min(...session.members));
}
