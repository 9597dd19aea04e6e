import { CoterieError } from '@coterie/sdk';
import type { Ending } from '../executive-ports.js';

/** Exit codes of coteried; docs/exit-codes.md says what to do about each. */
export const ExitCode = {
  LEFT: 0,
  INTERNAL: 1,
  USAGE: 2,
  CONFIGURATION: 3,
  PLUGINS: 4,
  STATE: 5,
  CLIENT_SOCKET: 6,
  START: 7,
  ENGINE: 8,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const byPrefix: readonly (readonly [prefix: string, code: ExitCode])[] = [
  ['COTERIE_E_CONFIG_', ExitCode.CONFIGURATION],
  ['COTERIE_E_PLUGIN_', ExitCode.PLUGINS],
  ['COTERIE_E_INJECT_', ExitCode.PLUGINS],
  ['COTERIE_E_SDK_', ExitCode.PLUGINS],
  ['COTERIE_E_PROJECT', ExitCode.PLUGINS],
  ['COTERIE_E_STATE_', ExitCode.STATE],
  ['COTERIE_E_RING_ID', ExitCode.STATE],
  ['COTERIE_E_IPC_', ExitCode.CLIENT_SOCKET],
  ['COTERIE_E_USAGE', ExitCode.USAGE],
];

/** Of a daemon that could not start. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof CoterieError)) return ExitCode.INTERNAL;
  return byPrefix.find(([prefix]) => error.code.startsWith(prefix))?.[1] ?? ExitCode.START;
}

/** Of a daemon that has run. */
export function exitCodeAfter({ kind, error }: Ending): ExitCode {
  if (kind === 'asked') return ExitCode.LEFT;
  return kind === 'engine' ? ExitCode.ENGINE : exitCodeOf(error);
}
