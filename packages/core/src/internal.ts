/** For the tests across packages; not part of the public surface. */
export { isDatabaseKey } from './database/database.js';
export { MAX_FRAME } from './ipc/stream-connection.js';
export { StreamServer, type StreamServerPorts } from './ipc/stream-server.js';
export { decodeSync, encodeBarrier, encodeServices } from './sync/messages.js';
