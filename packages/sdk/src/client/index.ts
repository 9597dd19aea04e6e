export { type ConnectOptions, connect } from './connect.js';
export { type CallOptions, type Connection, type EventOptions } from './connection.js';
export * from './frame-reader.js';
export * from './frames.js';
export { SystemProcesses, type SystemProcessesOptions } from './processes.js';
export { ServiceError } from './service-error.js';
