import { performance } from 'node:perf_hooks';
import type { Clock } from '@coterie/sdk';

/** The process's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
};
