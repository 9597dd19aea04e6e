import type { TotemTransportSettings } from '@coterie/sdk';
import { parseAddress } from './address.js';
import type { NodeSettings } from './configuration.js';
import { didYouMean } from './did-you-mean.js';
import type { Interpreted } from './interpret.js';
import { AUTO, LARGEST_NETMTU, LEAST_NETMTU } from './netmtu.js';
import type { ListedNode } from './nodes.js';
import type { Problems } from './problems.js';
import { knetKeys } from './schema-totem.js';
import { shown } from './text.js';

/** `totem` as its schema leaves it, as far as transports are concerned. */
interface TotemSection {
  readonly cluster_name?: string;
  readonly transport?: string;
  readonly ip_version?: TotemTransportSettings['ipVersion'];
  readonly crypto_cipher?: string;
  readonly crypto_hash?: string;
  readonly secauth?: string;
  readonly netmtu?: number | typeof AUTO;
  readonly block_unlisted_ips?: string;
  readonly interface?: readonly InterfaceSection[];
}

interface InterfaceSection {
  readonly linknumber: number;
  readonly bindnetaddr?: string;
  readonly mcastaddr?: string;
  readonly broadcast: string;
  readonly mcastport: number;
  readonly ttl: number;
}

const DEFAULT_PORT = 5405;
/** UDP_NETMTU of totemconfig.c, bytes. */
const DEFAULT_NETMTU = 1500;

export function mcastport(totem: Interpreted): number {
  return (totem.value as TotemSection).interface?.[0]?.mcastport ?? DEFAULT_PORT;
}

/** The name in `totem.transport`, or undefined after saying why it cannot be. */
export function checkTransport(
  totem: Interpreted,
  transports: readonly string[],
  problems: Problems,
): string | undefined {
  const { transport } = totem.value as TotemSection;
  const known = transports.join(', ') || 'none';
  if (transport === undefined || transport === 'knet') {
    const line = totem.lines.get('/transport') ?? totem.lines.get('') ?? 0;
    const what =
      transport === undefined ? 'without "transport", corosync means knet' : 'totem.transport is knet';
    problems.error(
      'COTERIE_E_CONFIG_TRANSPORT',
      line,
      `${what}, which is not there (installed: ${known}). Write "transport: udpu" into "totem" on every node.`,
    );
    return undefined;
  }
  if (transports.includes(transport)) return transport;
  problems.error(
    'COTERIE_E_CONFIG_TRANSPORT',
    totem.lines.get('/transport') ?? 0,
    `no installed plugin has the transport ${shown(transport)} (installed: ${known}).${didYouMean(transport, transports)}`,
  );
  return undefined;
}

/** Plaintext has to be asked for, and is all there is so far. */
export function checkCrypto(totem: Interpreted, problems: Problems): void {
  const section = totem.value as TotemSection;
  if (section.crypto_cipher === undefined && section.secauth !== 'on') {
    problems.error(
      'COTERIE_E_CONFIG_CRYPTO_MISSING',
      totem.lines.get('') ?? 0,
      'packets would be sent in plaintext, which the file does not ask for. Add "crypto_cipher: none" to "totem" ' +
        'if the network between the nodes is trusted.',
    );
  }
  const encrypting: [keyof TotemSection, string][] = [
    ['crypto_cipher', 'none'],
    ['crypto_hash', 'none'],
    ['secauth', 'off'],
  ];
  for (const [key, plain] of encrypting) {
    const value = section[key];
    if (value === undefined || value === plain) continue;
    problems.error(
      'COTERIE_E_CONFIG_CRYPTO_UNSUPPORTED',
      totem.lines.get(`/${key}`) ?? 0,
      `totem.${key} is ${shown(String(value))}; only "${plain}" is supported so far.`,
    );
  }
}

/**
 * What the transport is told; undefined while the local node is not known. Reports what corosync's
 * totem_config_validate refuses.
 */
export function transportSettings(
  totem: Interpreted,
  transport: string,
  nodes: readonly ListedNode[],
  local: NodeSettings | undefined,
  problems: Problems,
): TotemTransportSettings | undefined {
  const section = totem.value as TotemSection;
  const ipVersion = section.ip_version ?? (transport === 'udp' ? 'ipv4' : 'ipv6-4');
  const clusterName = section.cluster_name ?? '';
  const link = section.interface?.[0];
  checkLinks(totem, transport, problems);
  checkFamilies(nodes, ipVersion, problems);
  reportIgnored(totem, problems);
  const netmtu = checkedNetmtu(totem, section.netmtu, problems);
  if (local === undefined) return undefined;
  const broadcast = link?.broadcast === 'yes';
  const mcastaddr = link?.mcastaddr ?? automaticGroup(clusterName, local.address);
  if (transport === 'udp' && !broadcast) checkGroup(totem, link?.mcastaddr, clusterName, local, problems);
  return {
    clusterName,
    ipVersion,
    netmtu,
    blockUnlistedIps: section.block_unlisted_ips !== 'no',
    windowSize: 0,
    downcheck: 0,
    interface: {
      bindnetaddr: local.address,
      mcastaddr: broadcast ? '255.255.255.255' : mcastaddr,
      mcastport: mcastport(totem),
      broadcast,
      ttl: link?.ttl ?? 1,
    },
  };
}

