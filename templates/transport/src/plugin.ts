import { definePlugin } from '@coterie/sdk';
import { __Name__Transport } from './transport.js';

/** What the manifest in package.json names as the entry; the key is what `totem.transport` says to choose it. */
export const plugin = definePlugin({ transports: { '__name__': __Name__Transport } });
