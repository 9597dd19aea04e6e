import { token } from './token.js';

/** A file that a client has mapped into its memory to hand data over. What is in it can change at any time. */
export interface ClientFile {
  /** Fills `into` with what stands from byte `at` on; false if the file ends before. */
  read(at: number, into: Uint8Array): boolean;
  /** False if it cannot be written. */
  write(at: number, bytes: Uint8Array): boolean;
  close(): void;
}

/** Files that clients share with engines, read and written without waiting: they are in memory. */
export interface ClientFiles {
  /**
   * Opens a file and removes its name. Undefined, and nothing is removed: it is not directly in /dev/shm or /var/run,
   * not a regular file, has other names, is not the user's, or too many are open.
   *
   * @param path absolute
   * @param uid whose it has to be
   */
  take(path: string, uid: number): ClientFile | undefined;
}
export const ClientFiles = token<ClientFiles>('ClientFiles');
