import {
  Cluster,
  Counters,
  CsError,
  Delivery,
  Logger,
  ServiceEngine,
  inject,
  type Counter,
  type Engine,
  type Infer,
  type NodeId,
} from '@coterie/sdk';
import { ChangeMessage, ClusterMessage, Here, Snapshot } from './cluster-wire.js';
import { Replicated, type ReplicatedMap } from './replicated-map.js';
import { StateTransfer } from './state-transfer.js';

/** Keeps what is below `cluster.` in the database the same on all members. Its clients are those of cmap. */
@ServiceEngine({ name: 'cluster-map', service: 71 })
export class ClusterMapEngine implements Engine {
  readonly sync: StateTransfer;
  private readonly made: Counter;
  private readonly refused: Counter;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Replicated) private readonly map: ReplicatedMap,
    @inject(Counters) counters: Counters,
    @inject(Logger) logger: Logger,
  ) {
    map.connect(cluster);
    this.sync = new StateTransfer(cluster, map, logger);
    this.made = counters.counter('made');
    this.refused = counters.counter('refused');
  }

  @Delivery(ClusterMessage.change, ChangeMessage)
  onChange(message: Infer<typeof ChangeMessage>, from: NodeId): void {
    const error = this.map.heard(message, from === this.cluster.nodeId);
    (error === CsError.OK ? this.made : this.refused).value++;
  }

  @Delivery(ClusterMessage.here, Here)
  onHere(message: Infer<typeof Here>, from: NodeId): void {
    this.sync.heardHere(message, from);
  }

  @Delivery(ClusterMessage.snapshot, Snapshot)
  onSnapshot(message: Infer<typeof Snapshot>, from: NodeId): void {
    this.sync.heardSnapshot(message, from);
  }

  dump(): unknown {
    return this.map.stamp;
  }
}
