/** What the ring counts, under corosync's names (`stats.srp.*`). */
export class RingCounters {
  orf_token_tx = 0;
  orf_token_rx = 0;
  memb_merge_detect_tx = 0;
  memb_merge_detect_rx = 0;
  memb_join_tx = 0;
  memb_join_rx = 0;
  mcast_tx = 0;
  mcast_retx = 0;
  mcast_rx = 0;
  memb_commit_token_tx = 0;
  memb_commit_token_rx = 0;
  token_hold_cancel_tx = 0;
  token_hold_cancel_rx = 0;
  operational_entered = 0;
  operational_token_lost = 0;
  gather_entered = 0;
  gather_token_lost = 0;
  commit_entered = 0;
  commit_token_lost = 0;
  recovery_entered = 0;
  recovery_token_lost = 0;
  consensus_timeouts = 0;
  continuous_gather = 0;
  rx_msg_dropped = 0;
  /** Dropped packets by reason. */
  readonly dropped = new Map<string, number>();

  drop(reason: string): void {
    this.rx_msg_dropped++;
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
  }
}