function checkLinks(totem: Interpreted, transport: string, problems: Problems): void {
  const links = (totem.value as TotemSection).interface ?? [];
  links.forEach((link, index) => {
    const line = totem.lines.get(`/interface/${index}`) ?? 0;
    if (index > 0 || link.linknumber > 0) {
      problems.error(
        'COTERIE_E_CONFIG_LINKS',
        line,
        `transport ${transport} has one link, with linknumber 0.`,
      );
    }
    if (link.ttl !== 1 && transport !== 'udp') {
      const at = totem.lines.get(`/interface/${index}/ttl`) ?? line;
      problems.error('COTERIE_E_CONFIG_VALUE', at, 'totem.interface.ttl is for transport udp only.');
    }
    if (link.bindnetaddr !== undefined) {
      const at = totem.lines.get(`/interface/${index}/bindnetaddr`) ?? line;
      problems.warning(
        'COTERIE_W_CONFIG_IGNORED',
        at,
        'bindnetaddr has no effect: the nodelist takes its place.',
      );
    }
  });
}

/** All addresses of a link are of one family, and of one that `ip_version` allows. */
function checkFamilies(
  nodes: readonly ListedNode[],
  ipVersion: TotemTransportSettings['ipVersion'],
  problems: Problems,
): void {
  let first: { family: 4 | 6; address: string } | undefined;
  for (const { node, line } of nodes) {
    const family = parseAddress(node.address)?.family;
    if (family === undefined) continue;
    if ((ipVersion === 'ipv4' && family === 6) || (ipVersion === 'ipv6' && family === 4)) {
      problems.error(
        'COTERIE_E_CONFIG_ADDRESS',
        line,
        `${node.address} is an IPv${family} address, but totem.ip_version is ${ipVersion}.`,
      );
      continue;
    }
    first ??= { family, address: node.address };
    if (first.family !== family) {
      problems.error(
        'COTERIE_E_CONFIG_ADDRESS',
        line,
        `${node.address} and ${first.address} are of different IP families.`,
      );
    }
  }
}

function checkGroup(
  totem: Interpreted,
  configured: string | undefined,
  clusterName: string,
  local: NodeSettings,
  problems: Problems,
): void {
  const line = totem.lines.get('/interface/0/mcastaddr') ?? totem.lines.get('') ?? 0;
  if (configured === undefined) {
    if (clusterName !== '') return;
    problems.error(
      'COTERIE_E_CONFIG_MISSING',
      line,
      'transport udp needs totem.interface.mcastaddr, or totem.cluster_name to derive it from.',
    );
    return;
  }
  const group = parseAddress(configured);
  if (group === undefined || !isMulticast(group)) {
    problems.error('COTERIE_E_CONFIG_ADDRESS', line, `${shown(configured)} is no multicast address.`);
  } else if (group.family !== (parseAddress(local.address)?.family ?? group.family)) {
    problems.error(
      'COTERIE_E_CONFIG_ADDRESS',
      line,
      `mcastaddr ${configured} and the address of this node, ${local.address}, are of different IP families.`,
    );
  }
}

function isMulticast({ number, text }: { number: number | undefined; text: string }): boolean {
  return number === undefined ? text.startsWith('ff') : number >= 0xe000_0000 && number < 0xf000_0000;
}

/** get_cluster_mcast_addr of totemconfig.c, its remainder by 255 included. */
function automaticGroup(clusterName: string, localAddress: string): string | undefined {
  if (clusterName === '') return undefined;
  let id = 0;
  for (const byte of Buffer.from(clusterName)) id = (id * 2 + ((byte << 24) >> 24)) & 0xffff;
  if (parseAddress(localAddress)?.family === 6) return `ff15::${id.toString(16)}`;
  return `239.192.${id >> 8}.${id % 0xff}`;
}

function checkedNetmtu(totem: Interpreted, configured: TotemSection['netmtu'], problems: Problems): number {
  const netmtu = configured === AUTO ? DEFAULT_NETMTU : configured || DEFAULT_NETMTU;
  if (netmtu < LEAST_NETMTU) {
    problems.error(
      'COTERIE_E_CONFIG_VALUE',
      totem.lines.get('/netmtu') ?? 0,
      `totem.netmtu is ${netmtu}; it must be in the range ${LEAST_NETMTU}..${LARGEST_NETMTU}, or 0 for ${DEFAULT_NETMTU}.`,
    );
  }
  return netmtu;
}

/** Settings that corosync knows and that change nothing here. */
function reportIgnored(totem: Interpreted, problems: Problems): void {
  const useless = new Set(['nodeid', 'threads', 'rrp_mode', 'crypto_model', 'keyfile', 'key']);
  for (const [pointer, line] of totem.lines) {
    const key = pointer.slice(pointer.lastIndexOf('/') + 1);
    if (knetKeys.has(key)) {
      problems.warning(
        'COTERIE_W_CONFIG_IGNORED',
        line,
        `"${key}" has no effect: it is for transport knet only.`,
      );
    } else if (useless.has(key) && pointer === `/${key}`) {
      problems.warning('COTERIE_W_CONFIG_IGNORED', line, `"totem.${key}" has no effect.`);
    }
  }
}
