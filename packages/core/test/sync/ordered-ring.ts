import type { NodeId, RingId, SyncView, Synchroniser } from '@coterie/sdk';
import type { Deliver, Totem } from '@coterie/totem';
import { Guard, type RunningEngine } from '../../dist/routing/engine.js';
import { Standing } from '../../dist/routing/standing.js';
import type { WireRange } from '../../dist/sync/wire.js';
import { Synchronisation } from '../../dist/sync/synchronise.js';
import { RecordedLog } from '../recorded-logs.js';

/** An engine whose synchronisation only writes down what happens to it. */
export class RecordingEngine implements Synchroniser {
  readonly calls: string[] = [];
  readonly views: SyncView[] = [];
  readonly sync = this;

  /** @param tokens how often `process` is called until it is done */
  constructor(
    readonly service: number,
    private readonly journal: string[],
    private readonly tokens = 1,
  ) {}

  init(view: SyncView): void {
    this.views.push(view);
    this.write('init');
  }

  process(): 'done' | 'again' {
    this.write('process');
    const since = this.calls.lastIndexOf('init');
    const visits = this.calls.slice(since).filter((call) => call === 'process').length;
    return visits < this.tokens ? 'again' : 'done';
  }

  activate(): void {
    this.write('activate');
  }

  abort(): void {
    this.write('abort');
  }

  private write(call: string): void {
    this.calls.push(call);
    this.journal.push(`${call} ${this.service}`);
  }
}

/** One node: its engines, its synchronisation and what its Totem would do for it. */
export class SyncNode {
  readonly journal: string[] = [];
  readonly engines: RecordingEngine[];
  readonly running: readonly RunningEngine[];
  readonly sync: Synchronisation;
  readonly log = new RecordedLog();
  readonly failures = { value: 0 };
  readonly handlers = new Map<string, Deliver>();
  /** How many messages of the ring had been delivered when a round ended here. */
  readonly completedAt: number[] = [];
  /** Calls of multicast that find no room from now on. */
  full = 0;

  constructor(
    readonly id: NodeId,
    services: readonly (number | readonly [service: number, tokens: number])[],
    private readonly ring: OrderedRing,
    wire: WireRange,
  ) {
    this.engines = services.map((entry) => {
      const [service, tokens] = typeof entry === 'number' ? [entry, 1] : entry;
      return new RecordingEngine(service, this.journal, tokens);
    });
    const guard = new Guard(this.log, this.failures, { value: 0 }, () => undefined);
    this.running = this.engines.map((engine): RunningEngine => ({
      identity: { name: `engine${engine.service}`, service: engine.service },
      engine,
      deliveries: [],
      requests: [],
      guard,
      standing: new Standing(wire),
      policy: 'continue',
    }));
    this.sync = new Synchronisation(
      id,
      this.running,
      this.log,
      () => this.journal.push('complete'),
      ({ identity, standing }) =>
        this.journal.push(`${standing.held === undefined ? 'back' : 'held'} ${identity.service}`),
    );
    const totem: Pick<Totem, 'join' | 'multicast' | 'synchronised'> = {
      join: (group, deliver) => void this.handlers.set(group, deliver),
      multicast: (group, header) => {
        if (this.full > 0) {
          this.full--;
          return false;
        }
        this.ring.queue.push({ from: id, group, bytes: header.slice() });
        return true;
      },
      synchronised: () => void this.completedAt.push(this.ring.delivered),
    };
    this.sync.connect(totem as Totem);
  }

  engine(service: number): RecordingEngine {
    const found = this.engines.find((engine) => engine.service === service);
    if (found === undefined) throw new Error(`node ${this.id} has no service ${service}`);
    return found;
  }
}

export interface Sent {
  readonly from: NodeId;
  readonly group: string;
  readonly bytes: Uint8Array;
}

/** A ring in which everything that is sent is delivered to every member in one order. */
export class OrderedRing {
  readonly nodes = new Map<NodeId, SyncNode>();
  readonly queue: Sent[] = [];
  /** Everything that has been delivered on any ring. */
  readonly history: Sent[] = [];
  delivered = 0;
  private sequence = 0;
  private members: readonly NodeId[] = [];

  node(
    id: NodeId,
    services: readonly (number | readonly [number, number])[],
    wire: WireRange = { min: 1, max: 1 },
  ): SyncNode {
    const node = new SyncNode(id, services, this, wire);
    this.nodes.set(id, node);
    return node;
  }

  /** All `members` install one ring; each comes from where `from` says, or from nowhere. */
  install(members: readonly NodeId[], from: (id: NodeId) => readonly NodeId[] = () => []): RingId {
    this.members = members;
    this.delivered = 0;
    this.sequence += 4;
    const ring = { representative: members[0] ?? 0, sequence: this.sequence };
    for (const id of members) {
      const { sync } = this.must(id);
      const transitional = from(id);
      sync.configuration({ kind: 'transitional', ring, members: transitional, left: [], joined: [] });
      sync.configuration({ kind: 'regular', ring, members, left: [], joined: [] });
    }
    return ring;
  }

  /** The oldest message reaches everybody. False: there is none. */
  deliverOne(): boolean {
    const next = this.queue.shift();
    if (next === undefined) return false;
    this.deliver(next);
    return true;
  }

  deliver(message: Sent): void {
    this.history.push(message);
    this.delivered++;
    for (const id of this.members) {
      const view = padded(message.bytes);
      this.must(id).handlers.get(message.group)?.(message.from, view, 3, message.bytes.length);
    }
  }

  token(): void {
    for (const id of this.members) this.must(id).sync.tokenForwarded();
  }

  /** Goes on until nothing happens any more. */
  settle(): void {
    for (let idle = 0; idle < 10; idle++) {
      while (this.deliverOne()) idle = 0;
      this.token();
    }
  }

  private must(id: NodeId): SyncNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }
}

/** Messages are not aligned where they are delivered. */
function padded(bytes: Uint8Array): DataView {
  const memory = new Uint8Array(bytes.length + 8).fill(0xee);
  memory.set(bytes, 3);
  return new DataView(memory.buffer);
}
