import { Capture } from './captured.js';
import { Cluster, type ClusterPlan } from './cluster.js';
import { join } from 'node:path';
import type { Scenario } from './scenarios.js';

/** The life of one cluster: scenarios one after the other, then the verdict on everything that was seen. */
export class Trial {
  private readonly outcomes: Outcome[];
  private readonly verdict = new Outcome();
  private readonly wire = new Outcome();

  constructor(
    readonly plan: ClusterPlan,
    readonly scenarios: readonly Scenario[],
  ) {
    this.outcomes = scenarios.map(() => new Outcome());
  }

  /** Never throws: what went wrong is told by the promises below. */
  async run(): Promise<void> {
    let cluster: Cluster | undefined;
    const captures: Capture[] = [];
    try {
      cluster = await Cluster.create(this.plan);
      for (const { id, kind } of cluster.nodes) {
        if (kind !== 'coteried') continue;
        captures.push(await Capture.start(cluster.hosts, id, join(cluster.folder, `${id}.pcap`)));
      }
      for (const [i, scenario] of this.scenarios.entries()) {
        await scenario.run(cluster);
        this.outcomes[i]!.settle();
      }
      cluster.mustBeRight();
      this.verdict.settle();
      for (const capture of captures) await mustBeReadable(capture);
      this.wire.settle();
      await cluster.dispose(false);
    } catch (error) {
      for (const capture of captures) capture.kill();
      const folder = await cluster?.dispose(true);
      const reason = new Error(`${(error as Error).message}\nSee ${folder}`, { cause: error });
      this.outcomes.find((outcome) => !outcome.settled)?.settle(reason);
      const consequence = new Error(`not reached: ${(error as Error).message.split('\n')[0]}`);
      for (const outcome of [...this.outcomes, this.verdict, this.wire]) outcome.settle(consequence);
    }
  }

  /** Rejects if the scenario failed or was not reached. */
  outcome(scenario: Scenario): Promise<void> {
    return this.outcomes[this.scenarios.indexOf(scenario)]!.promise;
  }

  /** Rejects with the violations that the clients saw, or with what the daemons said in despair. */
  get right(): Promise<void> {
    return this.verdict.promise;
  }

  /** Rejects with packets of our daemons' networks that our decoder does not understand to the last byte. */
  get readable(): Promise<void> {
    return this.wire.promise;
  }
}

/** A promise that settles once, whether or not somebody waits for it. */
class Outcome {
  settled = false;
  readonly promise: Promise<void>;
  private resolve!: () => void;
  private reject!: (reason: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  settle(reason?: Error): void {
    if (reason === undefined) this.resolve();
    else this.reject(reason);
    this.settled = true;
  }
}

async function mustBeReadable(capture: Capture): Promise<void> {
  const { datagrams, problems } = await capture.decode();
  if (datagrams === 0) throw new Error('nothing was captured');
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
}

/** Runs at most so many at a time, in order. */
export async function runTrials(trials: readonly Trial[], atATime: number): Promise<void> {
  const waiting = [...trials];
  const worker = async (): Promise<void> => {
    for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) await trial.run();
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
