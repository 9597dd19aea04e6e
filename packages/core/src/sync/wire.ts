import type { NodeId } from '@coterie/sdk';
import type { ManifestService } from '@coterie/sdk/manifest';

/** The versions of its messages that an engine speaks, both ends included. */
export type WireRange = ManifestService['wire'];

/** What an engine of a node can speak, and whether it has taken part until now: if not, there is nothing in it to lose. */
export interface WireOffer extends WireRange {
  readonly active: boolean;
}

/** Which version an engine's members speak on a ring; who does not speak it has to stand aside. */
export interface WireAgreement {
  readonly version: number;
  readonly speakers: readonly NodeId[];
}

/**
 * The version spoken by most of those that have taken part until now, then by most of all, then by the node with the
 * lowest id; and of versions with equal claims the latest. All nodes come to the same, as all have the same offers.
 *
 * @param offers by node, in ascending order; not empty
 */
export function agreeOnWire(offers: ReadonlyMap<NodeId, WireOffer>): WireAgreement {
  // Whatever the best version is: the latest that the same nodes speak is the end of somebody's range.
  const ends = new Set([...offers.values()].map(({ max }) => max));
  const claims = [...ends].sort((a, b) => b - a).map((version) => claimOf(version, offers));
  const [best] = claims.sort(
    (a, b) => b.active - a.active || b.speakers.length - a.speakers.length || a.speakers[0]! - b.speakers[0]!,
  );
  if (best === undefined) throw new RangeError('nobody offers a version');
  return best;
}

function claimOf(version: number, offers: ReadonlyMap<NodeId, WireOffer>) {
  const found = [...offers].filter(([, { min, max }]) => min <= version && version <= max);
  const active = found.filter(([, offer]) => offer.active).length;
  return { version, active, speakers: found.map(([node]) => node) };
}
