import { ValueType, value, type Database } from '@coterie/sdk';
import type { RunningEngine } from '../routing/engine.js';

/** Says in the database which engines run here, as corosync does: `runtime.services.*`, `internal_configuration.*`.
 * Its list of services is in the order of their numbers. */
export function describeServices(database: Database, engines: readonly RunningEngine[]): void {
  for (const { identity } of engines) {
    const { name, service } = identity;
    database.set(`runtime.services.${name}.service_id`, { type: ValueType.uint16, value: service });
    database.set(`internal_configuration.service.${service}.name`, value.string(`corosync_${name}`));
    database.set(`internal_configuration.service.${service}.ver`, value.u32(0));
  }
}
