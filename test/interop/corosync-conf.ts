import type { Endpoint } from './network.js';

/** A corosync.conf for nodes 1, 2, ... at these places. */
export function corosyncConf(
  {
    transport,
    token,
    qnetd,
    provider = 'corosync_votequorum',
    sections = '',
  }: {
    readonly transport: string;
    readonly token?: number;
    readonly qnetd?: string;
    readonly provider?: string;
    readonly sections?: string;
  },
  endpoints: readonly Endpoint[],
  stateDir: string,
): string {
  const totem = [
    'version: 2',
    // The multicast group is made from it: another run on this machine is to have another.
    `cluster_name: interop-${process.pid}`,
    `transport: ${transport}`,
    'crypto_cipher: none',
    'crypto_hash: none',
    ...(token === undefined ? [] : [`token: ${token}`, 'token_coefficient: 0']),
  ];
  const nodes = endpoints.map(({ address, port }, i) => {
    const own = port === undefined ? [] : [`ring0_port: ${port}`];
    return section('node', [`ring0_addr: ${address}`, ...own, `nodeid: ${i + 1}`, `name: node${i + 1}`]);
  });
  return [
    ...section('totem', totem),
    ...section('nodelist', nodes.flat()),
    ...section('quorum', [`provider: ${provider}`, ...(qnetd === undefined ? [] : device(qnetd))]),
    ...section('logging', ['to_stderr: yes', 'to_syslog: no', 'timestamp: hires']),
    // A corosync with real-time priority that has much to do leaves the others of this machine 50 ms a second.
    ...section('system', [`state_dir: ${stateDir}`, 'sched_rr: no']),
    sections,
    '',
  ].join('\n');
}

function device(host: string): string[] {
  const net = section('net', [`host: ${host}`, 'algorithm: ffsplit', 'tls: off']);
  return section('device', ['model: net', 'votes: 1', ...net]);
}

function section(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `  ${line}`), '}'];
}
