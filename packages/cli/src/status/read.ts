import { ConfdbClient } from '@coterie/engine-confdb/client';
import { QuorumClient } from '@coterie/engine-quorum/client';
import { formatRing, type DatabaseValue } from '@coterie/sdk';
import type { Keys, RingStatus, VoteStatus } from './snapshot.js';

/** Reads the keys below these prefixes from the daemon's database. Those of `stats.` are in a map of their own. */
export async function readKeys(runDir: string, prefixes: readonly string[]): Promise<Keys> {
  const keys = new Map<string, DatabaseValue>();
  for (const statistics of [false, true]) {
    const wanted = prefixes.filter((prefix) => prefix.startsWith('stats.') === statistics);
    if (wanted.length === 0) continue;
    await using database = await ConfdbClient.connect({ runDir, map: statistics ? 'stats' : 'icmap' });
    for (const prefix of wanted) {
      for await (const { key, value } of database.iterate(prefix)) keys.set(key, value);
    }
  }
  return keys;
}

/** The ring and its verdict as the quorum service has them now. */
export async function readRing(runDir: string): Promise<RingStatus> {
  await using client = await QuorumClient.connect({ runDir });
  const votes = (await client.hasProvider()) ? await readVotes(client) : undefined;
  for await (const { quorate, ring, members } of client.watch()) {
    return { ring: formatRing(ring), members, quorate, votes };
  }
  throw new Error('the daemon ended its quorum events without an error');
}

async function readVotes(client: QuorumClient): Promise<VoteStatus> {
  const { expectedVotes, totalVotes, quorum, flags } = await client.info();
  const { quorate, ...others } = flags;
  const set = Object.entries(others).filter(([, on]) => on);
  return {
    quorate,
    expected: expectedVotes,
    total: totalVotes,
    needed: quorum,
    flags: set.map(([name]) => name),
  };
}
