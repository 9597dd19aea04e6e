import { ValueType, value, type Database } from '@coterie/sdk';
import type { RunningEngine } from '../routing/engine.js';

/** Says in the database which engines run here, as corosync does: `runtime.services.*`, `internal_configuration.*`. */
export function describeServices(database: Database, engines: readonly RunningEngine[]): void {
  engines.forEach(({ identity: { name, service } }, index) => {
    database.set(`runtime.services.${name}.service_id`, { type: ValueType.uint16, value: service });
    database.set(`internal_configuration.service.${index}.name`, value.string(`corosync_${name}`));
    database.set(`internal_configuration.service.${index}.ver`, value.u32(0));
  });
}
