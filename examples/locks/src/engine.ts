import {
  Clients,
  Cluster,
  CsError,
  Delivery,
  Random,
  Request,
  ServiceEngine,
  Timers,
  inject,
  replicate,
  type Client,
  type Infer,
  type Timer,
  type View,
} from '@coterie/sdk';
import { Claim, Claims, SERVICE, Want } from './messages.js';

/** Milliseconds between attempts, while the ring changes. */
const PAUSE = 50;

@ServiceEngine({ name: 'locks', service: SERVICE })
export class LocksEngine {
  /** What all members agree on. Only deliveries and changes of the ring touch it, so it changes everywhere alike. */
  claims: readonly Claim[] = [];

  readonly sync = replicate(Claims, {
    snapshot: () => this.claims,
    restore: (claims) => (this.claims = claims),
  });

  private readonly life: number;
  private readonly timer: Timer;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
    @inject(Random) random: Random,
    @inject(Timers) timers: Timers,
  ) {
    this.life = random.below(0x7fffffff);
    this.timer = timers.timer(() => this.settle());
    cluster.onQuorum((quorate) => (quorate ? this.timer.start(PAUSE) : this.giveUp()));
  }

  /** A program of this node wants a lock, one for each connection. */
  @Request(0, Want, { flowControl: true })
  want({ name }: Infer<typeof Want>, client: Client): void {
    const claim = { node: this.cluster.nodeId, life: this.life, client: client.id, name };
    if (client.state !== undefined) client.respond(0, CsError.BUSY);
    else if (!this.cluster.quorate || !this.cluster.multicast(0, Claim, claim)) {
      client.respond(0, CsError.TRY_AGAIN);
    } else client.state = 'asks';
  }

  @Delivery(0, Claim)
  claimed(claim: Claim): void {
    this.claims = [...this.claims, claim];
    const client = this.program(claim);
    if (client !== undefined) client.state = 'waits';
    this.settle();
  }

  @Delivery(1, Claim)
  dropped({ node, life, client }: Claim): void {
    this.claims = this.claims.filter(
      (claim) => claim.node !== node || claim.life !== life || claim.client !== client,
    );
    this.settle();
  }

  /** Who is not on the ring has no lock. */
  onView({ members }: View): void {
    this.claims = this.claims.filter(({ node }) => members.includes(node));
    this.timer.start(PAUSE);
  }

  onDisconnect(): void {
    this.settle();
  }

  /** Tells programs of this node that they have their lock, and drops the claims of those that are gone. */
  private settle(): void {
    if (this.cluster.synchronising) return this.timer.start(PAUSE);
    const held = new Set<string>();
    const known = new Set<Client>();
    for (const claim of this.claims) {
      const first = !held.has(claim.name);
      held.add(claim.name);
      if (claim.node !== this.cluster.nodeId) continue;
      const client = this.program(claim);
      if (client === undefined) this.drop(claim);
      else known.add(client);
      if (first && this.cluster.quorate && client?.state === 'waits') {
        client.state = 'has it';
        client.respond(0, CsError.OK);
      }
    }
    for (const client of [...this.clients]) {
      const claimed = client.state === 'waits' || client.state === 'has it';
      // This node stood still, so that the others took it for gone, and gave what it had to others.
      if (claimed && !known.has(client)) client.close('the claim was lost');
    }
  }

  private drop(claim: Claim): void {
    if (!this.cluster.multicast(1, Claim, claim)) this.timer.start(PAUSE);
  }

  /** This part of the cluster may no longer act: others may have what programs here believe to have. */
  private giveUp(): void {
    for (const client of [...this.clients]) client.close('the cluster is not quorate');
  }

  /** Whose claim it is, if that is a program of this node that is still there. */
  private program({ node, life, client: id }: Claim): Client | undefined {
    if (node !== this.cluster.nodeId || life !== this.life) return undefined;
    for (const client of this.clients) if (client.id === id) return client;
    return undefined;
  }
}
