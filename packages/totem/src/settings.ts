import type { NodeId } from '@coterie/sdk';

/** Protocol settings (corosync.conf(5), section totem); all times in milliseconds, already effective values. */
export interface TotemSettings {
  readonly nodeId: NodeId;
  readonly token: number;
  /** A token that takes longer is logged; 0: never. */
  readonly tokenWarning: number;
  readonly tokenRetransmit: number;
  readonly hold: number;
  readonly join: number;
  readonly sendJoin: number;
  readonly consensus: number;
  readonly merge: number;
  readonly failRecvConst: number;
  readonly seqnoUnchangedConst: number;
  readonly heartbeatFailuresAllowed: number;
  readonly maxNetworkDelay: number;
  readonly windowSize: number;
  readonly maxMessages: number;
  readonly missCountConst: number;
  readonly cancelTokenHoldOnRetransmit: boolean;
  /** `netmtu`: datagrams carry at most this many bytes in recovery, 45 less otherwise. */
  readonly netmtu: number;
}
