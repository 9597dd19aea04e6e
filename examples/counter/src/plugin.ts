import { definePlugin } from '@coterie/sdk';
import { CounterEngine } from './engine.js';

/** What the manifest in package.json names as the entry. */
export const plugin = definePlugin({ engines: [CounterEngine] });
