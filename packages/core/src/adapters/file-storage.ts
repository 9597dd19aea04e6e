import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CoterieError, type Storage } from '@coterie/sdk';

/**
 * The state folder. A file is replaced by writing a new one beside it, which takes its place only once it is on
 * the disk; the folder is then synchronised too, so that the new name survives power loss.
 */
export class FileStorage implements Storage {
  /** Makes the folder if there is none. @throws CoterieError COTERIE_E_STATE_WRITE */
  constructor(private readonly folder: string) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new CoterieError(
        'COTERIE_E_STATE_WRITE',
        `cannot make the state folder ${folder}: ${reason(cause)}`,
        { cause },
      );
    }
  }

  read(name: string): Uint8Array | undefined {
    const path = this.path(name);
    try {
      return readFileSync(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new CoterieError('COTERIE_E_STATE_READ', `cannot read ${path}: ${reason(cause)}`, { cause });
    }
  }

  write(name: string, bytes: Uint8Array): void {
    const path = this.path(name);
    const fresh = `${path}.new`;
    try {
      durably(fresh, 'w', (file) => writeAll(file, bytes));
      renameSync(fresh, path);
      durably(this.folder, 'r', () => undefined);
    } catch (cause) {
      throw new CoterieError('COTERIE_E_STATE_WRITE', `cannot write ${path}: ${reason(cause)}`, { cause });
    }
  }

  private path(name: string): string {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) throw new TypeError(`not a state file name: ${name}`);
    return join(this.folder, name);
  }
}

function durably(path: string, flags: string, use: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    use(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A disk that fills up may take part of the bytes without an error. */
function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
