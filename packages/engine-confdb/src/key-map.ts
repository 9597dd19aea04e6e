import {
  CoterieError,
  CsError,
  type Client,
  type Database,
  type DatabaseChange,
  type DatabaseValue,
} from '@coterie/sdk';

const STATISTICS = 'stats.';
/** Whoever may write here lets other users in. */
const ACCESS_RIGHTS = 'uidgid.';

/** What a client sees of the database: the configuration, or the statistics, which nobody may change. */
export class KeyMap {
  constructor(
    private readonly database: Database,
    private readonly statistics: boolean,
  ) {}

  get(key: string): DatabaseValue | undefined {
    return this.shows(key) ? this.database.get(key) : undefined;
  }

  /** May this client change the key? */
  writable(key: string, client: Client): boolean {
    if (this.statistics || !this.shows(key) || this.database.readOnly(key)) return false;
    return !key.startsWith(ACCESS_RIGHTS) || client.uid <= 0;
  }

  set(key: string, value: DatabaseValue): CsError {
    try {
      this.database.set(key, value);
      return CsError.OK;
    } catch (error) {
      if (!(error instanceof CoterieError)) throw error;
      return error.code === 'COTERIE_E_DATABASE_KEY' ? CsError.NAME_TOO_LONG : CsError.INVALID_PARAM;
    }
  }

  delete(key: string): CsError {
    return this.database.delete(key) ? CsError.OK : CsError.NOT_EXIST;
  }

  adjust(key: string, step: number): CsError {
    const adjusted = this.database.adjust(key, step);
    if (adjusted === 'missing') return CsError.NOT_EXIST;
    return adjusted === 'done' ? CsError.OK : CsError.INVALID_PARAM;
  }

  keys(prefix: string): string[] {
    return this.database.keys(prefix).filter((key) => this.shows(key));
  }

  track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void {
    return this.database.track(key, prefix, (change) => {
      if (this.shows(change.key)) listener(change);
    });
  }

  private shows(key: string): boolean {
    return key.startsWith(STATISTICS) === this.statistics;
  }
}
