import { i32, list, message, safeU64, slot, struct, u32 } from '@coterie/sdk';

/** Requests of service 3 (ipc_quorum.h). */
export const QuorumRequest = {
  quorate: 0,
  trackStart: 1,
  trackStop: 2,
  type: 3,
  modelType: 4,
  /** Coterie's own. */
  explain: 64,
} as const;

/** Response ids; a client does not look at them. */
export const QuorumResponse = {
  quorate: 0,
  trackStart: 1,
  trackStop: 2,
  type: 4,
  modelType: 5,
  explain: 64,
} as const;

/** Event ids: the first one for clients of model 0, the others for those of model 1. */
export const QuorumEvent = { notification: 3, quorum: 6, nodelist: 7 } as const;

/** Bits of a track request. */
export const Track = { current: 1, changes: 2, changesOnly: 4 } as const;

export const TrackFlags = message({ flags: u32 });
export const Model = message({ model: u32 });
export const Quorate = message({ quorate: u32 });
/** 0: no provider, always quorate; 1: a provider decides. */
export const ProviderType = message({ type: u32 });

/** A ring as clients see it. */
export const Ring = struct({ representative: slot(u32), sequence: safeU64 });

export const Notification = message({
  quorate: slot(i32),
  sequence: safeU64,
  count: u32,
  members: list(u32, 'count'),
});

export const QuorumNotification = message({
  quorate: slot(i32),
  ring: Ring,
  count: u32,
  members: list(u32, 'count'),
});

export const NodelistNotification = message({
  ring: Ring,
  memberCount: slot(u32),
  joinedCount: slot(u32),
  leftCount: u32,
  members: list(u32, 'memberCount'),
  joined: list(u32, 'joinedCount'),
  left: list(u32, 'leftCount'),
});
