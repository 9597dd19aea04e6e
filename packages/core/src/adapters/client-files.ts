import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ClientFile, ClientFiles } from '@coterie/sdk';

/** Where libcpg makes them. */
const FOLDERS = ['/dev/shm', '/var/run'];
/** Files that are open at a time, each a file descriptor of the daemon. */
const MAX_OPEN = 1024;
/** A path that is a link is refused, one that is a FIFO does not hold the daemon up. */
const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Files that clients have made in a folder that everybody may write to: what stands there may be anybody's trap. */
export class SharedFolders implements ClientFiles {
  private open = 0;

  constructor(private readonly folders: readonly string[] = FOLDERS) {}

  take(path: string, uid: number): ClientFile | undefined {
    const folder = this.folders.find((each) => each === dirname(path));
    if (folder === undefined || this.open >= MAX_OPEN || path.includes('\0')) return undefined;
    const place = join(folder, basename(path));
    const file = attempt(() => openSync(place, FLAGS));
    if (file === undefined) return undefined;
    if (!isOf(uid, file) || attempt(() => remove(place)) === undefined) {
      closeSync(file);
      return undefined;
    }
    this.open++;
    return new OpenFile(file, () => this.open--);
  }
}

class OpenFile implements ClientFile {
  constructor(
    private readonly file: number,
    private readonly closed: () => void,
  ) {}

  read(at: number, into: Uint8Array): boolean {
    return attempt(() => readSync(this.file, into, 0, into.length, at)) === into.length;
  }

  write(at: number, bytes: Uint8Array): boolean {
    return attempt(() => writeSync(this.file, bytes, 0, bytes.length, at)) === bytes.length;
  }

  close(): void {
    closeSync(this.file);
    this.closed();
  }
}

/** With one name only: a second could be one that somebody else relies on. */
function isOf(uid: number, file: number): boolean {
  const status = fstatSync(file);
  return status.isFile() && status.uid === uid && status.nlink === 1;
}

function remove(path: string): true {
  unlinkSync(path);
  return true;
}

/** What a client has done to its file is no error of the daemon's. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
