import { connect, type ConnectOptions, type Connection, type EventOptions } from '@coterie/sdk/client';
import { Line, SERVICE, Said, Text } from './messages.js';

export type { Line };

/** The board of the cluster, through the daemon of this node. */
export class __Name__Client implements AsyncDisposable {
  private constructor(private readonly connection: Connection) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: no daemon, or one without this engine. */
  static async connect(options: Omit<ConnectOptions, 'service'> = {}): Promise<__Name__Client> {
    return new __Name__Client(await connect({ ...options, service: SERVICE }));
  }

  /** Puts a line of at most 254 bytes on the board; resolves with its number once all members have it. */
  async say(text: string): Promise<number> {
    const { number } = await this.connection.call(0, Text, { text }, Said);
    return number;
  }

  /** What is on the board, and then every line that comes, for `for await`. */
  lines(options: EventOptions = {}): AsyncIterableIterator<Line, undefined> {
    return this.connection.events(0, Line, options);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
