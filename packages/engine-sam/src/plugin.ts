import { definePlugin } from '@coterie/sdk';
import { SamEngine } from './engine.js';

export const plugin = definePlugin({ engines: [SamEngine] });
