import { array, bytes, list, message, padding, slot, struct, u32, type Infer } from '@coterie/sdk';
import { groupName } from './group-name.js';

/** Functions of service 2 on the ring (exec/cpg.c, enum cpg_message_req_types). */
export const RingMessage = {
  JOIN: 0,
  LEAVE: 1,
  JOIN_LIST: 2,
  MCAST: 3,
  DOWN_LIST_OLD: 4,
  DOWN_LIST: 5,
  PARTIAL_MCAST: 6,
} as const;

/** Why a process joined or left (lib_cpg_confchg_reason). */
export const Reason = { JOIN: 1, LEAVE: 2, NODE_DOWN: 3, NODE_UP: 4, PROCESS_DOWN: 5 } as const;

/** JOIN and LEAVE: a process of the sender. Receivers ignore the reason of a join. */
export const Membership = message({ group: groupName, pid: slot(u32), reason: slot(u32) });

/** JOIN_LIST: all processes of the sender. Stands behind a 24-byte header: the body starts with its error, unused. */
export const JoinList = message({
  error: padding(8),
  processes: list(struct({ pid: slot(u32), group: groupName })),
});
export type JoinList = Infer<typeof JoinList>;

/** DOWN_LIST: what the sender misses of its last configuration. Receivers go by their own. */
export const DownList = message({
  oldMembers: slot(u32),
  leftNodes: slot(u32),
  nodes: array(u32, 384, 'leftNodes'),
});

/** The sender's connection; receivers take the node from the ring instead. */
const source = { sourceNode: slot(u32), sourceConnection: slot(u32) };

const mcast = { group: groupName, length: slot(u32), pid: slot(u32), ...source };
/** What is sent ahead of the data. */
export const McastHead = message(mcast);
export const Mcast = message({ ...mcast, data: bytes('length') });
export type Mcast = Infer<typeof Mcast>;

const partial = {
  group: groupName,
  total: slot(u32),
  length: slot(u32),
  pid: slot(u32),
  type: slot(u32),
  ...source,
};
/** Fragments of a message too long for one MCAST; `total` is the length of the whole. */
export const PartialMcastHead = message(partial);
export const PartialMcast = message({ ...partial, data: bytes('length') });
export type PartialMcast = Infer<typeof PartialMcast>;
