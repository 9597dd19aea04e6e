export { Lock } from './client.js';
export { LocksEngine } from './engine.js';
export { Claim, SERVICE, Want } from './messages.js';
export { plugin } from './plugin.js';
