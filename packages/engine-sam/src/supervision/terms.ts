/**
 * What counts as a failure:
 * - `exit`: an end other than with exit code 0;
 * - `pipe`: that, and silence on the channel;
 * - `library`: silence or any end, between the `start` and the `stop` that the program says itself (libsam's rule).
 */
export type Health = 'exit' | 'pipe' | 'library';

/** A program, and what becomes of it when it fails. Times are milliseconds. */
export interface Terms {
  readonly command: readonly [string, ...string[]];
  /** Undefined: as the supervisor. */
  readonly user?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** After a failure: `quit` leaves it at that, `restart` starts it again. */
  readonly policy: 'quit' | 'restart';
  /** It may run only where and while this part of the cluster is quorate. */
  readonly requiresQuorum: boolean;
  readonly health: Health;
  /** The longest silence on the channel; 0: any. */
  readonly interval: number;
  /** The signal that asks it to end, like `SIGTERM`. */
  readonly warnSignal: string;
  /** From that signal to SIGKILL. */
  readonly killTimeout: number;
  /** Before the first restart; doubles with each failure in a row. */
  readonly backoff: number;
  /** The longest pause. A program that ran for longer than this fails for the first time again. */
  readonly backoffMax: number;
  /** Restarts in a row; Infinity: no limit. */
  readonly maxRestarts: number;
}

/** For what a program's terms leave open. */
export const defaultTerms = {
  environment: {},
  policy: 'restart',
  requiresQuorum: false,
  health: 'exit',
  interval: 0,
  warnSignal: 'SIGTERM',
  killTimeout: 5000,
  backoff: 1000,
  backoffMax: 60_000,
  maxRestarts: Infinity,
} as const satisfies Omit<Terms, 'command'>;
