export { type ConnectOptions, connect } from './connect.js';
export { type CallOptions, type Connection, type EventOptions } from './connection.js';
export * from './frame-reader.js';
export * from './frames.js';
export { ServiceError } from './service-error.js';
