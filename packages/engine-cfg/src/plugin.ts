import { definePlugin } from '@coterie/sdk';
import { CfgEngine } from './cfg.js';

export const plugin = definePlugin({ engines: [CfgEngine] });
