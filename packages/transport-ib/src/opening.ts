import { CoterieError } from '@coterie/sdk';
import { type Device, loadAddon } from './addon.js';

/** What a failure to open an endpoint means to whoever configured it. */
export function explainOpenError(cause: unknown, address: string, port: number): CoterieError {
  const { code, syscall, message } = cause as NodeJS.ErrnoException;
  const explained = (coterie: ConstructorParameters<typeof CoterieError>[0], text: string) =>
    new CoterieError(coterie, text, { cause });
  if (cause instanceof CoterieError) return cause;
  if (code === 'ELIBRARY')
    return explained('COTERIE_E_IB_LIBRARY', `rdma-core is not usable here: ${message}`);
  if (code === 'ENODEV' || code === 'ENOENT') {
    return explained(
      'COTERIE_E_IB_DEVICE',
      `no RDMA device has the address ${address}; ${describeDevices()}`,
    );
  }
  if (code === 'EADDRNOTAVAIL') {
    return explained('COTERIE_E_IB_ADDRESS', `${address} is not an address of this machine`);
  }
  if (code === 'EADDRINUSE') {
    return explained(
      'COTERIE_E_IB_PORT',
      `port ${port} of rdma_cm at ${address} is taken by another program`,
    );
  }
  if (
    code === 'ENOMEM' &&
    (syscall === 'ibv_reg_mr' || syscall === 'rdma_create_qp' || syscall === 'ibv_create_cq')
  ) {
    return explained('COTERIE_E_IB_MEMLOCK', `this process may not lock enough memory: ${message}`);
  }
  return explained('COTERIE_E_IB_OPEN', `${address}: ${message}`);
}

/** One line on the RDMA devices of this machine. */
export function describeDevices(): string {
  let devices: readonly Device[];
  try {
    devices = loadAddon().devices();
  } catch (error) {
    return (error as Error).message;
  }
  if (devices.length === 0) return 'this machine has no RDMA device';
  const ports = devices.flatMap(({ name, ports }) =>
    ports.map(
      ({ port, state, gids }) =>
        `${name} port ${port} (${state}) has ${list(gids.map(({ gid }) => plain(gid)))}`,
    ),
  );
  return `there are: ${ports.join('; ')}`;
}

/** An IPv4 address that is mapped into IPv6 as what it is. */
export function plain(gid: string): string {
  return gid.replace(/^::ffff:(?=\d+\.)/, '');
}

function list(names: readonly string[]): string {
  return names.join(', ') || 'no address';
}
