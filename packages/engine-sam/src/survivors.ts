import type { Logger, ProcessIdentity, Storage } from '@coterie/sdk';

const FILE = 'sam.json';

/** A process that was running when this was written. */
export interface Survivor extends ProcessIdentity {
  readonly name: string;
  readonly instance: number;
  /** Its section of the configuration then, as text. */
  readonly section: string;
}

/** What an earlier life of the daemon has started: it may still run, also when that life ended without a word. */
export class Survivors {
  constructor(
    private readonly storage: Storage,
    private readonly log: Logger,
  ) {}

  read(): Survivor[] {
    try {
      const bytes = this.storage.read(FILE);
      if (bytes === undefined) return [];
      const known: unknown = JSON.parse(Buffer.from(bytes).toString());
      if (Array.isArray(known) && known.every(isSurvivor)) return known;
      throw new TypeError('it is not a list of processes');
    } catch (error) {
      this.log.error(
        `${FILE} cannot be used, processes of an earlier daemon may still run: ${String(error)}`,
      );
      return [];
    }
  }

  /** Without the file a process that survives is not found again; that is no reason to end it. */
  write(survivors: readonly Survivor[]): void {
    try {
      this.storage.write(FILE, Buffer.from(JSON.stringify(survivors)));
    } catch (error) {
      this.log.error(`processes that run now would not be found by a later daemon: ${String(error)}`);
    }
  }
}

function isSurvivor(value: unknown): value is Survivor {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, birth, name, instance, section } = value as Record<string, unknown>;
  return (
    // Number 1 is not to be signalled, nor what negative numbers stand for.
    Number.isSafeInteger(pid) &&
    (pid as number) > 1 &&
    typeof birth === 'string' &&
    typeof name === 'string' &&
    Number.isSafeInteger(instance) &&
    typeof section === 'string'
  );
}
