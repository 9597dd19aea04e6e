import {
  Clients,
  Cluster,
  CsError,
  Delivery,
  Random,
  Request,
  ServiceEngine,
  Timers,
  inject,
  replicate,
  type Client,
  type Infer,
  type Timer,
  type View,
} from '@coterie/sdk';
import {
  Added,
  Finished,
  Put,
  Queue,
  Receipt,
  SERVICE,
  Take,
  Task,
  Worker,
  type Program,
} from './messages.js';

/** Tasks that may wait; further ones are refused. */
const LIMIT = 10_000;
/** Milliseconds between attempts, while the ring changes. */
const PAUSE = 50;

/** A queue of tasks that programs on any node put in and work off. */
@ServiceEngine({ name: 'queue', service: SERVICE })
export class QueueEngine {
  /** What all members agree on. Only deliveries and changes of the ring touch it, so it changes everywhere alike. */
  queue: Queue = { next: 1, waiting: [], begun: [], idle: [] };

  readonly sync = replicate(Queue, {
    snapshot: () => this.queue,
    restore: (queue) => (this.queue = queue),
  });

  private readonly life: number;
  private readonly timer: Timer;

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) private readonly clients: Clients,
    @inject(Random) random: Random,
    @inject(Timers) timers: Timers,
  ) {
    this.life = random.below(0x7fffffff);
    this.timer = timers.timer(() => this.settle());
    cluster.onQuorum((quorate) => (quorate ? this.timer.start(PAUSE) : this.giveUp()));
  }

  @Request(0, Put, { flowControl: true })
  put({ text }: Infer<typeof Put>, client: Client): void {
    const sent = this.cluster.quorate && this.cluster.multicast(0, Added, { by: this.program(client), text });
    if (!sent) client.respond(0, CsError.TRY_AGAIN);
  }

  /** A connection works at one task at a time. */
  @Request(1, Take, { flowControl: true })
  take(_: undefined, client: Client): void {
    if (client.state !== undefined) client.respond(1, CsError.BUSY);
    else if (!this.cluster.quorate || !this.cluster.multicast(1, Worker, this.program(client))) {
      client.respond(1, CsError.TRY_AGAIN);
    } else client.state = 'asks';
  }

  @Request(2, Receipt, { flowControl: true })
  finish({ id }: Infer<typeof Receipt>, client: Client): void {
    const sent =
      this.cluster.quorate && this.cluster.multicast(2, Finished, { by: this.program(client), id });
    if (!sent) client.respond(2, CsError.TRY_AGAIN);
  }

  @Delivery(0, Added)
  added({ by, text }: Infer<typeof Added>): void {
    const { next: id, waiting } = this.queue;
    const full = waiting.length >= LIMIT;
    if (!full) this.change({ next: id + 1, waiting: [...waiting, { id, text }] });
    const client = this.own(by);
    if (full) client?.respond(0, CsError.NO_RESOURCES);
    else client?.respond(0, CsError.OK, Receipt, { id });
  }

  @Delivery(1, Worker)
  waits(worker: Program): void {
    const client = this.own(worker);
    if (client !== undefined) client.state = 'waits';
    this.change({ idle: [...this.queue.idle, worker] });
  }

  @Delivery(2, Finished)
  finished({ by, id }: Infer<typeof Finished>): void {
    const { begun } = this.queue;
    const others = begun.filter((one) => one.task.id !== id || !same(one.by, by));
    const known = others.length < begun.length;
    const client = this.own(by);
    if (known && client !== undefined) client.state = undefined;
    this.change({ begun: others });
    client?.respond(2, known ? CsError.OK : CsError.NOT_EXIST);
  }

  @Delivery(3, Worker)
  gone(worker: Program): void {
    this.dismiss((program) => same(program, worker));
  }

  /** Who is not on the ring does not work. */
  onView({ members }: View): void {
    this.dismiss(({ node }) => !members.includes(node));
    this.timer.start(PAUSE);
  }

  onDisconnect(): void {
    this.settle();
  }

  /** What these programs had begun goes to others, ahead of what nobody has begun yet. */
  private dismiss(which: (program: Program) => boolean): void {
    const { waiting, begun, idle } = this.queue;
    const back = begun.filter(({ by }) => which(by)).map(({ task }) => task);
    this.change({
      waiting: [...back, ...waiting],
      begun: begun.filter(({ by }) => !which(by)),
      idle: idle.filter((program) => !which(program)),
    });
  }

  /** The oldest task goes to the worker that has waited longest. */
  private change(changed: Partial<Queue>): void {
    const { next, waiting, begun, idle } = { ...this.queue, ...changed };
    const pairs = Math.min(waiting.length, idle.length);
    const assigned = idle.slice(0, pairs).map((by, i) => ({ by, task: waiting[i]! }));
    this.queue = {
      next,
      waiting: waiting.slice(pairs),
      begun: [...begun, ...assigned],
      idle: idle.slice(pairs),
    };
    this.settle();
  }

  /** Gives the programs of this node their tasks, and tells the others which programs are gone. */
  private settle(): void {
    if (this.cluster.synchronising) return this.timer.start(PAUSE);
    const { begun, idle } = this.queue;
    const known = new Set<Client>();
    for (const program of [...begun.map(({ by }) => by), ...idle]) {
      if (program.node !== this.cluster.nodeId) continue;
      const client = this.own(program);
      if (client === undefined) this.drop(program);
      else known.add(client);
    }
    for (const client of [...this.clients]) {
      const working = client.state === 'waits' || client.state === 'works';
      // This node stood still, so that the others took it for gone, and gave its tasks to other workers.
      if (working && !known.has(client)) client.close('its task went to another worker');
    }
    if (this.cluster.quorate) for (const { by, task } of begun) this.hand(task, this.own(by));
  }

  private hand(task: Task, worker: Client | undefined): void {
    if (worker?.state !== 'waits') return;
    worker.state = 'works';
    worker.respond(1, CsError.OK, Task, task);
  }

  private drop(program: Program): void {
    if (!this.cluster.multicast(3, Worker, program)) this.timer.start(PAUSE);
  }

  /** This part of the cluster may no longer act: others may do what programs here believe to be theirs. */
  private giveUp(): void {
    for (const client of [...this.clients]) client.close('the cluster is not quorate');
  }

  private program({ id }: Client): Program {
    return { node: this.cluster.nodeId, life: this.life, client: id };
  }

  /** The connection, if it is one of this node and still there. */
  private own({ node, life, client }: Program): Client | undefined {
    if (node !== this.cluster.nodeId || life !== this.life) return undefined;
    for (const one of this.clients) if (one.id === client) return one;
    return undefined;
  }
}

function same(a: Program, b: Program): boolean {
  return a.node === b.node && a.life === b.life && a.client === b.client;
}
