import {
  Clients,
  Cluster,
  CoterieError,
  CsError,
  Database,
  QuorumControl,
  Request,
  ServiceEngine,
  empty,
  inject,
  type Client,
  type Engine,
  type Infer,
  type NodeId,
  type RingId,
  type SyncView,
  type Synchroniser,
} from '@coterie/sdk';
import { ExplanationText } from './explanation.js';
import { Primary, type PrimaryComponent } from './primary.js';
import {
  Model,
  NodelistNotification,
  Notification,
  ProviderType,
  Quorate,
  QuorumEvent,
  QuorumNotification,
  QuorumRequest,
  QuorumResponse,
  Track,
  TrackFlags,
} from './quorum-wire.js';

const PROVIDER = 'quorum.provider';

/** What a connection asked for. */
interface Tracker {
  model: number;
  tracking: boolean;
}

/** The quorum service: tells clients who is here and whether that is enough (vsf_quorum.c). */
@ServiceEngine({ name: 'quorum', service: 3 })
export class QuorumEngine implements Engine {
  private readonly hasProvider: boolean;
  /** Installed last, whether or not synchronisation got through. */
  private ring: RingId;
  private members: readonly NodeId[] = [];
  /** At the end of the last synchronisation. */
  private settled: readonly NodeId[] = [];
  private joined: readonly NodeId[] = [];
  private left: readonly NodeId[] = [];

  readonly sync: Synchroniser = {
    init: (view) => this.install(view),
    process: () => 'done',
    activate: () => this.activate(),
    abort: () => undefined,
  };

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
    @inject(Database) private readonly database: Database,
    @inject(QuorumControl) private readonly control: QuorumControl,
    @inject(Primary) private readonly primary: PrimaryComponent,
  ) {
    this.ring = cluster.view.ring;
    this.hasProvider = database.get(PROVIDER) !== undefined;
    primary.onVerdict(() => this.tellVerdict());
  }

  /** @throws CoterieError COTERIE_E_QUORUM_PROVIDER */
  start(): void {
    if (!this.hasProvider) {
      this.primary.announce({ quorate: true, ring: this.ring, members: [] });
    } else if (!this.control.provided) {
      const name = String(this.database.get(PROVIDER)?.value);
      throw new CoterieError(
        'COTERIE_E_QUORUM_PROVIDER',
        `quorum.provider names ${name}, which no installed engine provides`,
      );
    } else if (this.primary.explain === undefined) this.control.onSet(() => this.followProvider());
  }

  onConnect(client: Client): void {
    client.state = { model: 0, tracking: false } satisfies Tracker;
  }

  @Request(QuorumRequest.quorate, empty)
  quorate(_: undefined, client: Client): void {
    const quorate = this.primary.verdict.quorate ? 1 : 0;
    client.respond(QuorumResponse.quorate, CsError.OK, Quorate, { quorate });
  }

  @Request(QuorumRequest.trackStart, TrackFlags)
  trackStart({ flags }: Infer<typeof TrackFlags>, client: Client): void {
    const tracker = trackerOf(client);
    if (flags & (Track.current | Track.changes)) {
      if (tracker.model === 1) this.sendNodelist(client, [], []);
      this.sendVerdict(client);
    }
    const already = tracker.tracking;
    if (flags & (Track.changes | Track.changesOnly)) tracker.tracking = true;
    client.respond(QuorumResponse.trackStart, already ? CsError.EXIST : CsError.OK);
  }

  /** A client that tracks nothing is told OK too, as corosync does. */
  @Request(QuorumRequest.trackStop, empty)
  trackStop(_: undefined, client: Client): void {
    trackerOf(client).tracking = false;
    client.respond(QuorumResponse.trackStop, CsError.OK);
  }

  @Request(QuorumRequest.type, empty)
  type(_: undefined, client: Client): void {
    client.respond(QuorumResponse.type, CsError.OK, ProviderType, { type: this.hasProvider ? 1 : 0 });
  }

  @Request(QuorumRequest.modelType, Model)
  modelType({ model }: Infer<typeof Model>, client: Client): void {
    const type = this.hasProvider ? 1 : 0;
    const known = model === 0 || model === 1;
    if (known) trackerOf(client).model = model;
    const error = known ? CsError.OK : CsError.INVALID_PARAM;
    client.respond(QuorumResponse.modelType, error, ProviderType, { type });
  }

  @Request(QuorumRequest.explain, empty)
  explain(_: undefined, client: Client): void {
    const { quorate } = this.primary.verdict;
    const reason = this.hasProvider
      ? this.control.reason
      : 'there is no quorum provider: every part is quorate';
    const explanation = this.primary.explain?.() ?? { quorate, reason, changes: [] };
    client.respond(QuorumResponse.explain, CsError.OK, ExplanationText, explanation);
  }

  dump(): unknown {
    return {
      provider: this.hasProvider,
      ring: this.ring,
      members: this.members,
      verdict: this.primary.verdict,
    };
  }

  /** A provider of another plugin has spoken. */
  private followProvider(): void {
    const { ring, members } = this;
    this.primary.adopt({ quorate: this.cluster.quorate, ring, members });
    this.tellVerdict();
  }

  private install(view: SyncView): void {
    this.ring = view.ring;
    this.members = view.members;
    const stayed = (nodeId: NodeId) =>
      view.transitional.includes(nodeId) && view.members.includes(nodeId) && this.settled.includes(nodeId);
    // Who went and came back between two rings is in both lists.
    this.left = this.settled.filter((nodeId) => !stayed(nodeId));
    this.joined = view.members.filter((nodeId) => !stayed(nodeId));
  }

  /** Runs before the provider's, whose service number is higher: the node list comes before the verdict about it. */
  private activate(): void {
    this.settled = this.members;
    for (const client of this.clients) {
      const { tracking, model } = trackerOf(client);
      if (tracking && model === 1) this.sendNodelist(client, this.joined, this.left);
    }
    if (!this.hasProvider) {
      this.primary.announce({ quorate: true, ring: this.ring, members: this.members });
    }
  }

  private tellVerdict(): void {
    for (const client of this.clients) {
      if (trackerOf(client).tracking) this.sendVerdict(client);
    }
  }

  private sendVerdict(client: Client): void {
    const { quorate, ring, members } = this.primary.verdict;
    const flag = quorate ? 1 : 0;
    if (trackerOf(client).model === 0) {
      const { sequence } = ring;
      client.dispatch(QuorumEvent.notification, Notification, { quorate: flag, sequence, members });
    } else {
      client.dispatch(QuorumEvent.quorum, QuorumNotification, { quorate: flag, ring, members });
    }
  }

  private sendNodelist(client: Client, joined: readonly NodeId[], left: readonly NodeId[]): void {
    const { ring, members } = this;
    client.dispatch(QuorumEvent.nodelist, NodelistNotification, { ring, members, joined, left });
  }
}

function trackerOf(client: Client): Tracker {
  return client.state as Tracker;
}
