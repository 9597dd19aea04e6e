import { runSchedule } from '@coterie/testkit';

export interface Search {
  readonly from: number;
  readonly count: number;
}

/** The first schedule in which something did not hold. */
export interface Found {
  readonly seed: number;
  readonly property: string;
  readonly message: string;
}

/** Runs the schedules of consecutive seeds until one violates a property; null if none does. */
export default async function search({ from, count }: Search): Promise<Found | null> {
  for (let seed = from; seed < from + count; seed++) {
    const [first] = (await runSchedule(seed)).violations;
    if (first !== undefined) return { seed, property: first.property, message: first.message };
  }
  return null;
}
