import { CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { delay } from '../interop/until.js';

const PATIENCE = 30_000;

/** Asks again while the answer is that it has to wait for a change of the ring. */
export async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + PATIENCE; ; await delay(20)) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof ServiceError && error.csError === CsError.TRY_AGAIN;
      if (!again || Date.now() > deadline) throw error;
    }
  }
}
