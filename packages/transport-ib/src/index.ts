export { plugin } from './plugin.js';
export { IbTransport } from './ib-transport.js';
export { rdmaDevices, type Device, type DevicePort } from './devices.js';
