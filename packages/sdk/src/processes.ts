import { token } from './token.js';

/** A program to start, the leader of a process group of its own. */
export interface ProgramToStart {
  /** The program, by path or to be found in the PATH of {@link environment}, and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]];
  /** Name or number of the user it runs as; undefined: as the one who starts it. */
  readonly user?: string | undefined;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Gives it a channel: a stream socket as file descriptor {@link CHANNEL_FD}, for lines of text in both directions.
   * Its standard input is empty in any case; what it prints goes where the starter's output goes.
   */
  readonly channel: boolean;
}

/** Descriptor of the channel in the program that was started. */
export const CHANNEL_FD = 3;
/** A longer line, in UTF-16 units, closes the channel; so does as much text that the program leaves unread. */
export const CHANNEL_LIMIT = 2 * 1024 * 1024;

/** How a program has ended. */
export type ProcessEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  /** It never ran; `reason` is the operating system's. */
  | { readonly kind: 'not-started'; readonly reason: string }
  /** It was not started here, so nobody knows. */
  | { readonly kind: 'unknown' };

/** Which process this is: its number alone may be another one's some day. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the operating system's words; '' where it does not tell. */
  readonly birth: string;
}

export interface ProcessListener {
  /** The leader is gone; called once, never before {@link Processes.start} has returned. Others of its group may still run. */
  ended(end: ProcessEnd): void;
  /** A line came through the channel, without its end. */
  line?(text: string): void;
}

/** A process group, until its last process is gone. */
export interface ProcessGroup extends ProcessIdentity {
  /**
   * Sends a signal like `SIGTERM` to every process of the group; `undefined` sends none. False: nobody is left in it.
   * @throws TypeError for a signal that does not exist here
   */
  signal(name: string | undefined): boolean;
  /** Sends a line through the channel; without effect if there is none. */
  say(line: string): void;
}

/** The operating system's processes, for engines that start programs. They outlive the daemon unless they are ended. */
export interface Processes {
  /** Undefined: it could not be started, `ended` says why. */
  start(program: ProgramToStart, listener: ProcessListener): ProcessGroup | undefined;
  /** The group of a leader started in an earlier life of the daemon; undefined if that process is gone. */
  adopt(identity: ProcessIdentity, listener: Pick<ProcessListener, 'ended'>): ProcessGroup | undefined;
}
export const Processes = token<Processes>('Processes');
