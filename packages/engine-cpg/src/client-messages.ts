import {
  array,
  bytes,
  list,
  message,
  padding,
  safeU64,
  slot,
  struct,
  u32,
  u64,
  type Infer,
} from '@coterie/sdk';
import { groupName, unboundedName } from './group-name.js';

export { unbounded } from './group-name.js';

/** What clients ask for (include/corosync/ipc_cpg.h, req_cpg_types). */
export const ClientRequest = {
  JOIN: 0,
  LEAVE: 1,
  MCAST: 2,
  MEMBERSHIP: 3,
  LOCAL_GET: 4,
  ITERATION_INITIALIZE: 5,
  ITERATION_NEXT: 6,
  ITERATION_FINALIZE: 7,
  FINALIZE: 8,
  ZERO_COPY_ALLOCATE: 9,
  ZERO_COPY_FREE: 10,
  ZERO_COPY_EXECUTE: 11,
  PARTIAL_MCAST: 12,
} as const;

/** What they get (res_cpg_types). */
export const ClientResponse = {
  JOIN: 0,
  LEAVE: 1,
  MCAST: 2,
  MEMBERSHIP: 3,
  LOCAL_GET: 7,
  ITERATION_INITIALIZE: 9,
  ITERATION_NEXT: 10,
  ITERATION_FINALIZE: 11,
  FINALIZE: 12,
  PARTIAL_MCAST: 18,
} as const;

export const ClientEvent = { CONFIGURATION: 4, DELIVER: 5, RING: 13, PARTIAL_DELIVER: 17 } as const;

/** Bytes of the longest message that is not split: 1 MiB less corosync's room for headers. */
export const MAX_MESSAGE = 1048576 - 1024;

/** Entries of a list of processes that libcpg has room for (CPG_MEMBERS_MAX): more overruns the client's stack. */
export const MAX_MEMBERS = 128;

/** Join flag: send the ring's members along with the first configuration (CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF). */
export const DELIVER_RING = 1;

/** Position of a fragment (lib_cpg_partial_types). */
export const Fragment = { FIRST: 1, CONTINUED: 2, LAST: 3 } as const;

/** What to iterate over (cpg_iteration_type_t). */
export const IterationType = { NAMES: 1, ONE_GROUP: 2, ALL: 3 } as const;

export const Join = message({ group: unboundedName, pid: slot(u32), flags: slot(u32) });
export const Leave = message({ group: unboundedName, pid: slot(u32) });

/* Messages that carry data have a head, which is what is sent ahead of it, and the whole, which is what is read. */

const mcast = { error: padding(8), guarantee: slot(u32), length: slot(u32) };
/** Stands behind a 24-byte header, as does {@link PartialMcastRequest}. */
export const McastRequestHead = message(mcast);
export const McastRequest = message({ ...mcast, data: bytes('length') });

const partialMcast = {
  error: padding(8),
  guarantee: slot(u32),
  total: slot(u32),
  length: slot(u32),
  type: slot(u32),
};
export const PartialMcastRequestHead = message(partialMcast);
export const PartialMcastRequest = message({ ...partialMcast, data: bytes('length') });
export type PartialMcastRequest = Infer<typeof PartialMcastRequest>;

/** A process in a list; `reason` is 0 for one that neither joined nor left. */
export const Address = struct({ nodeId: slot(u32), pid: slot(u32), reason: slot(u32) });
export type Address = Infer<typeof Address>;

export const MembershipRequest = message({ group: unboundedName });
export const MembershipResponse = message({ count: slot(u32), members: array(Address, 384, 'count') });

/** Where the client has made the buffer, up to a NUL (mar_req_coroipcc_zc_alloc_t); its size is known from the file. */
export const ZeroCopyAllocate = message({ size: u64, path: bytes(128) });
export const ZeroCopyFree = message({ size: u64, handle: u64 });
export const ZeroCopyExecute = message({ handle: u64 });

export const LocalGetResponse = message({ nodeId: slot(u32) });

export const IterationRequest = message({ group: unboundedName, type: slot(u32) });
export const IterationHandle = message({ handle: u64 });
/** Node and pid are 0 when iterating over names. */
export const IterationItem = message({ group: groupName, nodeId: u32, pid: u32 });
export type IterationItem = Infer<typeof IterationItem>;

export const Configuration = message({
  group: groupName,
  memberCount: slot(u32),
  joinedCount: slot(u32),
  leftCount: slot(u32),
  members: list(Address, 'memberCount'),
  left: list(Address, 'leftCount'),
  joined: list(Address, 'joinedCount'),
});

const deliver = { group: groupName, length: slot(u32), nodeId: slot(u32), pid: slot(u32) };
export const DeliverHead = message(deliver);
export const Deliver = message({ ...deliver, data: bytes('length') });

const partialDeliver = {
  group: groupName,
  total: slot(u32),
  length: slot(u32),
  nodeId: slot(u32),
  pid: slot(u32),
  type: slot(u32),
};
export const PartialDeliverHead = message(partialDeliver);
export const PartialDeliver = message({ ...partialDeliver, data: bytes('length') });

export const RingConfiguration = message({
  representative: slot(u32),
  sequence: safeU64,
  count: u32,
  members: list(u32, 'count'),
});
