import { CoterieError } from '@coterie/sdk';

/** Random schedules of a campaign that does not say how many. */
const COUNT = 1000;
const HIGHEST = 2 ** 32 - 1;

/** First and last seed of a campaign. */
export type Seeds = readonly [number, number];

/**
 * Which seeds are asked for; without a first one, any.
 * @throws CoterieError COTERIE_E_USAGE
 */
export function seedsOf(seeds: string | undefined, from: number | undefined, count = COUNT): Seeds {
  if (seeds === undefined) {
    const first = from ?? Math.floor(Math.random() * (HIGHEST - count));
    return checked(first, first + count - 1, `${first}..${first + count - 1}`);
  }
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? [];
  if (first === undefined || last === undefined)
    throw new CoterieError(
      'COTERIE_E_USAGE',
      `--seeds ${seeds}: a first and a last seed are needed, as in 1..1000`,
    );
  return checked(Number(first), Number(last), seeds);
}

function checked(first: number, last: number, text: string): Seeds {
  if (first <= last && last <= HIGHEST) return [first, last];
  throw new CoterieError('COTERIE_E_USAGE', `seeds ${text}: they ascend and end at ${HIGHEST}`);
}
