#!/usr/bin/env node
import { main } from '../dist/adapters/daemon.js';

process.exit(await main(process.argv.slice(2), process.argv[1]));
