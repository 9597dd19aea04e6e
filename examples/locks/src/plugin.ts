import { definePlugin } from '@coterie/sdk';
import { LocksEngine } from './engine.js';

/** What the manifest in package.json names as the entry. */
export const plugin = definePlugin({ engines: [LocksEngine] });
