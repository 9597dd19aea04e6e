#!/usr/bin/env node
import { setTimeout } from 'node:timers/promises';
import { main } from '../dist/adapters/daemon.js';

/** Milliseconds in which what V8 compiles on other threads comes to its end: it may need this thread. */
const SETTLING = 50;

const code = await main(process.argv.slice(2), process.argv[1]);
// At once, Node.js could wait for those threads, and they for it, without end (nodejs/node#54918).
await setTimeout(SETTLING);
process.exit(code);
