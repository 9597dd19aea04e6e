/** For the packages beside this one; not part of the public surface. */
export * from './groups/assemble.js';
export * from './groups/groups.js';
export * from './groups/layout.js';
export * from './groups/pack.js';
export * from './groups/packet-queue.js';
export * from './wire/commit-token.js';
export * from './wire/drop-reason.js';
export * from './wire/header.js';
export * from './wire/hold-cancel.js';
export * from './wire/join.js';
export * from './wire/mcast.js';
export * from './wire/merge-detect.js';
export * from './wire/orf-token.js';
export * from './wire/ring-id.js';
export * from './wire/sequence.js';
