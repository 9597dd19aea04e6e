import { constants } from 'node:os';

/*
 * What a supervised program says to its supervisor, a line of text each. `beat` and `failed` get no answer; each
 * other one gets one line, in order: `ok`, `ok DATA` or `refused REASON`. DATA is base64.
 */

/** Environment of a program with a channel. */
export const Variable = {
  /** Number of the channel's descriptor. */
  descriptor: 'COTERIE_SAM_FD',
  /** How often the program has been started, from 1. */
  instance: 'COTERIE_SAM_INSTANCE',
  /** Milliseconds that it may be silent; 0: as long as it likes. */
  interval: 'COTERIE_SAM_INTERVAL',
} as const;

/** Bytes that a program may store. */
export const DATA_LIMIT = 1024 * 1024;

export type Word =
  /** A sign of life. */
  | { readonly kind: 'beat' }
  /** From here on silence and any end are failures; answered once there is quorum, if that is required. */
  | { readonly kind: 'start' }
  /** From here on they are not. */
  | { readonly kind: 'stop' }
  /** It has failed for good: kill it, and do not start it again. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'warn'; readonly signal: string }
  /** Keeps data for the instances to come. */
  | { readonly kind: 'store'; readonly data: Uint8Array }
  /** Asks for what an earlier instance has stored. */
  | { readonly kind: 'load' }
  | { readonly kind: 'refused'; readonly reason: string };

export function isSignal(name: string): boolean {
  return Object.hasOwn(constants.signals, name);
}

export function parseWord(line: string): Word {
  const [kind = '', argument = '', ...more] = line.trim().split(' ');
  if (more.length > 0) return { kind: 'refused', reason: 'too many words' };
  switch (kind) {
    case 'beat':
    case 'start':
    case 'stop':
    case 'failed':
    case 'load':
      return { kind };
    case 'warn':
      return isSignal(argument) ? { kind, signal: argument } : { kind: 'refused', reason: 'no such signal' };
    case 'store': {
      if (argument.length > Math.ceil(DATA_LIMIT / 3) * 4)
        return { kind: 'refused', reason: 'too much data' };
      return { kind, data: Buffer.from(argument, 'base64') };
    }
    default:
      return { kind: 'refused', reason: 'unknown word' };
  }
}
