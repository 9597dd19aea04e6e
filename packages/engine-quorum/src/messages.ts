/** What clients and the quorum services say to one another, for programs that speak without this package's client. */
export * from './quorum-wire.js';
export * from './votequorum-wire.js';
