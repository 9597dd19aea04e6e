import {
  Clients,
  Cluster,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  definePlugin,
  inject,
  struct,
  u32,
  type Client,
  type Engine,
  type Infer,
  type NodeId,
  type SyncView,
  type Synchroniser,
} from '@coterie/sdk';

const Amount = struct({ amount: u32 });
const State = struct({ total: u32 });

/** Keeps one sum that all members agree on: those who come new take it from the others. */
@ServiceEngine({ name: 'tally', service: 1027 })
export class TallyEngine implements Engine, Synchroniser {
  total = 0;
  readonly sync = this;
  readonly heardFrom: NodeId[] = [];
  stopped = false;
  lastWord = 0;
  quiet = Promise.resolve();
  private highest = 0;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
  ) {}

  quiesce(): Promise<void> {
    return this.quiet;
  }

  /** Says its last word. */
  leaving(): void {
    if (this.lastWord > 0) this.cluster.multicast(0, Amount, { amount: this.lastWord });
  }

  stop(): void {
    this.stopped = true;
  }

  @Request(0, Amount, { flowControl: true })
  add({ amount }: Infer<typeof Amount>, client: Client): void {
    client.respond(0, this.cluster.multicast(0, Amount, { amount }) ? CsError.OK : CsError.TRY_AGAIN);
  }

  @Request(1, Amount)
  leave(_: Infer<typeof Amount>, client: Client): void {
    client.respond(1, CsError.OK);
    this.cluster.shutdown('a client wants it');
  }

  @Delivery(0, Amount)
  onAdd({ amount }: Infer<typeof Amount>, from: NodeId): void {
    this.total += amount;
    this.heardFrom.push(from);
    this.clients.dispatch(0, State, { total: this.total });
  }

  @Delivery(1, State)
  onState({ total }: Infer<typeof State>): void {
    this.highest = Math.max(this.highest, total);
  }

  init(_: SyncView): void {
    this.highest = this.total;
  }

  process(): 'done' | 'again' {
    return this.cluster.multicast(1, State, { total: this.total }) ? 'done' : 'again';
  }

  activate(): void {
    this.total = this.highest;
  }

  abort(): void {}
}

/** @param built hears of every engine that is made */
export function tallyPlugin(built: (engine: TallyEngine) => void) {
  class Tally extends TallyEngine {
    constructor(@inject(Cluster) cluster: Cluster, @inject(Clients) clients: Clients) {
      super(cluster, clients);
      built(this);
    }
  }
  ServiceEngine({ name: 'tally', service: 1027 })(Tally);
  return definePlugin({ engines: [Tally] });
}
