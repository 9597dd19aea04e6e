import type { SimulatedCluster } from '../simulation/cluster.js';
import type { Workload } from './workload.js';

/** What faults are done to. */
export interface Scene {
  readonly world: SimulatedCluster;
  readonly workload: Workload;
  /** Token timeout at the start, milliseconds. */
  readonly token: number;
  /** Milliseconds over which nodes spread their joins; 0 unless told. */
  readonly sendJoin?: number;
  /** Packets that all nodes together may send in a rotation of the token; 50 unless told. */
  readonly windowSize?: number;
}
