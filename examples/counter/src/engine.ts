import {
  Clients,
  Cluster,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  empty,
  inject,
  replicate,
  type Client,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import { Add, Amount, SERVICE, Value } from './messages.js';

/** One counter, the same on every node. */
@ServiceEngine({ name: 'counter', service: SERVICE })
export class CounterEngine {
  /** Only a delivery changes it, so that it changes everywhere alike. */
  value = 0n;

  /** A node that has been away takes over what the others have. */
  readonly sync = replicate(Value, {
    snapshot: () => ({ value: this.value }),
    restore: ({ value }) => this.become(value),
  });

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
  ) {}

  /** A program of this node asks. Nodes that are not quorate add nothing: they would lose it when they meet the others. */
  @Request(0, Amount, { flowControl: true })
  add({ amount }: Infer<typeof Amount>, client: Client): void {
    const sent = this.cluster.quorate && this.cluster.multicast(0, Add, { client: client.id, amount });
    if (!sent) client.respond(0, CsError.TRY_AGAIN);
  }

  /** Every member hears it, in the same order. */
  @Delivery(0, Add)
  added({ client, amount }: Infer<typeof Add>, from: NodeId): void {
    // As it travels: 64 bits, after the largest number comes the smallest.
    this.become(BigInt.asIntN(64, this.value + amount));
    if (from === this.cluster.nodeId) this.answer(client);
  }

  @Request(1, empty)
  read(_: undefined, client: Client): void {
    client.respond(1, CsError.OK, Value, { value: this.value });
  }

  private become(value: bigint): void {
    this.value = value;
    this.clients.dispatch(0, Value, { value });
  }

  private answer(id: number): void {
    for (const client of this.clients) {
      if (client.id === id) client.respond(0, CsError.OK, Value, { value: this.value });
    }
  }
}
