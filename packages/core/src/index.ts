export * from './config/configuration.js';
export { hostNames, loadConfiguration } from './config/load.js';
export { formatProblem } from './config/problems.js';
export { MemoryDatabase } from './database/database.js';
