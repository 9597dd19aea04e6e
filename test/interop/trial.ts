import { Capture } from './captured.js';
import { Cluster, type ClusterPlan } from './cluster.js';
import { Hosts } from './hosts.js';
import type { Network } from './network.js';
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
    /** Without it: hosts of their own, and everything on their network is recorded. */
    private readonly network?: (nodes: readonly number[]) => Promise<Network>,
  ) {
    this.outcomes = scenarios.map(() => new Outcome());
  }

  /** Whether {@link readable} means anything. */
  get recorded(): boolean {
    return this.network === undefined && this.plan.nodes.includes('coteried');
  }

  /** Never throws: what went wrong is told by the promises below. */
  async run(): Promise<void> {
    let cluster: Cluster | undefined;
    const captures: Capture[] = [];
    try {
      const nodes = this.plan.nodes.map((_, i) => i + 1);
      if (this.network === undefined) {
        const hosts = await Hosts.create(nodes);
        cluster = Cluster.create(this.plan, hosts);
        for (const { id, kind } of cluster.nodes) {
          if (kind !== 'coteried') continue;
          captures.push(await Capture.start(hosts, id, join(cluster.folder, `${id}.pcap`)));
        }
      } else {
        cluster = Cluster.create(this.plan, await this.network(nodes));
      }
      for (const [i, scenario] of this.scenarios.entries()) {
        await scenario.run(cluster);
        this.outcomes[i]!.settle();
      }
      cluster.mustBeRight();
      await cluster.mustHaveHeld();
      this.verdict.settle();
      for (const capture of captures) await mustBeReadable(capture);
      this.wire.settle();
      await cluster.dispose(false);
    } catch (error) {
      for (const capture of captures) capture.kill();
      const folder = await cluster?.dispose(true).catch((why: unknown) => `nothing, as ${String(why)}`);
      const reason = new Error(`${(error as Error).message}\nSee ${folder}`, { cause: error });
      [...this.outcomes, this.verdict, this.wire].find((outcome) => !outcome.settled)?.settle(reason);
      for (const outcome of [...this.outcomes, this.verdict, this.wire]) outcome.settle('not reached');
    }
  }

  /** Of the scenario of this number: rejects if it failed. */
  outcome(i: number): Promise<Reached> {
    return this.outcomes[i]!.promise;
  }

  /** Rejects with the violations that the clients saw, or with what the daemons said in despair. */
  get right(): Promise<Reached> {
    return this.verdict.promise;
  }

  /** Rejects with packets of our daemons' networks that our decoder does not understand to the last byte. */
  get readable(): Promise<Reached> {
    return this.wire.promise;
  }
}

/** Whether things went well, or did not get so far because an earlier scenario failed. */
export type Reached = 'well' | 'not reached';

/** A promise that settles once, whether or not somebody waits for it. */
class Outcome {
  settled = false;
  readonly promise: Promise<Reached>;
  private resolve!: (reached: Reached) => void;
  private reject!: (reason: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }

  settle(how: Reached | Error = 'well'): void {
    if (how instanceof Error) this.reject(how);
    else this.resolve(how);
    this.settled = true;
  }
}

async function mustBeReadable(capture: Capture): Promise<void> {
  const { datagrams, problems: found } = await capture.decode();
  if (datagrams === 0) throw new Error('nothing was captured');
  // Whoever joins while a message is on its way in several packets throws away what it got of it.
  const problems = found.filter((problem) => !/pg_(continuation|throwing_away)$/.test(problem));
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
