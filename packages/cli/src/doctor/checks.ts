import { join } from 'node:path';
import type { Configuration } from '@coterie/core';
import type { PluginStatus } from '../status/snapshot.js';
import type { Finding } from '../status/findings.js';
import type { Machine } from './machine.js';

/** Bytes that a UDP transport asks the kernel for, each way. */
const SOCKET_BUFFER = 2 * 1024 * 1024;

/** What of a configuration concerns the network of this node. */
export type NetworkSettings = Pick<Configuration, 'local' | 'transport' | 'transportSettings' | 'section'>;

/** Native parts that were not built for this platform; the plugin does without, or does not start. */
export function checkAddons(plugins: readonly PluginStatus[], machine: Machine): Finding[] {
  return plugins
    .filter(({ directory }) => {
      if (!machine.exists(join(directory, 'prebuilds'))) return false;
      const places = [join('prebuilds', machine.platform), join('build', 'Release')];
      return !places.some((place) => machine.exists(join(directory, place)));
    })
    .map(({ packageName, directory }) => ({
      severity: 'warning',
      what: `${packageName} has no native part for ${machine.platform} in ${directory}.`,
      hint: 'What it does without it, its README says; build it in a clone with npm run build:native, or install a version that has it.',
    }));
}

export function checkMtu({ local, transportSettings }: NetworkSettings, machine: Machine): Finding[] {
  const device = machine.interfaceOf(local.address);
  const mtu = Number(device && machine.read(`/sys/class/net/${device}/mtu`));
  const { netmtu } = transportSettings;
  if (!(mtu > 0) || netmtu <= mtu) return [];
  return [
    {
      severity: 'warning',
      what: `totem.netmtu is ${netmtu}, and packets on ${device} may have ${mtu} bytes: longer ones are cut in pieces, and one that is lost loses all.`,
      hint: `Write "netmtu: ${mtu}" into the section totem on every node, or: ip link set ${device} mtu ${netmtu}`,
    },
  ];
}

/** Only `udp` sends to a group. */
export async function checkMulticast(
  { local, transport, transportSettings }: NetworkSettings,
  machine: Machine,
): Promise<Finding[]> {
  if (transport !== 'udp' || transportSettings.interface.broadcast || local.address.includes(':')) return [];
  if (machine.interfaceOf(local.address) === undefined || (await machine.hearsItself(local.address)))
    return [];
  return [
    {
      severity: 'error',
      what: `Multicast does not work on the interface of ${local.address}: what is sent to a group does not come back.`,
      hint: 'See ip -d link and ip maddr; or write "transport: udpu", which needs no multicast.',
    },
  ];
}

export function checkBuffers(machine: Machine): Finding[] {
  return ['rmem_max', 'wmem_max'].flatMap((name) => {
    const limit = Number(machine.read(`/proc/sys/net/core/${name}`));
    if (!(limit > 0) || limit >= SOCKET_BUFFER) return [];
    return [
      {
        severity: 'warning' as const,
        what: `net.core.${name} is ${limit}: a socket gets no more buffer, and under load packets are lost.`,
        hint: `sysctl -w net.core.${name}=${SOCKET_BUFFER}; to keep it, a line in /etc/sysctl.d. A daemon with CAP_NET_ADMIN gets more without.`,
      },
    ];
  });
}

/** The ring needs no common time; whoever compares the logs of two nodes does. */
export function checkClock(machine: Machine): Finding[] {
  if (machine.ask('timedatectl', 'show', '--property=NTPSynchronized', '--value') !== 'no') return [];
  return [
    {
      severity: 'warning',
      what: "This machine's clock is not synchronised: the times in its logs are not those of the other nodes.",
      hint: 'timedatectl set-ntp true, or install chrony.',
    },
  ];
}

/** Rules that may drop packets; whether they drop the ring's only the other nodes can tell. */
export function checkFirewall({ local, transportSettings }: NetworkSettings, machine: Machine): Finding[] {
  const rules = [
    machine.ask('nft', 'list', 'ruleset'),
    machine.ask('iptables', '-S'),
    machine.ask('ip6tables', '-S'),
  ];
  if (!rules.some((each) => /\b(drop|reject)\b/i.test(each ?? ''))) return [];
  const port = local.port || transportSettings.interface.mcastport;
  return [
    {
      severity: 'warning',
      what: 'A firewall on this machine drops packets.',
      hint: `UDP port ${port} has to be open to the other nodes, in both directions: nft add rule inet filter input udp dport ${port} accept`,
    },
  ];
}
