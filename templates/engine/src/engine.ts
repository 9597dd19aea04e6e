import {
  Clients,
  Cluster,
  Config,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  inject,
  replicate,
  type Client,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import { Kept, Line, SERVICE, Said, Say, Text } from './messages.js';

/** A board that all nodes share: what any program puts on it, every node shows, in the same order. */
@ServiceEngine({ name: '__name__', service: SERVICE })
export class __Name__Engine {
  /** What all members agree on. Only a delivery changes it, so that it changes everywhere alike. */
  board: Infer<typeof Kept> = { said: 0, lines: [] };

  /** Members that were apart take over the board of the larger side. */
  readonly sync = replicate(Kept, {
    snapshot: () => this.board,
    restore: (board) => (this.board = board),
  });

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
    @inject(Config) private readonly config: Config<{ keep: number }>,
  ) {}

  /** A program on this node has something to say. It waits while the ring changes or the send queue is full. */
  @Request(0, Text, { flowControl: true })
  say({ text }: Infer<typeof Text>, client: Client): void {
    const sent = this.cluster.multicast(0, Say, { client: client.id, text });
    if (!sent) client.respond(0, CsError.TRY_AGAIN);
  }

  /** Every member hears it, in the same order. */
  @Delivery(0, Say)
  said({ client, text }: Infer<typeof Say>, from: NodeId): void {
    const number = this.board.said + 1;
    const line: Line = { number, node: from, text };
    this.board = { said: number, lines: [...this.board.lines, line].slice(-this.config.section.keep) };
    if (from === this.cluster.nodeId) this.answer(client, number);
    this.clients.dispatch(0, Line, line);
  }

  /** A new program gets what is on the board. */
  onConnect(client: Client): void {
    for (const line of this.board.lines) client.dispatch(0, Line, line);
  }

  private answer(id: number, number: number): void {
    for (const client of this.clients) {
      if (client.id === id) client.respond(0, CsError.OK, Said, { number });
    }
  }
}
