import { ValueType, value, type Database } from '@coterie/sdk';
import type { LoadedPlugin } from '../plugins/plugin-package.js';
import type { RunningEngine } from '../routing/engine.js';

/** Says in the database which plugins and engines run here: `runtime.plugins.*`, and corosync's `runtime.services.*`. */
export function describePlugins(
  database: Database,
  plugins: readonly LoadedPlugin[],
  engines: readonly RunningEngine[],
): void {
  for (const { manifest, packageName, version } of plugins) {
    const prefix = `runtime.plugins.${manifest.name}.`;
    database.set(`${prefix}kind`, value.string(manifest.kind));
    database.set(`${prefix}version`, value.string(version));
    // An npm name may hold what a database key may not, so it is a value.
    database.set(`${prefix}package`, value.string(packageName));
  }
  engines.forEach(({ identity: { name, service } }, index) => {
    database.set(`runtime.services.${name}.service_id`, { type: ValueType.uint16, value: service });
    database.set(`internal_configuration.service.${index}.name`, value.string(`corosync_${name}`));
    database.set(`internal_configuration.service.${index}.ver`, value.u32(0));
  });
}
