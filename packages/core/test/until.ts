import assert from 'node:assert/strict';

/** Resolves once `condition` holds; rejects if it does not within `patience` milliseconds. */
export async function until(what: string, condition: () => boolean, patience = 20_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!condition()) {
    assert.ok(performance.now() <= deadline, `not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
