import { CoterieError, type Timers } from '@coterie/sdk';
import { transportContext } from './composition.js';
import type { Configuration } from './config/configuration.js';
import { isNetmtuAutomatic, LARGEST_NETMTU, LEAST_NETMTU, withNetmtu } from './config/netmtu.js';
import { START_TIMEOUT, within } from './plugins/load.js';
import type { LoadedPlugin } from './plugins/plugin-package.js';

/**
 * Where the file says `netmtu: auto`, asks the transport what it carries; one that does not say gets the default.
 * @throws CoterieError if the transport cannot find out, or says what cannot be
 */
export async function settleNetmtu(
  configuration: Configuration,
  plugins: readonly LoadedPlugin[],
  timers: Timers,
): Promise<Configuration> {
  if (!isNetmtuAutomatic(configuration)) return configuration;
  const { transport, totem } = configuration;
  const type = plugins.map(({ plugin }) => plugin.transports[transport]).find((each) => each !== undefined);
  const asked = type?.largestDatagram?.(transportContext(configuration));
  const what = `asking ${transport} for its largest datagram`;
  const found = asked && (await within(START_TIMEOUT, timers, what, asked));
  return withNetmtu(configuration, found === undefined ? totem.netmtu : checked(found, transport));
}

/** @throws CoterieError for what is no size, or leaves no room for messages */
function checked(found: unknown, transport: string): number {
  if (Number.isInteger(found) && (found as number) >= LEAST_NETMTU)
    return Math.min(found as number, LARGEST_NETMTU);
  throw new CoterieError(
    'COTERIE_E_PLUGIN_NETMTU',
    `${transport} says that its largest datagram has ${String(found)} bytes; it must be ${LEAST_NETMTU} or more`,
  );
}
