import { definePlugin } from '@coterie/sdk';
import { QueueEngine } from './engine.js';

/** What the manifest in package.json names as the entry. */
export const plugin = definePlugin({ engines: [QueueEngine] });
