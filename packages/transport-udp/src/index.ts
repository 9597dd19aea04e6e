export { plugin } from './plugin.js';
export { UdpTransport } from './udp.js';
export { UdpuTransport } from './udpu.js';
