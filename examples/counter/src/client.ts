import { empty, type NodeId } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection, type EventOptions } from '@coterie/sdk/client';
import { Amount, SERVICE, Value } from './messages.js';

/** The counter of the cluster, through the daemon of this node. */
export class Counter implements AsyncDisposable {
  private constructor(private readonly connection: Connection) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: no daemon, or one without this engine. */
  static async connect(options: Omit<ConnectOptions, 'service'> = {}): Promise<Counter> {
    return new Counter(await connect({ ...options, service: SERVICE }));
  }

  /** The node that this program runs on. */
  get nodeId(): NodeId {
    return this.connection.nodeId;
  }

  /**
   * Adds, and resolves with the sum right behind it: of calls that add 1, on whatever nodes, no two get the same.
   * @throws ServiceError TRY_AGAIN while the cluster is not quorate
   */
  async add(amount = 1n): Promise<bigint> {
    const { value } = await this.connection.call(0, Amount, { amount }, Value);
    return value;
  }

  /** What the counter stands at, as far as this node has heard. */
  async read(): Promise<bigint> {
    const { value } = await this.connection.call(1, empty, undefined, Value);
    return value;
  }

  /** Each change from now on, for `for await`. */
  changes(options: EventOptions = {}): AsyncIterableIterator<{ readonly value: bigint }, undefined> {
    return this.connection.events(0, Value, options);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
