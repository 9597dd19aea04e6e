import type { Database, Logger } from '@coterie/sdk';
import type { TotemSettings } from '@coterie/totem';
import type { Configuration } from './configuration.js';
import { retune } from './runtime-keys.js';

/**
 * Puts into force what clients change below `totem.` (totem_change_notify in totemconfig.c). A reload, which changes
 * many keys at once, says itself what is in force.
 */
export function followTiming(
  database: Database,
  configuration: () => Configuration,
  log: Logger,
  apply: (settings: TotemSettings) => void,
): void {
  database.track('totem.', true, ({ key }) => {
    if (database.get('config.totemconfig_reload_in_progress')?.value === 1) return;
    const result = retune(configuration(), database);
    if ('faults' in result) {
      log.error(`${key} is not put into force: ${result.faults.join(' ')}`);
      return;
    }
    for (const [name, held] of result.keys) database.set(name, held);
    apply(result.totem);
  });
}
