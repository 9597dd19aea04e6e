import type { DatabaseValue } from '@coterie/sdk';

export interface NodeStatus {
  readonly nodeId: number;
  readonly name: string | undefined;
  readonly address: string;
  /** In this node's ring. */
  readonly member: boolean;
  /** Undefined for a member that the nodelist does not have. */
  readonly votes: number | undefined;
}

export interface VoteStatus {
  readonly quorate: boolean;
  readonly expected: number;
  readonly total: number;
  /** Votes needed. */
  readonly needed: number;
  readonly flags: readonly string[];
}

export interface PluginStatus {
  readonly name: string;
  readonly kind: string;
  readonly packageName: string;
  readonly version: string;
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  /** Of corosync.conf; '' if it has none. */
  readonly section: string;
  readonly directory: string;
  /** Milliseconds that its import took; undefined: it was not imported. */
  readonly importTime: number | undefined;
  /** Codes of what is wrong with it. */
  readonly problems: readonly string[];
}

/** The own end of a link, or the way to a member over it. */
export interface LinkStatus {
  readonly address: string;
  readonly up: boolean;
  readonly reason: string | undefined;
  /** The member that the way leads to; undefined: the own end. */
  readonly peer: number | undefined;
}

/** What `coterie status` knows of one node and its ring. Everything JSON can hold. */
export interface Snapshot {
  /** Id of the node that tells; undefined if it has no nodelist. */
  readonly node: number | undefined;
  readonly cluster: string;
  readonly transport: string;
  /** `representative.sequence`, hexadecimal. */
  readonly ring: string;
  readonly quorate: boolean;
  /** Undefined where no provider counts votes. */
  readonly votes: VoteStatus | undefined;
  readonly nodes: readonly NodeStatus[];
  readonly plugins: readonly PluginStatus[];
  readonly links: readonly LinkStatus[];
  /** The counters below `stats.srp.`, by what follows. */
  readonly counters: Readonly<Record<string, number>>;
}

/** The daemon's database as it was read: keys below `nodelist.`, `runtime.`, `stats.` and `totem.`. */
export type Keys = ReadonlyMap<string, DatabaseValue>;

export interface RingStatus {
  readonly ring: string;
  readonly members: readonly number[];
  readonly quorate: boolean;
  readonly votes: VoteStatus | undefined;
}

export function snapshot(keys: Keys, ring: RingStatus): Snapshot {
  return {
    node: number(keys.get(`nodelist.node.${number(keys.get('nodelist.local_node_pos'))}.nodeid`)),
    cluster: text(keys, 'totem.cluster_name') ?? '',
    transport: text(keys, 'totem.transport') ?? '',
    ring: ring.ring,
    quorate: ring.quorate,
    votes: ring.votes,
    nodes: nodes(keys, ring.members),
    plugins: plugins(keys),
    links: links(keys),
    counters: Object.fromEntries(
      [...keys]
        .filter(([key]) => key.startsWith('stats.srp.'))
        .map(([key, value]) => [key.slice(10), number(value) ?? 0]),
    ),
  };
}

export function nodes(keys: Keys, members: readonly number[]): NodeStatus[] {
  const listed: NodeStatus[] = [];
  for (const position of positions(keys, 'nodelist.node.')) {
    const prefix = `nodelist.node.${position}`;
    const nodeId = number(keys.get(`${prefix}.nodeid`)) ?? 0;
    listed.push({
      nodeId,
      name: text(keys, `${prefix}.name`),
      address: text(keys, `${prefix}.ring0_addr`) ?? '',
      member: members.includes(nodeId),
      votes: number(keys.get(`${prefix}.quorum_votes`)) ?? 1,
    });
  }
  const strangers = members.filter((id) => listed.every(({ nodeId }) => nodeId !== id));
  for (const nodeId of strangers) {
    const address = /ip\(([^)]*)\)/.exec(text(keys, `runtime.members.${nodeId}.ip`) ?? '')?.[1] ?? '';
    listed.push({ nodeId, name: undefined, address, member: true, votes: undefined });
  }
  return listed.sort((a, b) => a.nodeId - b.nodeId);
}

/** The plugins in the order in which they start. */
export function plugins(keys: Keys): PluginStatus[] {
  const found = positions(keys, 'runtime.plugins.').map((name): PluginStatus & { order: number } => {
    const prefix = `runtime.plugins.${name}`;
    return {
      name,
      kind: text(keys, `${prefix}.kind`) ?? '',
      packageName: text(keys, `${prefix}.package`) ?? '',
      version: text(keys, `${prefix}.version`) ?? '',
      provides: words(text(keys, `${prefix}.provides`)),
      requires: words(text(keys, `${prefix}.requires`)),
      section: text(keys, `${prefix}.section`) ?? '',
      directory: text(keys, `${prefix}.directory`) ?? '',
      importTime: number(keys.get(`${prefix}.import_time_ms`)),
      problems: words(text(keys, `${prefix}.problems`)),
      order: number(keys.get(`${prefix}.order`)) ?? Infinity,
    };
  });
  return found.sort((a, b) => a.order - b.order).map(({ order: _, ...plugin }) => plugin);
}

function words(list: string | undefined): string[] {
  return (list ?? '').split(' ').filter(Boolean);
}

/** Links, and the ways to members over each. */
function links(keys: Keys): LinkStatus[] {
  return positions(keys, 'runtime.links.').flatMap((link) => {
    const prefix = `runtime.links.${link}`;
    const peers = positions(keys, `${prefix}.peers.`);
    return [
      linkAt(keys, prefix, undefined),
      ...peers.map((peer) => linkAt(keys, `${prefix}.peers.${peer}`, Number(peer))),
    ];
  });
}

function linkAt(keys: Keys, prefix: string, peer: number | undefined): LinkStatus {
  return {
    address: text(keys, `${prefix}.address`) ?? '',
    up: number(keys.get(`${prefix}.up`)) === 1,
    reason: text(keys, `${prefix}.reason`),
    peer,
  };
}

/** The distinct parts of the keys between `prefix` and the next dot, in the order of the database. */
function positions(keys: Keys, prefix: string): string[] {
  const found = new Set<string>();
  for (const key of keys.keys()) {
    if (key.startsWith(prefix)) found.add(key.slice(prefix.length).split('.', 1)[0] ?? '');
  }
  return [...found];
}

function text(keys: Keys, key: string): string | undefined {
  const found = keys.get(key);
  return found?.type === 11 ? found.value : undefined;
}

function number(value: DatabaseValue | undefined): number | undefined {
  return typeof value?.value === 'number' || typeof value?.value === 'bigint'
    ? Number(value.value)
    : undefined;
}
