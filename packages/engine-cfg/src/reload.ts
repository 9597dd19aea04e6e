import {
  Cluster,
  CsError,
  Delivery,
  Request,
  ServiceEngine,
  empty,
  inject,
  sameRing,
  type Client,
  type Engine,
  type Infer,
  type NodeId,
  type SyncView,
  type Synchroniser,
} from '@coterie/sdk';
import { Reload, type ClusterReload } from './cluster-reload.js';
import {
  Check,
  Present,
  ReloadAnswer,
  ReloadMessage,
  ReloadRequest,
  ReloadResponse,
  Verdict,
} from './reload-wire.js';

/** The first phase of a reload, among nodes of this kind, and the full answer for programs that ask here. */
@ServiceEngine({ name: 'reload', service: 72 })
export class ReloadEngine implements Engine {
  readonly sync: Synchroniser;
  private readonly present: Presence;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Reload) private readonly reload: ClusterReload,
  ) {
    this.sync = this.present = new Presence(cluster, reload);
    reload.connectChecks({
      check: (round) => cluster.multicast(ReloadMessage.check, Check, { round }),
      verdict: (asker, round, report) =>
        cluster.multicast(ReloadMessage.verdict, Verdict, { asker, round, report }),
    });
  }

  @Request(ReloadRequest.reload, empty, { flowControl: true })
  onReload(_: undefined, client: Client): void {
    this.reload.begin((error, nodes) => {
      // A program hears what is wrong with which file; only that there was no reload at all is an error.
      const told = error === CsError.OK || nodes.some(({ errors }) => errors.length > 0);
      if (!told) return client.respond(ReloadResponse.reload, error);
      const result = { applied: error === CsError.OK, nodes };
      client.respond(ReloadResponse.reload, CsError.OK, ReloadAnswer, { result });
    });
  }

  @Delivery(ReloadMessage.present, Present)
  onPresent({ ring }: Infer<typeof Present>, from: NodeId): void {
    this.present.heard(ring, from);
  }

  @Delivery(ReloadMessage.check, Check)
  onCheck({ round }: Infer<typeof Check>, from: NodeId): void {
    void this.reload.check(from, round);
  }

  @Delivery(ReloadMessage.verdict, Verdict)
  onVerdict({ asker, round, report }: Infer<typeof Verdict>, from: NodeId): void {
    if (asker === this.cluster.nodeId) this.reload.verdict(from, round, report);
  }
}

/** Tells the others that this node takes part: a ring may have corosync's nodes, which do not. */
class Presence implements Synchroniser {
  private view: SyncView | undefined;
  private said = false;
  private nodes: NodeId[] = [];

  constructor(
    private readonly cluster: Cluster,
    private readonly reload: ClusterReload,
  ) {}

  init(view: SyncView): void {
    this.view = view;
    this.said = false;
    this.nodes = [];
    this.reload.ringChanged();
  }

  process(): 'done' | 'again' {
    const { view } = this;
    if (view !== undefined && !this.said)
      this.said = this.cluster.multicast(ReloadMessage.present, Present, { ring: view.ring });
    return this.said ? 'done' : 'again';
  }

  activate(): void {
    this.reload.participants = this.nodes;
  }

  abort(): void {
    this.view = undefined;
  }

  /** What an aborted round left behind names another ring. */
  heard(ring: Infer<typeof Present>['ring'], from: NodeId): void {
    if (this.view !== undefined && sameRing(ring, this.view.ring)) this.nodes.push(from);
  }
}
