/** A corosync.conf for nodes 1, 2, ... at these addresses. */
export function corosyncConf(
  { transport, token }: { readonly transport: string; readonly token?: number },
  addresses: readonly string[],
  stateDir: string,
): string {
  const totem = [
    'version: 2',
    'cluster_name: interop',
    `transport: ${transport}`,
    'crypto_cipher: none',
    'crypto_hash: none',
    ...(token === undefined ? [] : [`token: ${token}`, 'token_coefficient: 0']),
  ];
  const nodes = addresses.map((address, i) =>
    section('node', [`ring0_addr: ${address}`, `nodeid: ${i + 1}`]),
  );
  return [
    ...section('totem', totem),
    ...section('nodelist', nodes.flat()),
    ...section('quorum', ['provider: corosync_votequorum']),
    ...section('logging', ['to_stderr: yes', 'to_syslog: no', 'timestamp: hires']),
    ...section('system', [`state_dir: ${stateDir}`]),
    '',
  ].join('\n');
}

function section(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `  ${line}`), '}'];
}
