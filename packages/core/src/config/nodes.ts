import { parseAddress } from './address.js';
import type { Host, NodeSettings } from './configuration.js';
import type { Interpreted } from './interpret.js';
import type { Problems } from './problems.js';
import { shown } from './text.js';

interface FileNode {
  readonly ring0_addr?: string;
  readonly ring0_port?: number;
  readonly nodeid?: number;
  readonly name?: string;
  readonly quorum_votes: number;
}

/** A node and where in the file it stands. */
export interface ListedNode {
  readonly node: NodeSettings;
  /** From 0, as in `nodelist.node.<position>`. */
  readonly position: number;
  /** Of `ring0_addr`. */
  readonly line: number;
}

export interface NodelistContext {
  readonly host: Host;
  /** Of the transport, where a node says no `ring0_port`. */
  readonly mcastport: number;
  readonly clearHighBit: boolean;
}

/** The nodes of a `nodelist` section whose schema holds; those without an id get one from their IPv4 address. */
export function readNodes(nodelist: Interpreted, context: NodelistContext, problems: Problems): ListedNode[] {
  const nodes: ListedNode[] = [];
  const entries = (nodelist.value.node ?? []) as FileNode[];
  entries.forEach((entry, position) => {
    const lineOf = (key: string): number =>
      nodelist.lines.get(`/node/${position}/${key}`) ?? nodelist.lines.get(`/node/${position}`) ?? 0;
    const line = lineOf('ring0_addr');
    for (const link of Object.keys(entry).filter((key) => /^ring[1-7]_addr$/.test(key))) {
      problems.error(
        'COTERIE_E_CONFIG_LINKS',
        lineOf(link),
        `${link}: udp and udpu have one link, so a node has only ring0_addr.`,
      );
    }
    if (entry.ring0_addr === undefined) return;
    const nodeId = entry.nodeid ?? generateNodeId(entry.ring0_addr, context);
    if (nodeId === undefined) {
      problems.error(
        'COTERIE_E_CONFIG_NODEID',
        line,
        `the node with ring0_addr ${shown(entry.ring0_addr)} needs a "nodeid": one is made from IPv4 addresses only.`,
      );
      return;
    }
    const node: NodeSettings = {
      nodeId,
      name: entry.name,
      address: entry.ring0_addr,
      port: entry.ring0_port ?? 0,
      votes: entry.quorum_votes,
    };
    nodes.push({ node, position, line });
  });
  reportDuplicates(nodes, context, problems);
  return nodes;
}

/** As generate_nodeid in totemconfig.c: the IPv4 address, most significant byte first. */
function generateNodeId(address: string, { host, clearHighBit }: NodelistContext): number | undefined {
  const addresses = [address, ...(host.resolved?.get(address) ?? [])];
  const number = addresses.map((text) => parseAddress(text)?.number).find((found) => found !== undefined);
  if (number === undefined || number === 0) return undefined;
  return clearHighBit ? number % 2 ** 31 || undefined : number;
}

function reportDuplicates(nodes: readonly ListedNode[], context: NodelistContext, problems: Problems): void {
  const spellings: [string, (node: NodeSettings) => string | undefined][] = [
    ['node id', ({ nodeId }) => String(nodeId)],
    ['name', ({ name }) => name],
    ['address', (node) => `${canonical(node.address)} port ${node.port || context.mcastport}`],
  ];
  for (const [what, spell] of spellings) {
    const first = new Map<string, ListedNode>();
    for (const listed of nodes) {
      const spelled = spell(listed.node);
      const earlier = spelled === undefined ? undefined : first.get(spelled);
      if (spelled !== undefined && earlier === undefined) first.set(spelled, listed);
      if (earlier === undefined) continue;
      problems.error(
        'COTERIE_E_CONFIG_DUPLICATE_NODE',
        listed.line,
        `${what} ${shown(spelled ?? '')} is already that of the node in line ${earlier.line}.`,
      );
    }
  }
}

function canonical(address: string): string {
  return parseAddress(address)?.text ?? address.toLowerCase();
}

/**
 * The node this daemon is: the one asked for (`--node`, id or name), else by the rules of find_local_node in
 * totemconfig.c - the host's name, then without its domain, then the names' first parts, then addresses.
 * Undefined after reporting why.
 */
export function findLocalNode(
  nodes: readonly ListedNode[],
  host: Host,
  asked: string | undefined,
  problems: Problems,
  line: number,
): ListedNode | undefined {
  if (asked !== undefined) {
    const found = nodes.find(({ node }) => String(node.nodeId) === asked || node.name === asked);
    if (found === undefined) {
      const known = nodes.map(({ node }) => node.name ?? node.nodeId).join(', ');
      problems.error(
        'COTERIE_E_CONFIG_LOCAL_NODE',
        line,
        `the nodelist has no node ${shown(asked)}; its nodes are ${known}.`,
      );
    }
    return found;
  }
  for (const matches of localRules(host)) {
    const found = nodes.filter(({ node }) => matches(node));
    if (found.length > 1) {
      const ids = found.map(({ node }) => node.nodeId).join(', ');
      problems.error(
        'COTERIE_E_CONFIG_LOCAL_NODE',
        line,
        `nodes ${ids} are all on this host: say which one this daemon is (--node ID).`,
      );
      return undefined;
    }
    if (found.length === 1) return found[0];
  }
  problems.error(
    'COTERIE_E_CONFIG_LOCAL_NODE',
    line,
    `no node of the nodelist has the name ${shown(host.hostname)} or an address of this host.`,
  );
  return undefined;
}

/** From the surest to the least sure; the first that any node satisfies decides. */
function* localRules(host: Host): Generator<(node: NodeSettings) => boolean> {
  const named =
    (wanted: string, strip = (text: string) => text) =>
    ({ name, address }: NodeSettings): boolean =>
      [name, address].some((text) => text !== undefined && strip(text) === wanted);
  let shortened = host.hostname;
  yield named(shortened);
  while (shortened.includes('.')) {
    shortened = shortened.slice(0, shortened.lastIndexOf('.'));
    yield named(shortened);
  }
  yield named(shortened, (text) => text.split('.')[0] as string);
  const own = new Set(host.addresses.map(canonical));
  yield ({ address }) => own.has(canonical(address));
  yield ({ name, address }) =>
    [name, address].some((text) =>
      text === undefined ? false : host.resolved?.get(text)?.some((found) => own.has(canonical(found))),
    );
}
