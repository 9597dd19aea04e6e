import { ValueType, value, type Database, type EngineIdentity } from '@coterie/sdk';
import type { RunningEngine } from '../routing/engine.js';
import type { Standing } from '../routing/standing.js';

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

/** Says in the database whether an engine takes part, and in which version: `runtime.plugins.NAME.held` and `.wire`. */
export function describeStanding(
  database: Database,
  { name }: EngineIdentity,
  { held, wire }: Standing,
): void {
  database.set(`runtime.plugins.${name}.wire`, { type: ValueType.uint8, value: wire });
  if (held === undefined) database.delete(`runtime.plugins.${name}.held`);
  else database.set(`runtime.plugins.${name}.held`, value.string(held));
}
