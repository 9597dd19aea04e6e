import { definePlugin } from '@coterie/sdk';
import { CpgEngine } from './engine.js';

export const plugin = definePlugin({ engines: [CpgEngine] });
