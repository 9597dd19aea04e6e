import { empty, type CoterieError } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { SERVICE, Want } from './messages.js';

export type LockOptions = Omit<ConnectOptions, 'service'>;

/** A lock of the cluster. This program has it until it releases it, ends, or loses it. */
export class Lock implements AsyncDisposable {
  private constructor(private readonly connection: Connection) {}

  /** Waits until nobody else has the lock. @throws ServiceError with TRY_AGAIN if the cluster is not quorate */
  static async acquire(name: string, options: LockOptions = {}): Promise<Lock> {
    const connection = await connect({ ...options, service: SERVICE });
    try {
      await connection.call(0, Want, { name }, empty, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return new Lock(connection);
  }

  /** The node that this program runs on. */
  get nodeId(): number {
    return this.connection.nodeId;
  }

  /** Resolves when it is no longer held: with the reason, unless it was released. */
  get lost(): Promise<CoterieError | undefined> {
    return this.connection.closed;
  }

  release(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
