export { CpgEngine } from './engine.js';
export { plugin } from './plugin.js';
