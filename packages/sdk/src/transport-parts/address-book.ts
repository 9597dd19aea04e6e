import { isIP } from 'node:net';
import type { Logger } from '../ports.js';
import type { NodeId } from '../ring.js';
import type { Member } from '../transport.js';
import type { Family, Resolve } from './resolve.js';

interface Entry {
  readonly member: Member;
  /** The last good address. */
  address: string | undefined;
  resolving: boolean;
  complained: boolean;
}

/** A member with an address, for the sockets. */
export interface ResolvedMember {
  readonly nodeId: NodeId;
  readonly address: string;
  readonly port: number;
}

/**
 * Addresses of the other members. Names are resolved in the background; a name that was resolved once keeps its
 * last address when it cannot be resolved any more.
 */
export class AddressBook {
  private entries = new Map<NodeId, Entry>();

  constructor(
    private readonly family: Family,
    private readonly resolve: Resolve,
    private readonly log: Logger,
    private readonly changed: () => void,
  ) {}

  /** The new nodelist without this node. Entries of untouched members stay as they are. */
  set(members: readonly Member[]): void {
    const entries = new Map<NodeId, Entry>();
    for (const member of members) {
      const old = this.entries.get(member.nodeId);
      const same = old?.member.address === member.address;
      entries.set(member.nodeId, {
        member,
        address: same ? old.address : this.literal(member),
        resolving: false,
        complained: same && old.complained,
      });
    }
    this.entries = entries;
    this.changed();
    for (const entry of entries.values()) {
      if (isIP(entry.member.address) === 0) void this.lookUp(entry);
    }
  }

  /** Try again what has no address yet. */
  retry(): void {
    for (const entry of this.entries.values()) {
      if (entry.address === undefined && isIP(entry.member.address) === 0) void this.lookUp(entry);
    }
  }

  resolved(): ResolvedMember[] {
    const list: ResolvedMember[] = [];
    for (const { member, address } of this.entries.values()) {
      if (address !== undefined) list.push({ nodeId: member.nodeId, address, port: member.port });
    }
    return list;
  }

  /** Forget everybody; lookups under way have no effect any more. */
  clear(): void {
    this.entries.clear();
  }

  private literal(member: Member): string | undefined {
    const family = isIP(member.address);
    if (family === this.family) return member.address;
    if (family !== 0) {
      this.log.error(
        `Node ${member.nodeId} has the address ${member.address}, but this ring runs over IPv${this.family}: nothing is sent to it`,
      );
    }
    return undefined;
  }

  private async lookUp(entry: Entry): Promise<void> {
    if (entry.resolving) return;
    entry.resolving = true;
    const { nodeId, address: name } = entry.member;
    try {
      const address = await this.resolve(name, this.family);
      if (this.entries.get(nodeId) !== entry) return;
      if (entry.complained) this.log.info(`Node ${nodeId}: ${name} resolves to ${address} now`);
      entry.complained = false;
      if (entry.address === address) return;
      entry.address = address;
      this.changed();
    } catch (error) {
      if (this.entries.get(nodeId) !== entry || entry.complained) return;
      entry.complained = true;
      const instead = entry.address === undefined ? 'nothing is sent to it' : `${entry.address} stays in use`;
      this.log.warn(`Node ${nodeId}: ${name} does not resolve to an IPv${this.family} address: ${instead}`, {
        reason: (error as Error).message,
      });
    } finally {
      entry.resolving = false;
    }
  }
}
