export { CpgClient, type CpgConnectOptions } from './cpg-client.js';
export type {
  Change,
  ChangeReason,
  ConfigurationEvent,
  DeliverEvent,
  GroupEvent,
  Process,
  RingEvent,
} from './events.js';
export type { Group, GroupHandlers, JoinOptions } from './group.js';
