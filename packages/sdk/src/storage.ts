import { token } from './token.js';

/** Small files in the daemon's state folder, written so that they survive power loss: whole or not at all. */
export interface Storage {
  /** The file's bytes; undefined if there is none. @throws CoterieError COTERIE_E_STATE_READ */
  read(name: string): Uint8Array | undefined;
  /** Replaces the file and returns once it is on the disk. @throws CoterieError COTERIE_E_STATE_WRITE */
  write(name: string, bytes: Uint8Array): void;
}
export const Storage = token<Storage>('Storage');
