import type { Stage } from './stage.js';

/** Systematic schedules of one kind, the names of which begin alike. */
export interface Family {
  readonly name: string;
  /** All of them on clusters of this size, by the last part of their names. */
  variants(nodes: number): Iterable<string> | AsyncIterable<string>;
  /** Runs one on a new stage up to where nothing more is done to the cluster. False: there is no such variant. */
  play(stage: Stage, variant: string): Promise<boolean>;
}
