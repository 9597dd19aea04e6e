import type { NodeId } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import { CpgProgram } from '../simulation/cpg-program.js';
import { Prng } from '../simulation/prng.js';
import { QuorumProgram } from '../simulation/quorum-program.js';
import type { Talk } from './script.js';

export const groups = ['red', 'blue'] as const;
/** Rounds that a burst of messages lasts, on average. */
const BURST = 20;
/** Own messages, and bytes of them, that a program waits for at most before it says more. */
const PATIENCE = { messages: 40, bytes: 100_000 };

/** The programs that use the cluster: on each node one in each group, and one that watches quorum. */
export class Workload {
  readonly programs = new Map<string, CpgProgram>();
  readonly watchers = new Map<NodeId, QuorumProgram>();
  private nextPid = 1000;
  private talking = true;
  private inBurst = true;
  private readonly random: Prng;

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly talk: Talk,
  ) {
    this.random = new Prng(talk.seed);
    this.tick();
  }

  get members(): readonly CpgProgram[] {
    return [...this.programs.values()].filter(({ state }) => state === 'joined');
  }

  /** Nobody begins a message any more, nobody is slow any more; programs that are gone still come back. */
  rest(): void {
    this.talking = false;
    for (const { client } of this.programs.values()) client.read(0);
  }

  /** Is every node's every program a member, with an ear for everything, and a watcher on every node? */
  get complete(): boolean {
    return this.cluster.nodes.every(
      ({ id }) => groups.every((group) => this.member(id, group)) && this.watchers.get(id)?.client.connected,
    );
  }

  /** The program of the node in the group, if it is a member now. */
  member(node: NodeId, group: string): CpgProgram | undefined {
    const program = this.programs.get(`${node} ${group}`);
    return program?.state === 'joined' ? program : undefined;
  }

  private tick(): void {
    this.burst();
    for (const { id } of this.cluster.nodes) {
      this.revive(id);
      for (const group of groups) {
        const program = this.programs.get(`${id} ${group}`);
        if (this.inBurst && program !== undefined && this.random.chance(this.talk.chance)) this.say(program);
      }
    }
    this.cluster.schedule.after(this.talk.every, () => this.tick());
  }

  private burst(): void {
    const { share } = this.talk;
    const ends = 1 / BURST;
    if (!this.talking) this.inBurst = false;
    else if (!this.inBurst) this.inBurst = this.random.chance((ends * share) / (1 - share));
    else if (share < 1) this.inBurst = !this.random.chance(ends);
  }

  private say(program: CpgProgram): void {
    const returned = program.heardLast.get(program.pid) ?? 0;
    const most = Math.min(PATIENCE.messages, Math.ceil(PATIENCE.bytes / this.talk.size));
    if (program.sent - returned < most) program.say(this.random.below(this.talk.size));
  }

  private revive(id: NodeId): void {
    const node = this.cluster.alive(id);
    if (node === undefined || node.process.paused || !node.synchronised) return;
    for (const group of groups) {
      const key = `${id} ${group}`;
      const before = this.programs.get(key);
      if (before === undefined || before.state === 'gone')
        this.programs.set(key, new CpgProgram(this.cluster, node, group, this.nextPid++));
    }
    if (!this.watchers.get(id)?.client.connected)
      this.watchers.set(id, new QuorumProgram(this.cluster, node));
  }
}
