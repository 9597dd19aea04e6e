export { CounterEngine } from './engine.js';
export { Add, Amount, SERVICE, Value } from './messages.js';
export { plugin } from './plugin.js';
