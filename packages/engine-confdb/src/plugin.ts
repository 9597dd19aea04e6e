import { definePlugin } from '@coterie/sdk';
import { ConfdbEngine } from './confdb.js';

export const plugin = definePlugin({ engines: [ConfdbEngine] });
