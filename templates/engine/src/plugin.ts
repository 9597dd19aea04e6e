import { definePlugin } from '@coterie/sdk';
import { __Name__Engine } from './engine.js';

/** What the manifest in package.json names as the entry. */
export const plugin = definePlugin({ engines: [__Name__Engine] });
