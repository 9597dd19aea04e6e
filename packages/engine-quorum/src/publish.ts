import { value, type Database } from '@coterie/sdk';
import type { FixedRules, TieBreaker } from './rules.js';
import type { Votes } from './votes.js';

const PREFIX = 'runtime.votequorum.';

/** Writes what is known under corosync's key names; the database ignores values that did not change. */
export function publish(database: Database, votes: Votes, fixed: FixedRules): void {
  const u32 = (name: string, n: number | undefined) => {
    if (n !== undefined) database.set(PREFIX + name, value.u32(n));
  };
  const flag = (name: string, on: boolean) => database.set(PREFIX + name, value.u8(on ? 1 : 0));
  u32('this_node_id', votes.self.nodeId);
  u32('lowest_node_id', votes.lowest);
  u32('highest_node_id', votes.highest);
  u32('ev_barrier', votes.barrier);
  if (fixed.trackExpectedVotes) u32('ev_tracking_barrier', votes.trackedBarrier);
  if (fixed.tieBreaker !== 'none') u32('atb_type', tieBreakerNumber(votes.rules.tieBreaker));
  flag('two_node', votes.rules.twoNode);
  if (votes.rules.waitForAll) flag('wait_for_all_status', votes.waitingForAll);
  else database.delete(`${PREFIX}wait_for_all_status`);
  if (votes.rules.device) flag('qdevice_can_operate', votes.rules.deviceAllowed);
  if (votes.rules.device) flag('qdevice_master_wins', votes.masterWins);
}

function tieBreakerNumber(breaker: TieBreaker): number {
  if (typeof breaker !== 'string') return 3;
  return { none: 0, lowest: 1, highest: 2 }[breaker];
}
