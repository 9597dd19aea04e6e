import { definePlugin } from '@coterie/sdk';
import { UdpTransport } from './udp.js';
import { UdpuTransport } from './udpu.js';

export const plugin = definePlugin({ transports: { udp: UdpTransport, udpu: UdpuTransport } });
