export * from './config/configuration.js';
export { hostNames, loadConfiguration } from './config/load.js';
export { planReload, type Reload } from './config/reload.js';
export { formatProblem } from './config/problems.js';
export { MemoryDatabase } from './database/database.js';
