import { CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { MAX_GROUP_NAME } from '../group-name.js';

/** One character a byte, as the codecs have it. @throws ServiceError NAME_TOO_LONG */
export function encodeName(name: string | Uint8Array): string {
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  if (bytes.length > MAX_GROUP_NAME) {
    const what = `a group name of ${bytes.length} bytes, ${MAX_GROUP_NAME} are the most`;
    throw new ServiceError('COTERIE_E_CLIENT_REQUEST', CsError.NAME_TOO_LONG, what);
  }
  return Buffer.from(bytes).toString('latin1');
}

/** As UTF-8, with U+FFFD for bytes that are none. */
export function decodeName(name: string): string {
  return Buffer.from(name, 'latin1').toString();
}
