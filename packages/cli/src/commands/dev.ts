import { CoterieError } from '@coterie/sdk';
import { Command, Flags } from '@oclif/core';
import { ADDRESS, DevCluster } from '../dev/dev-cluster.js';
import type { NodeProcess } from '../dev/node-process.js';
import { projectAt } from '../dev/pointer.js';
import { reservePorts } from '../dev/ports.js';
import { Story } from '../dev/story.js';
import { interruption } from '../interruption.js';

/** Lines of a log that an error shows. */
const LAST_WORDS = 5;
/** Milliseconds after which a node that the user has ended is started again: time to look at the ring without it. */
const REST = 10_000;

export default class Dev extends Command {
  static override summary = 'Run a cluster on this machine and show it at work';
  static override description =
    'Every node is a daemon in a process of its own on 127.0.0.1, with the plugins of the project around the current folder. The cluster stays up until interrupted and leaves no process behind.';
  static override flags = {
    nodes: Flags.integer({ summary: 'How many nodes', default: 3, min: 1, max: 16 }),
    'base-port': Flags.integer({
      summary: 'UDP port of the first node; the others follow it',
      min: 1,
      max: 65_500,
    }),
    transport: Flags.string({
      summary: 'What carries the ring, of those that are installed',
      default: 'udpu',
    }),
    demo: Flags.boolean({
      summary: 'Show a process group and the loss of a node',
      default: true,
      allowNo: true,
    }),
    'exit-after-demo': Flags.boolean({ summary: 'End instead of staying up' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Dev);
    const interrupted = interruption();
    const ended = new Promise<void>((resolve) =>
      interrupted.addEventListener('abort', () => resolve(), { once: true }),
    );
    let died: (node: NodeProcess, how: string) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => {
      died = (node, how) => reject(death(node, how));
    });
    failed.catch(() => undefined);

    const ports = await reservePorts(ADDRESS, flags.nodes, flags['base-port']);
    const cluster = new DevCluster(projectAt(process.cwd()), ports, flags.transport, (node, how) =>
      died(node, how),
    );
    const story = new Story(cluster, (line) => this.log(line));
    try {
      this.log(`A cluster of ${flags.nodes} on this machine, configured by ${cluster.configuration}`);
      cluster.start();
      await Promise.race([this.tell(story, flags.demo), failed, ended]);
      if (flags['exit-after-demo'] || interrupted.aborted) return;
      died = (node, how) => this.restart(node, how, interrupted);
      await story.follow();
      this.invite(story, flags.nodes > 1);
      await ended;
    } finally {
      died = () => undefined;
      await story.close();
      this.log('\nStopping the nodes.');
      await cluster.stop();
    }
  }

  private async tell(story: Story, demo: boolean): Promise<void> {
    await story.forming();
    if (!demo) return;
    await story.talking();
    await story.failing();
  }

  private invite(story: Story, several: boolean): void {
    story.title('The cluster stays up; Ctrl-C ends it. From a second terminal:');
    for (const [command, what] of [
      ['npx coterie status', `the whole on one screen${several ? ' (--node 2: as node 2 sees it)' : ''}`],
      ['npx coterie quorum status', 'the votes'],
      ['npx coterie groups', 'process groups and their members'],
      ['npx coterie cpg listen chat', 'join a group and print what is said in it'],
      ['npx coterie cpg send chat hello', 'say something in it'],
      ['kill -9 PROCESS', 'end a node: it starts again after a while'],
    ] as const) {
      this.log(`  ${command.padEnd(32)} ${what}`);
    }
    this.log('');
  }

  private restart(node: NodeProcess, how: string, interrupted: AbortSignal): void {
    this.log(`  node ${node.place.nodeId} has ended (${how}); it starts again in ${REST / 1000} s`);
    const timer = setTimeout(() => {
      node.start();
      this.log(`  node ${node.place.nodeId} starts again, process ${node.pid}`);
    }, REST);
    interrupted.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }
}

function death(node: NodeProcess, how: string): CoterieError {
  const { nodeId, log } = node.place;
  const words = node.lastWords(LAST_WORDS).map((line) => `\n  ${line}`);
  return new CoterieError(
    'COTERIE_E_DEV_NODE',
    `node ${nodeId} has ended (${how}); its log ${log} ends with${words.join('')}`,
  );
}
