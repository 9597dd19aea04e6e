import {
  value,
  type Database,
  type DatabaseValue,
  type LinkStatus,
  type PeerStatus,
  type Transport,
} from '@coterie/sdk';

/**
 * The state of the transport's links in the database: `runtime.links.0.address`, `.up` and, while it is down, `.reason`;
 * of a transport that sets up a way to each member also `runtime.links.0.peers.<nodeid>.up` and `.reason`.
 */
export class LinkKeys {
  /** What the database has. */
  private shown = new Map<string, DatabaseValue>();

  constructor(
    private readonly database: Database,
    private readonly transport: Transport,
  ) {}

  refresh(): void {
    const now = new Map<string, DatabaseValue>();
    for (const link of this.transport.links()) describe(`runtime.links.${link.link}`, link, now);
    for (const key of this.shown.keys()) if (!now.has(key)) this.database.delete(key);
    for (const [key, fresh] of now) {
      if (this.shown.get(key)?.value !== fresh.value) this.database.set(key, fresh);
    }
    this.shown = now;
  }
}

function describe(prefix: string, status: LinkStatus | PeerStatus, into: Map<string, DatabaseValue>): void {
  into.set(`${prefix}.address`, value.string(status.address));
  into.set(`${prefix}.up`, value.u8(status.up ? 1 : 0));
  if (status.reason !== undefined) into.set(`${prefix}.reason`, value.string(status.reason));
  for (const peer of 'peers' in status ? (status.peers ?? []) : [])
    describe(`${prefix}.peers.${peer.nodeId}`, peer, into);
}
