import { setTimeout as delay } from 'node:timers/promises';

export { delay };

/**
 * Waits until `check` finds nothing wrong any more: it returns undefined, or what is still missing.
 *
 * @throws what was missing last, once `patience` milliseconds have passed
 */
export async function until(
  what: string,
  patience: number,
  check: () => string | undefined | Promise<string | undefined>,
): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const missing = await check();
    if (missing === undefined) return;
    if (Date.now() > deadline) throw new Error(`${what}: after ${patience} ms ${missing}`);
    await delay(20);
  }
}
