/** What a plugin's code threw and where, in one line: its author looks there first. */
export function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const where = /^ +at (?:.*\()?(?:file:\/\/)?(\/[^()]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1];
  return where === undefined ? error.message : `${error.message} (${where})`;
}
