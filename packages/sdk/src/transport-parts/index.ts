/** What transports over IP addresses have in common: addresses of members and groups, packets to send, packets to oneself, counters, warnings. */
export { AddressBook, type ResolvedMember } from './address-book.js';
export { Complaints } from './complaints.js';
export { automaticGroup, BROADCAST_ADDRESS, isGroup } from './mcast-address.js';
export { ownEnd, type OwnEnd } from './own-end.js';
export { type Family, resolveByHost, type Resolve, resolveOwn } from './resolve.js';
export { SelfDelivery } from './self-delivery.js';
export { EVERY_PEER, SendQueue } from './send-queue.js';
export { Tally } from './tally.js';
