export { plugin } from './plugin.js';
export { IbTransport } from './ib-transport.js';
