import { randomInt } from 'node:crypto';
import type { Random } from '@coterie/sdk';

export const systemRandom: Random = {
  below: (bound) => randomInt(bound),
};
