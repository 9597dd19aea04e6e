import type { NodeId } from '@coterie/sdk';
import type { Run } from './run.js';
import { runScript } from './schedule.js';
import type { Script, Step } from './script.js';

/** Runs of smaller schedules that are tried, unless told. */
const TRIES = 500;

export interface ShrinkOptions {
  /** The property that every smaller schedule has to violate too. */
  readonly property: string;
  /** Runs at most. */
  readonly tries?: number;
  /** Hears before each run. */
  readonly onTry?: () => void;
}

/** The smallest schedule found. */
export interface Shrunk {
  readonly script: Script;
  readonly run: Run;
  /** Runs that it took. */
  readonly tries: number;
}

/**
 * Looks for the shortest schedule that violates the same property: takes away nodes, then faults (delta debugging),
 * then what is said and what is special about the setting, until nothing can be taken away any more. Undefined if
 * the schedule itself does not violate it.
 */
export async function shrink(script: Script, options: ShrinkOptions): Promise<Shrunk | undefined> {
  const search = new Search(options);
  if (!(await search.accepts(script))) return undefined;
  return search.smallest();
}

class Search {
  private best: { script: Script; run: Run } | undefined;
  private tried = 0;

  constructor(private readonly options: ShrinkOptions) {}

  /** Takes the schedule for the best so far if it violates the property. */
  async accepts(script: Script): Promise<boolean> {
    const { property, tries = TRIES, onTry } = this.options;
    if (this.tried >= tries) return false;
    this.tried++;
    onTry?.();
    // A schedule that cannot be run is none that violates something.
    const run = await runScript(script).catch(() => undefined);
    if (run === undefined || !run.violations.some((violation) => violation.property === property))
      return false;
    this.best = { script, run };
    return true;
  }

  async smallest(): Promise<Shrunk> {
    let before: Script;
    do {
      before = this.script;
      await this.withoutNodes();
      await this.withoutSteps();
      await this.simpler();
    } while (this.script !== before);
    return { ...this.best!, tries: this.tried };
  }

  private get script(): Script {
    return this.best!.script;
  }

  private async withoutNodes(): Promise<void> {
    for (const id of nodesOf(this.script).toReversed()) {
      if (nodesOf(this.script).length > 1) await this.accepts(withoutNode(this.script, id));
    }
  }

  /** Takes away ever smaller chunks of the faults, the last ones first: what comes after the violation goes at once. */
  private async withoutSteps(): Promise<void> {
    for (let size = this.script.steps.length; size >= 1; size = Math.floor(size / 2)) {
      for (let end = this.script.steps.length; end > 0; end -= size) {
        const { steps } = this.script;
        await this.accepts({ ...this.script, steps: steps.toSpliced(Math.max(0, end - size), size) });
      }
    }
  }

  private async simpler(): Promise<void> {
    for (const simplify of simplifications) {
      const candidate = simplify(this.script);
      if (JSON.stringify(candidate) !== JSON.stringify(this.script)) await this.accepts(candidate);
    }
  }
}

const simplifications: readonly ((script: Script) => Script)[] = [
  (script) => ({ ...script, talk: { ...script.talk, chance: 0 } }),
  (script) => ({ ...script, talk: { ...script.talk, chance: script.talk.chance / 2 } }),
  (script) => ({ ...script, talk: { ...script.talk, size: Math.min(50, script.talk.size) } }),
  (script) => ({ ...script, cluster: { ...script.cluster, uptime: 0 } }),
  (script) => ({ ...script, cluster: { ...script.cluster, startSeq: 0 } }),
  (script) => ({ ...script, cluster: { ...script.cluster, config: { totem: { token: script.token } } } }),
  (script) => ({ ...script, latency: 1 }),
  (script) => ({ ...script, ring: true }),
];

function nodesOf({ cluster: { nodes } }: Script): readonly NodeId[] {
  return typeof nodes === 'number' ? Array.from({ length: nodes }, (_, i) => i + 1) : nodes;
}

function withoutNode(script: Script, id: NodeId): Script {
  const nodes = nodesOf(script).filter((each) => each !== id);
  const steps = script.steps.flatMap((step) => stepWithout(step, id) ?? []);
  return { ...script, cluster: { ...script.cluster, nodes }, steps };
}

function stepWithout(step: Step, id: NodeId): Step | undefined {
  const { at, fault } = step;
  if (fault.kind === 'partition') {
    const groups = fault.groups.map((group) => group.filter((each) => each !== id));
    return { at, fault: { ...fault, groups } };
  }
  const named = fault.kind === 'loss' ? fault.loss : fault;
  const involved =
    'node' in named ? [named.node] : 'from' in named || 'to' in named ? [named.from, named.to] : [];
  return involved.includes(id) ? undefined : step;
}
