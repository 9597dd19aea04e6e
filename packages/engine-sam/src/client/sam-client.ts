import { empty } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { Program, Programs, SERVICE, SamRequest } from '../client-wire.js';
import type { Entry } from '../ledger.js';

export type SamClientOptions = Omit<ConnectOptions, 'service'>;

/** A supervised program as its node knows it. */
export type ProgramEntry = Entry;

/** Looks at the supervised programs of the local node, and orders them about. */
export class SamClient implements AsyncDisposable {
  private constructor(private readonly connection: Connection) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: what `connect` of the SDK throws. */
  static async connect(options: SamClientOptions = {}): Promise<SamClient> {
    return new SamClient(await connect({ ...options, service: SERVICE }));
  }

  /** Those of the daemon, of programs that use this package and of programs that use libsam; at most 1000. */
  async list(): Promise<readonly ProgramEntry[]> {
    const { programs } = await this.connection.call(SamRequest.list, empty, undefined, Programs);
    return programs;
  }

  /**
   * Ends a program; resolves when it is gone. Of one that has failed the record is dropped. ServiceError with NOT_EXIST:
   * there is none with this id; NOT_SUPPORTED: libsam supervises it; FAILED_OPERATION: its supervisor died over it.
   */
  async stop(id: string): Promise<void> {
    await this.connection.call(SamRequest.stop, Program, { id }, empty);
  }

  /** Starts a program of the daemon's configuration that does not run. ServiceError with NOT_EXIST: there is none. */
  async start(id: string): Promise<void> {
    await this.connection.call(SamRequest.start, Program, { id }, empty);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
