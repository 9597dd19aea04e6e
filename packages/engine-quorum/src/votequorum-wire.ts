import { i32, list, message, safeU64, slot, struct, u32, u64 } from '@coterie/sdk';
import { Ring } from './quorum-wire.js';
import { DeviceName } from './wire.js';

/** Requests of service 5 (ipc_votequorum.h). */
export const VoteRequest = {
  info: 0,
  setExpected: 1,
  setVotes: 2,
  trackStart: 3,
  trackStop: 4,
  deviceRegister: 5,
  deviceUnregister: 6,
  deviceUpdate: 7,
  devicePoll: 8,
  deviceMasterWins: 9,
} as const;

export const VoteResponse = { status: 0, info: 1 } as const;
export const VoteEvent = { quorum: 3, expectedVotes: 4, nodelist: 5 } as const;

/** Bits of {@link Info}'s flags. */
export const InfoFlag = {
  twoNode: 1,
  quorate: 2,
  waitForAll: 4,
  lastManStanding: 8,
  autoTieBreaker: 16,
  allowDownscale: 32,
  deviceRegistered: 64,
  deviceAlive: 128,
  deviceCastsVote: 256,
  deviceMasterWins: 512,
} as const;

/** Node id 0 means this node. */
export const InfoOf = message({ nodeId: u32 });
export const Info = message({
  nodeId: u32,
  state: u32,
  votes: u32,
  expectedVotes: u32,
  highestExpected: u32,
  totalVotes: u32,
  quorum: u32,
  flags: u32,
  deviceVotes: u32,
  deviceName: DeviceName,
});
export const SetExpected = message({ votes: u32 });
export const SetVotes = message({ votes: u32, nodeId: u32 });
export const TrackStart = message({ context: u64, flags: u32 });
export const NamedDevice = message({ name: DeviceName });
export const DeviceUpdate = message({ oldName: DeviceName, newName: DeviceName });
export const DevicePoll = message({
  name: DeviceName,
  castVote: i32,
  ring: struct({ representative: u32, sequence: safeU64 }),
});
export const DeviceMasterWins = message({ name: DeviceName, allow: u32 });

/** All nodes ever met, and node 0 for a registered quorum device. */
export const QuorumChange = message({
  quorate: slot(u32),
  context: u64,
  count: slot(u32),
  nodes: list(struct({ nodeId: u32, state: u32 }), 'count'),
});
export const ExpectedVotesChange = message({ context: u64, expectedVotes: slot(u32) });
export const NodelistChange = message({
  context: u64,
  ring: Ring,
  count: slot(u32),
  members: list(u32, 'count'),
});
