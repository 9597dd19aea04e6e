/** `node --import .../preload.js`: plants the bug that the environment names, before anything else is loaded. */
import { register } from 'node:module';
import { findBug } from './bugs.js';

const name = process.env.COTERIE_PLANTED_BUG;
if (name === undefined) throw new Error('COTERIE_PLANTED_BUG names no bug');
register('./patch.js', import.meta.url, { data: findBug(name) });
