import { definePlugin } from '@coterie/sdk';
import { QbFrontEnd } from './front-end.js';

export const plugin = definePlugin({ frontEnds: [QbFrontEnd] });
