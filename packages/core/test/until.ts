/** Resolves once `condition` holds; rejects if it does not within `patience` milliseconds. */
export async function until(what: string, condition: () => boolean, patience = 5000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
