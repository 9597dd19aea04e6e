import { setTimeout } from 'node:timers/promises';
import { CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';

/** Milliseconds between attempts, and how many there are. */
const PAUSE = 20;
const ATTEMPTS = 250;

/**
 * What `request` gives, asking again while the answer is TRY_AGAIN: the send queue is full, or this process's
 * previous membership of the group has not ended yet. After five seconds that is thrown.
 */
export async function patiently<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!isAnswer(error, CsError.TRY_AGAIN) || attempt === ATTEMPTS) throw error;
    }
    await setTimeout(PAUSE, undefined, signal && { signal });
  }
}

/** Is it the daemon's answer with this code? */
export function isAnswer(error: unknown, code: CsError): boolean {
  return error instanceof ServiceError && error.csError === code;
}
