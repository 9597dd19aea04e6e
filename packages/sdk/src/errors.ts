/**
 * Every error of Coterie: what it means and what to do, by code. docs/errors.md is generated from this table.
 * Codes are never renamed or given another meaning.
 */
export const errors = {
  COTERIE_E_DATABASE_KEY: {
    meaning: 'A database key is not 3 to 255 characters of A-Z a-z 0-9 . _ - / :',
    remedy: 'Correct the key.',
  },
  COTERIE_E_DATABASE_VALUE: {
    meaning: 'A database value does not fit its type.',
    remedy: 'Use a value in the range of the type named in the message.',
  },
  COTERIE_E_GROUP_JOINED: {
    meaning: 'A process group was joined a second time on the same node.',
    remedy: 'Give every user of the ring a group name of its own.',
  },
  COTERIE_E_MESSAGE_SIZE: {
    meaning: 'A message is longer than the ring can carry (1 MiB and its headers).',
    remedy: 'Send the data in several messages.',
  },
  COTERIE_E_STATE_READ: {
    meaning: 'A file in the state folder could not be read.',
    remedy: 'Check the folder named in the message: its owner, its permissions and the disk below it.',
  },
  COTERIE_E_STATE_WRITE: {
    meaning: 'A file in the state folder could not be written. Without it the node must not form a ring.',
    remedy: 'Free space on the disk or correct the permissions of the folder named in the message.',
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

export type ErrorCode = keyof typeof errors;

const BRAND = Symbol.for('@coterie/sdk/CoterieError@1');

/** An error with a code of {@link errors}; the message names the file, line, package or node at fault. */
export class CoterieError extends Error {
  override readonly name = 'CoterieError';
  readonly [BRAND] = true;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** True for a CoterieError of any copy of the SDK. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
