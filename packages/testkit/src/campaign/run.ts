import type { Violation } from '../check/checker.js';
import type { Coverage } from '../trace/coverage.js';
import type { Trace } from '../trace/trace.js';
import type { Coda } from './coda.js';
import { Quiet } from './quiet.js';
import type { Scene } from './scene.js';

/** What came of a run. */
export interface Run {
  readonly violations: readonly Violation[];
  readonly trace: Trace;
  readonly coverage: Coverage;
  /** Virtual milliseconds. */
  readonly duration: number;
  /** Packets that the network carried. */
  readonly packets: number;
}

/** The end of every schedule: quiet, with a coda if there is one, and what can be judged only then. */
export async function conclude(scene: Scene, coda?: Coda): Promise<Run> {
  const { trace, network, coverage } = scene.world;
  await new Quiet(scene, coda).run();
  return {
    ...{ trace, coverage, duration: scene.world.now, packets: network.carried },
    violations: trace.finish(),
  };
}
