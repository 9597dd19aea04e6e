import { sameRing, type RingId } from '@coterie/sdk';
import { CpgClient, type CpgConnectOptions, type Process } from '@coterie/engine-cpg/client';
import { QuorumClient, type QuorumState } from '@coterie/engine-quorum/client';

/** Who leads, as this process knows it: nobody while its part of the cluster is not quorate. */
export interface Leadership {
  readonly leader: Process | undefined;
  /** It is this process. */
  readonly mine: boolean;
}

/**
 * Takes part in an election until `signal` aborts it: of all programs that do, the one with the lowest node id leads, on one
 * node the one with the lowest process id. All of them see the same members come and go in the same order, so nobody asks
 * anybody.
 *
 * @param onChange is called when somebody else leads; at the end, if anybody did, once more with nobody
 * @throws CoterieError COTERIE_E_CLIENT_*: no daemon, or one without the engines, or it was lost
 */
export async function campaign(
  name: string,
  onChange: (now: Leadership) => void,
  { signal, ...where }: CpgConnectOptions = {},
): Promise<void> {
  await using cpg = await CpgClient.connect(where);
  await using quorum = await QuorumClient.connect(where);
  const self: Process = { nodeId: cpg.nodeId, pid: process.pid };
  let members: readonly Process[] = [];
  /** The ring that the members are of; undefined while it changes. */
  let ring: RingId | undefined;
  let verdict: QuorumState | undefined;
  let told: Process | undefined;

  const decide = (): void => {
    // Two services tell of one change of the ring, one after the other: what they say counts once it is about the same ring.
    const settled = ring !== undefined && verdict?.quorate === true && sameRing(ring, verdict.ring);
    const leader = settled ? members[0] : undefined;
    if (same(leader, told)) return;
    told = leader;
    onChange({ leader, mine: same(leader, self) });
  };

  await using group = await cpg.join(name, {
    onConfiguration(event) {
      members = event.members;
      const moved = [...event.joined, ...event.left].some(({ reason }) => /^node-/.test(reason));
      if (moved) ring = undefined;
      decide();
    },
    onRing(event) {
      ring = event.ring;
      decide();
    },
  });
  const lost = new AbortController();
  void group.closed.then((reason) => lost.abort(reason));
  try {
    const over = AbortSignal.any(signal ? [lost.signal, signal] : [lost.signal]);
    for await (verdict of quorum.watch({ signal: over })) decide();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    verdict = undefined;
    decide();
  }
}

function same(a: Process | undefined, b: Process | undefined): boolean {
  return a?.nodeId === b?.nodeId && a?.pid === b?.pid;
}
