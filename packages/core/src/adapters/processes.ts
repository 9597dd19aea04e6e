import { SystemProcesses } from '@coterie/sdk/client';
import { accountOf } from './host.js';

/** The programs that the daemon starts, as whatever user its configuration says. */
export const systemProcesses = new SystemProcesses({ input: 'empty', account: accountOf });
