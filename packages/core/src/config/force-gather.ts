import { value, type Database, type Logger } from '@coterie/sdk';

const KEY = 'runtime.force_gather';
const NO = value.string('no');

/** Runs the membership protocol whenever a client sets `runtime.force_gather` to anything but "no" (force_gather_notify_fn in main.c). */
export function gatherOnDemand(database: Database, log: Logger, gather: () => void): void {
  database.set(KEY, NO);
  database.track(KEY, false, ({ value: set }) => {
    if (set?.value === NO.value) return;
    database.set(KEY, NO);
    log.warn(`${KEY} is set: the ring is formed anew`);
    gather();
  });
}
