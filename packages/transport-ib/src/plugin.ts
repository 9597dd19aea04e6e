import { definePlugin } from '@coterie/sdk';
import { IbTransport } from './ib-transport.js';

export const plugin = definePlugin({ transports: { iba: IbTransport } });
