import { performance } from 'node:perf_hooks';
import type { Clock } from '@coterie/sdk';

/** Milliseconds from the machine's start (CLOCK_MONOTONIC, on Linux) to that of this process. */
const start = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The machine's time: what one process writes down of it means the same to another one. */
export const systemClock: Clock = {
  now: () => start + performance.now(),
  wall: () => Date.now(),
};
