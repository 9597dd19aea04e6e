import type { Supervision } from './supervision/supervision.js';

/** How libsam calls the state of a program (SAM_CMAP_S_* in lib/sam.c). */
export type RecordedState = 'stopped' | 'running' | 'waiting for quorum' | 'failed';

export function recordedState({ phase, checking, startAsked }: Supervision): RecordedState {
  switch (phase) {
    case 'waiting':
      return 'waiting for quorum';
    case 'running':
    case 'ending':
      if (startAsked) return 'waiting for quorum';
      return checking ? 'running' : 'stopped';
    case 'pausing':
    case 'ended':
      return 'stopped';
    case 'failed':
      return 'failed';
  }
}
