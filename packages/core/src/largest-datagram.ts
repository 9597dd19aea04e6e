import type { Timers } from '@coterie/sdk';
import { transportContext } from './composition.js';
import type { Configuration } from './config/configuration.js';
import { isNetmtuAutomatic, withNetmtu } from './config/netmtu.js';
import { START_TIMEOUT, within } from './plugins/load.js';
import type { LoadedPlugin } from './plugins/plugin-package.js';

/**
 * Where the file says `netmtu: auto`, asks the transport what it carries; one that does not say gets the default.
 * @throws CoterieError if the transport cannot find out
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
  return withNetmtu(configuration, found ?? totem.netmtu);
}
