/** A decimal integer as corosync reads it: no blanks, nothing behind it. Undefined if it is none, or beyond 2^53. */
export function integerFromText(text: string): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}
