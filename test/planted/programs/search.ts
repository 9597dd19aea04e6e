import { runSchedule } from '@coterie/testkit';

export interface Search {
  readonly from: number;
  readonly count: number;
}

/** The first schedule in which a property did not hold. */
export interface Found {
  readonly seed: number;
  readonly property: string;
  readonly message: string;
}

/**
 * Runs the schedules of consecutive seeds until one violates a property; null if none does. A daemon that ends by
 * an error is no such violation: a planted bug has to be seen by what it does to the promises of the ring.
 */
export default async function search({ from, count }: Search): Promise<Found | null> {
  for (let seed = from; seed < from + count; seed++) {
    const first = await firstViolation(seed);
    if (first !== undefined) return { seed, property: first.property, message: first.message };
  }
  return null;
}

async function firstViolation(seed: number) {
  try {
    return (await runSchedule(seed)).violations.find(({ property }) => property !== 'alive');
  } catch {
    return undefined;
  }
}
