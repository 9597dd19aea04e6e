/**
 * Why a packet was ignored. Each is counted under its name (`rx_dropped.<reason>`). The first group concerns
 * every packet, the others one type each; `pg_` is the process-group layer (the payload of an mcast).
 */
export const dropReasons = [
  'short',
  'magic',
  'byte_order',
  'version',
  'type',
  'node_id',
  'ring_seq',

  'token_short',
  'token_long',
  'token_rtr_count',

  'mcast_short',
  'mcast_sender',
  'mcast_encapsulated',
  'mcast_inner',

  'merge_detect_short',
  'merge_detect_sender',

  'join_short',
  'join_count',
  'join_list_node_id',
  'join_duplicate',
  'join_sender',
  'join_leave',
  'join_address',

  'commit_short',
  'commit_count',
  'commit_index',
  'commit_order',
  'commit_representative',

  'hold_cancel_short',

  'pg_short',
  'pg_count',
  'pg_lengths',
  'pg_continuation',
  'pg_throwing_away',
  'pg_too_long',
  'pg_group',
] as const;

export type DropReason = (typeof dropReasons)[number];
