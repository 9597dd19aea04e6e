export { exitCode, register, type RegisterTerms } from './register.js';
export { SamClient, type ProgramEntry, type SamClientOptions } from './sam-client.js';
export type { Supervised } from './supervised.js';
export {
  supervise,
  type Outcome,
  type ProgramTerms,
  type Status,
  type SuperviseOptions,
  type Supervisor,
} from './supervisor.js';
export { defaultTerms, type Health, type Terms } from '../supervision/terms.js';
