import type { Logger } from '@coterie/sdk';

/** The logger of a subsystem, by the tag that its lines carry: MAIN, TOTEM, SYNC, an engine's name in capitals. */
export type Logs = (subsystem: string) => Logger;
