import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoterieError } from '@coterie/sdk';
import type { Finding } from '../status/findings.js';
import type { PluginStatus } from '../status/snapshot.js';
import type { NetworkSettings } from './checks.js';

/** What @coterie/transport-ib tells of a device, as far as it is of interest here. */
export interface RdmaDevice {
  readonly name: string;
  readonly ports: readonly {
    readonly port: number;
    readonly state: string;
    readonly linkLayer: string;
    readonly activeMtu: number;
    /** IPv6 addresses, IPv4 as `::ffff:a.b.c.d`. */
    readonly gids: readonly { readonly gid: string }[];
  }[];
}

/** One area for each port of a device, named by what it is, and one for whether `transport: iba` works with them. */
export async function examineRdma(
  settings: NetworkSettings,
  plugins: readonly PluginStatus[],
): Promise<{ area: string; findings: Finding[] }[]> {
  const { transport, transportSettings } = settings;
  const plugin = plugins.find(({ packageName }) => packageName === '@coterie/transport-ib');
  if (transport !== 'iba' || plugin === undefined) return [];
  const { address } = settings.local;
  // Not before it is needed: every command loads this file.
  const { isNetmtuAutomatic } = await import('@coterie/core');
  // With auto it is whatever the port carries.
  const netmtu = isNetmtuAutomatic(settings) ? 0 : transportSettings.netmtu;
  try {
    const module = (await import(pathToFileURL(join(plugin.directory, 'dist/index.js')).href)) as {
      rdmaDevices(): readonly RdmaDevice[];
    };
    return examineDevices(module.rdmaDevices(), { address, netmtu });
  } catch (error) {
    if (!(error instanceof CoterieError)) throw error;
    const what = `${error.message} [${error.code}]`;
    const hint = 'On Debian: apt-get install librdmacm1 libibverbs1 ibverbs-providers rdma-core';
    return [{ area: 'RDMA', findings: [{ severity: 'error', what, hint }] }];
  }
}

export function examineDevices(
  devices: readonly RdmaDevice[],
  { address, netmtu }: { readonly address: string; readonly netmtu: number },
): { area: string; findings: Finding[] }[] {
  const ports = devices.flatMap(({ name, ports }) => ports.map((port) => ({ name, ...port })));
  const areas = ports.map(({ name, port, state, linkLayer, activeMtu, gids }) => ({
    area: `RDMA device ${name} port ${port}: ${linkLayer}, ${state}, MTU ${activeMtu}, ${gids.map(({ gid }) => plain(gid)).join(' ') || 'no GID'}`,
    findings: [],
  }));
  return [...areas, { area: 'RDMA', findings: findingsOf(ports, address, netmtu) }];
}

type Port = { readonly name: string } & RdmaDevice['ports'][number];

function findingsOf(ports: readonly Port[], address: string, netmtu: number): Finding[] {
  const error = (what: string, hint: string): Finding[] => [{ severity: 'error', what, hint }];
  if (ports.length === 0)
    return error(
      'This machine has no RDMA device.',
      'See rdma link; docs/infiniband.md says how to make one.',
    );
  const own = ports.find(({ gids }) => gids.some(({ gid }) => plain(gid) === address));
  // On InfiniBand no GID says which IP addresses there are.
  if (own === undefined && ports.every(({ linkLayer }) => linkLayer === 'Ethernet')) {
    return error(
      `No RDMA device has a GID for ${address}, the address of this node.`,
      'Give the address to the interface of a device, see rdma link; or write another ring0_addr.',
    );
  }
  if (own === undefined) return [];
  const place = `${own.name} port ${own.port}`;
  if (own.state !== 'active')
    return error(`${place}, which has ${address}, is ${own.state}.`, 'See rdma link, and the cable.');
  if (netmtu <= own.activeMtu) return [];
  return error(
    `totem.netmtu is ${netmtu}, and ${place} carries ${own.activeMtu} bytes: the daemon will not start.`,
    `Write "netmtu: ${own.activeMtu}", or "netmtu: auto", into the section totem on every node.`,
  );
}

function plain(gid: string): string {
  return gid.replace(/^::ffff:(?=\d+\.)/, '');
}
