import { CoterieError, csErrorName } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';

/**
 * What a service answers, or why not in the words of who asked for it.
 * @param words by CS_ERR; errors that are not among them stay as they are
 */
export async function inWords<T>(
  answer: Promise<T>,
  words: Readonly<Partial<Record<number, string>>>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const said = error instanceof ServiceError ? words[error.csError] : undefined;
    if (!(error instanceof ServiceError) || said === undefined) throw error;
    throw new CoterieError(error.code, `${said} (${csErrorName(error.csError)})`, { cause: error });
  }
}
