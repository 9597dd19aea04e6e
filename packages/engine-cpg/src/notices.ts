import type { Client, Clients, Cluster, View } from '@coterie/sdk';
import {
  ClientEvent,
  Configuration,
  MAX_MEMBERS,
  RingConfiguration,
  type Address,
} from './client-messages.js';
import type { Groups, Process } from './groups.js';
import type { LocalProcesses } from './local-processes.js';
import type { SynchronisationEvents } from './synchronisation.js';

/** Tells this node's clients what changed, and follows it in the state of their connections. */
export class Notices implements SynchronisationEvents {
  /** Activated last. */
  private view: View;

  constructor(
    private readonly cluster: Cluster,
    private readonly clients: Clients,
    private readonly groups: Groups,
    private readonly local: LocalProcesses,
  ) {
    this.view = cluster.view;
  }

  /** A process that joined hears of it first of all; one that left, last of all. */
  changed(group: string, joined: readonly Address[], left: readonly Address[]): void {
    const arrived = this.own(group, joined);
    for (const connection of arrived) {
      connection.state = 'joined';
      this.local.attach(connection);
    }
    this.dispatch(group, joined, left);
    for (const connection of arrived) {
      if (connection.wantsRing) this.ring(connection.client);
      connection.wantsRing = false;
    }
    for (const connection of this.own(group, left)) {
      connection.state = 'left';
      this.local.detach(connection);
    }
  }

  activated(view: View): void {
    this.view = view;
    this.ring(this.clients);
  }

  private ring(to: Client | Clients): void {
    const { ring, members } = this.view;
    to.dispatch(ClientEvent.RING, RingConfiguration, { ...ring, members });
  }

  private dispatch(group: string, joined: readonly Address[], left: readonly Address[]): void {
    const listeners = this.local.in(group);
    if (listeners.length === 0) return;
    const processes = this.groups.find(group)?.processes ?? [];
    const event = {
      group,
      members: processes.slice(0, MAX_MEMBERS).map(bystander),
      left: left.slice(0, MAX_MEMBERS),
      joined: joined.slice(0, MAX_MEMBERS),
    };
    for (const connection of listeners) {
      connection.configurationSent();
      connection.client.dispatch(ClientEvent.CONFIGURATION, Configuration, event);
    }
  }

  private own(group: string, addresses: readonly Address[]) {
    return addresses
      .filter(({ nodeId }) => nodeId === this.cluster.nodeId)
      .map(({ pid }) => this.local.find(group, pid))
      .filter((connection) => connection !== undefined);
  }
}

/** A process that neither joined nor left. */
export function bystander({ nodeId, pid }: Process): Address {
  return { nodeId, pid, reason: 0 };
}
