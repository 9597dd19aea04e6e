import {
  Cluster,
  CoterieError,
  Delivery,
  Logger,
  Nodelist,
  QuorumControl,
  ServiceEngine,
  Storage,
  Timers,
  inject,
  sameRing,
  type Engine,
  type Infer,
  type NodeId,
  type SyncView,
  type Synchroniser,
} from '@coterie/sdk';
import type { Explanation } from './explanation.js';
import { Outbox } from './outbox.js';
import { Primary, type PrimaryComponent } from './primary.js';
import { Attempt, MAX_AMBIGUOUS, StateOf, StateText, YkdMessage } from './ykd-wire.js';
import { nextSession, type Session, type YkdState } from './ykd.js';

const FILE = 'ykd.json';

/**
 * Decides by dynamic voting: the majority of the last primary component is the next one, however small the cluster has
 * become. All nodes of the ring have to run this engine. A node writes down what it takes part in before it says so, so
 * that no restart makes two components primary; corosync's ykd keeps that in memory.
 */
@ServiceEngine({ name: 'ykd', service: 73 })
export class YkdEngine implements Engine {
  readonly active: boolean;
  private readonly outbox: Outbox;
  private state: YkdState;
  private view: SyncView | undefined;
  private states = new Map<NodeId, YkdState>();
  private attempts = new Set<NodeId>();
  /** What this node tries to form; undefined: nothing. */
  private session: Session | undefined;
  private reason = 'no ring has been synchronised yet';

  readonly sync: Synchroniser = {
    init: (view) => this.install(view),
    process: () => (this.outbox.flush() ? 'done' : 'again'),
    activate: () => this.decide(),
    abort: () => undefined,
  };

  /** @throws CoterieError COTERIE_E_STATE_READ */
  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Nodelist) nodelist: Nodelist,
    @inject(Storage) private readonly storage: Storage,
    @inject(Timers) timers: Timers,
    @inject(Logger) private readonly log: Logger,
    @inject(QuorumControl) control: QuorumControl,
    @inject(Primary) private readonly primary: PrimaryComponent,
  ) {
    this.active = control.provide('corosync_ykd');
    this.outbox = new Outbox(cluster, timers);
    const all = nodelist.nodes.map(({ nodeId }) => nodeId);
    const members = all.length > 0 ? all : [cluster.nodeId];
    this.state = { id: 0, lastPrimary: { id: 0, members }, ambiguous: [] };
    if (!this.active) return;
    this.state = this.load() ?? this.state;
    primary.explain = () => this.explain();
  }

  start(): void {
    if (this.active) this.announce(false);
  }

  dump(): unknown {
    return { ...this.state, session: this.session, reason: this.reason };
  }

  @Delivery(YkdMessage.state, StateOf)
  onState({ ring, state }: Infer<typeof StateOf>, from: NodeId): void {
    if (this.view !== undefined && sameRing(ring, this.view.ring)) this.states.set(from, state);
  }

  @Delivery(YkdMessage.attempt, Attempt)
  onAttempt({ ring, session }: Infer<typeof Attempt>, from: NodeId): void {
    if (this.view === undefined || !sameRing(ring, this.view.ring) || session !== this.session?.id) return;
    this.attempts.add(from);
    if (this.view.members.some((nodeId) => !this.attempts.has(nodeId))) return;
    this.state = { id: session, lastPrimary: this.session, ambiguous: [] };
    this.session = undefined;
    // Not written down it stays ambiguous on the disk, which is as safe.
    this.save();
    this.reason = `all members have formed session ${session}`;
    this.announce(true);
  }

  private install(view: SyncView): void {
    this.view = view;
    this.states.clear();
    this.attempts.clear();
    this.session = undefined;
    this.outbox.send(YkdMessage.state, StateOf, { ring: view.ring, state: this.state });
  }

  /** All members that run this engine have told what they know: all of them decide alike. */
  private decide(): void {
    const { view, states } = this;
    if (view === undefined) return;
    const silent = view.members.filter((nodeId) => !states.has(nodeId));
    const session = silent.length > 0 ? undefined : nextSession([...states.values()], view.members);
    if (silent.length > 0) {
      this.reason = `nodes ${silent.join(' ')} do not run this provider`;
      this.log.warn(this.reason);
    } else if (session === undefined) {
      this.reason = `these members hold no majority of ${describe([...states.values()])}`;
    }
    if (session === undefined || !this.begin(session)) return this.announce(false);
    this.session = session;
    this.outbox.send(YkdMessage.attempt, Attempt, { ring: view.ring, session: session.id });
  }

  /** Writes down that this node takes part, before anybody can count on it. */
  private begin(session: Session): boolean {
    const { lastPrimary, ambiguous } = this.state;
    if (ambiguous.length >= MAX_AMBIGUOUS) {
      this.reason = `${MAX_AMBIGUOUS} sessions were begun and not formed`;
      return false;
    }
    const before = this.state;
    this.state = { id: session.id, lastPrimary, ambiguous: [...ambiguous, session] };
    if (this.save()) return true;
    this.state = before;
    this.reason = 'the session could not be written to the disk';
    return false;
  }

  private announce(quorate: boolean): void {
    const { ring, members } = this.view ?? this.cluster.view;
    this.primary.announce({ quorate, ring, members });
  }

  private explain(): Explanation {
    return { quorate: this.primary.verdict.quorate, reason: this.reason, changes: [] };
  }

  private load(): YkdState | undefined {
    const bytes = this.storage.read(FILE);
    if (bytes === undefined) return undefined;
    const state = StateText.decode(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      0,
      bytes.length,
    );
    if (state.ok) return state.value;
    throw new CoterieError('COTERIE_E_STATE_READ', `${FILE} of the state folder: ${state.reason}`);
  }

  private save(): boolean {
    const bytes = new Uint8Array(StateText.size(this.state));
    StateText.encode(this.state, new DataView(bytes.buffer), 0);
    try {
      this.storage.write(FILE, bytes);
      return true;
    } catch (error) {
      this.log.error(`${FILE} could not be written`, { error });
      return false;
    }
  }
}

function describe(states: readonly YkdState[]): string {
  const sessions = states.flatMap(({ lastPrimary, ambiguous }) => [lastPrimary, ...ambiguous]);
  const latest = new Map(sessions.map(({ id, members }) => [id, members]));
  const [id, members] = [...latest].sort(([a], [b]) => b - a)[0]!;
  return `session ${id} (${members.join(' ')}) or one before it`;
}
