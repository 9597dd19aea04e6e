export { plugin } from './plugin.js';
export { __Name__Transport } from './transport.js';
