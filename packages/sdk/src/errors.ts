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
  COTERIE_E_DEV_NODE: {
    meaning: 'A daemon of the development cluster ended although nobody asked it to.',
    remedy: 'Read its log, which the message names.',
  },
  COTERIE_E_DEV_PORTS: {
    meaning: 'The UDP ports for the nodes of the development cluster are taken.',
    remedy: 'Name other ones with --base-port, or let the command choose.',
  },
  COTERIE_E_DEV_RUNNING: {
    meaning: 'A development cluster already runs for this project.',
    remedy: 'Use that one, or stop it first.',
  },
  COTERIE_E_DEV_TIMEOUT: {
    meaning: 'The development cluster did not get to the state named in the message in time.',
    remedy: 'Read the logs in .coterie/dev; a machine under heavy load may need another try.',
  },
  COTERIE_E_GROUP_JOINED: {
    meaning: 'A process group was joined a second time on the same node.',
    remedy: 'Give every user of the ring a group name of its own.',
  },
  COTERIE_E_IPC_IN_USE: {
    meaning: 'Another daemon answers on the client socket in this run folder.',
    remedy: 'Stop the other daemon, or give this one a run folder of its own with --run-dir.',
  },
  COTERIE_E_IPC_SOCKET: {
    meaning: 'The client socket could not be opened.',
    remedy: 'Check the run folder named in the message: it must exist and belong to the user of the daemon.',
  },
  COTERIE_E_MESSAGE_SIZE: {
    meaning: 'A message is longer than the ring can carry (1 MiB and its headers).',
    remedy: 'Send the data in several messages.',
  },
  COTERIE_E_QUORUM_CONFLICT: {
    meaning: 'Two options of the section quorum exclude each other.',
    remedy: 'Take one of the two options that the message names out of corosync.conf.',
  },
  COTERIE_E_QUORUM_DEVICE_VOTES: {
    meaning: 'The votes of the quorum device cannot be told, or they outweigh those of the nodes.',
    remedy: 'Set quorum.device.votes to at most quorum.expected_votes minus 2.',
  },
  COTERIE_E_QUORUM_EXPECTED_VOTES: {
    meaning: 'Nothing says how many votes the cluster has.',
    remedy: 'Write a nodelist, or set quorum.expected_votes.',
  },
  COTERIE_E_RING_ID: {
    meaning: 'The stored ring sequence is one that no ring has reached.',
    remedy:
      'Restore the state file named in the message. Delete it only if no other member still runs: a ring identity could be used twice.',
  },
  COTERIE_E_STATE_READ: {
    meaning: 'A file in the state folder could not be read.',
    remedy: 'Check the folder named in the message: its owner, its permissions and the disk below it.',
  },
  COTERIE_E_STATE_WRITE: {
    meaning: 'A file in the state folder could not be written. Without it the node must not form a ring.',
    remedy: 'Free space on the disk or correct the permissions of the folder named in the message.',
  },
  COTERIE_E_USAGE: {
    meaning: 'The command line is not one that the command understands.',
    remedy: 'Ask the command with --help.',
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
