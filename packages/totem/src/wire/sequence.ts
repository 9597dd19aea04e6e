/*
 * Arithmetic on message and token sequence numbers: u32 that wrap around.
 *
 * The comparison is that of serial numbers, by the sign of the difference. corosync (sq.h) instead shifts both
 * operands down by 0x10000 when either is beyond 0x80000000. Both agree on numbers up to 0x10000 apart, and on one
 * ring nothing is ever further apart than its sort queue is long.
 */

/** Is `a` before `b`? */
export function seqLt(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Is `a` before `b`, or the same? */
export function seqLte(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** `a` moved on by `n`, which may be negative. */
export function seqAdd(a: number, n: number): number {
  return (a + n) >>> 0;
}
