import { formatRing } from '@coterie/sdk';
import type { QuorumState } from '@coterie/engine-quorum/client';
import { paint } from '../paint.js';
import { within } from './deadline.js';
import { ADDRESS, type DevCluster } from './dev-cluster.js';
import { GroupMember } from './group-member.js';
import { RingWatch } from './ring-watch.js';

const GROUP = 'demo';
const MESSAGES = 3;
/** A ring of a few local nodes forms in about a second; a busy machine gets its time. */
const PATIENCE = 45_000;

/** What a development cluster shows of itself, step by step, in plain lines. */
export class Story {
  private readonly watches: readonly RingWatch[];
  private readonly members: GroupMember[] = [];

  constructor(
    private readonly cluster: DevCluster,
    private readonly say: (line: string) => void,
  ) {
    this.watches = cluster.nodes.map(({ place }) => new RingWatch(place.nodeId, place.runDir));
  }

  /** The daemons have been started: tells how they form a ring. */
  async forming(): Promise<void> {
    for (const { place, pid } of this.cluster.nodes) {
      this.say(`  node ${place.nodeId}  ${ADDRESS}:${place.port}  process ${pid}`);
    }
    this.title('The ring forms');
    await this.agreement(this.watches);
  }

  /** A process group with a member on each node: all hear all messages in the same order. */
  async talking(): Promise<void> {
    this.title(`A process group with a member on each node: each says ${MESSAGES} things, all at once`);
    for (const { place } of this.cluster.nodes) await this.join(place.nodeId, place.runDir);
    await this.groupIsComplete();
    await Promise.all(this.members.map((member) => this.speak(member)));
    const expected = this.members.length * MESSAGES;
    const heard = await Promise.all(
      this.members.map(({ nodeId, heard }) =>
        within(
          PATIENCE,
          `node ${nodeId} hears all ${expected} messages`,
          heard.until((all) => all.length >= expected),
        ),
      ),
    );
    heard.forEach((all, i) => this.say(`  node ${this.members[i]?.nodeId} heard  ${all.join(' ')}`));
    const same = heard.every((all) => all.join() === heard[0]?.join());
    this.say(
      same ? paint.good('  the same order everywhere') : paint.bad('  the orders differ: this is a defect'),
    );
    if (!same) process.exitCode = 1;
  }

  /** The last node is killed and comes back. */
  async failing(): Promise<void> {
    const victim = this.cluster.nodes.at(-1);
    if (victim === undefined || this.cluster.nodes.length < 2) return;
    const { nodeId, runDir } = victim.place;

    this.title(`Node ${nodeId} is killed (SIGKILL)`);
    await victim.kill();
    await this.members.pop()?.close();
    await this.agreement(this.watches.slice(0, -1));
    await this.groupIsComplete();
    this.say('  its member is gone from the group on every node');

    victim.start();
    this.title(`Node ${nodeId} starts again, process ${victim.pid}`);
    await this.agreement(this.watches);
    await this.join(nodeId, runDir);
    await this.groupIsComplete();
    this.say('  and its member is in the group again');
  }

  /** From here on: what the first node that can be asked sees change. */
  async follow(): Promise<void> {
    await Promise.all(this.members.splice(0).map((member) => member.close()));
    const [first, ...others] = this.watches;
    for (const watch of others) watch.close();
    first?.view.onChange((view) =>
      this.say(`  node ${first.nodeId} ${view ? `sees ${show(view)}` : 'cannot be asked'}`),
    );
  }

  async close(): Promise<void> {
    for (const watch of this.watches) watch.close();
    await Promise.all(this.members.splice(0).map((member) => member.close()));
  }

  title(text: string): void {
    this.say('');
    this.say(paint.title(text));
  }

  /** Waits until all these nodes, and no others, are in one ring. */
  private async agreement(watches: readonly RingWatch[]): Promise<void> {
    const started = performance.now();
    const ids = watches.map(({ nodeId }) => nodeId);
    const together = (view: QuorumState | undefined): boolean => view?.members.join() === ids.join();
    const what = `the nodes ${ids.join(', ')} form a ring`;
    for (const { view } of watches) await within(PATIENCE, what, view.until(together));
    for (const { nodeId, view } of watches)
      if (view.value) this.say(`  node ${nodeId} sees ${show(view.value)}`);
    this.say(paint.quiet(`  after ${((performance.now() - started) / 1000).toFixed(1)} s`));
  }

  private async join(nodeId: number, runDir: string): Promise<void> {
    const joining = GroupMember.join(GROUP, nodeId, runDir);
    this.members.push(await within(PATIENCE, `the member on node ${nodeId} has joined`, joining));
  }

  /** Waits until every member sees exactly the members there are. */
  private async groupIsComplete(): Promise<void> {
    const ids = this.members.map(({ nodeId }) => nodeId).join();
    for (const { nodeId, members } of this.members) {
      await within(
        PATIENCE,
        `node ${nodeId} sees a group of ${ids}`,
        members.until((seen) => seen.join() === ids),
      );
    }
  }

  private async speak(member: GroupMember): Promise<void> {
    for (let n = 1; n <= MESSAGES; n++) await member.say(`${member.nodeId}.${n}`);
  }
}

function show({ ring, members, quorate }: QuorumState): string {
  return `ring ${formatRing(ring)} of ${members.join(' ')}, ${quorate ? paint.good('quorate') : paint.warn('not quorate')}`;
}
