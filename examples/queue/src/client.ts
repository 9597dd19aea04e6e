import { empty } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { Put, Receipt, SERVICE, Take, Task } from './messages.js';

export type { Task };

export type QueueOptions = Omit<ConnectOptions, 'service'>;

/** The queue of the cluster, through the daemon of this node. */
export class WorkQueue implements AsyncDisposable {
  private constructor(
    private readonly connection: Connection,
    private readonly options: QueueOptions,
  ) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: no daemon, or one without this engine. */
  static async connect(options: QueueOptions = {}): Promise<WorkQueue> {
    return new WorkQueue(await connect({ ...options, service: SERVICE }), options);
  }

  /**
   * Puts in a task of up to 160 characters; resolves with its number.
   * @throws ServiceError TRY_AGAIN while the cluster is not quorate, NO_RESOURCES if 10,000 tasks wait
   */
  async put(text: string): Promise<number> {
    const { id } = await this.connection.call(0, Put, { text }, Receipt);
    return id;
  }

  /**
   * Tasks for this program, one at a time, over a connection of their own. A task is done when the next one is asked
   * for. One that the loop was left with, by `break` or an error, goes to another worker.
   */
  async *tasks(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Task, void> {
    await using connection = await connect({ ...this.options, ...options, service: SERVICE });
    for (;;) {
      const task = await connection.call(1, Take, undefined, Task, options);
      yield task;
      await connection.call(2, Receipt, { id: task.id }, empty);
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
