export { QueueEngine } from './engine.js';
export { Put, SERVICE, Task } from './messages.js';
export { plugin } from './plugin.js';
