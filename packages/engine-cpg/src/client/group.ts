import { CsError, empty, type Infer } from '@coterie/sdk';
import { ServiceError, type Connection } from '@coterie/sdk/client';
import {
  ClientEvent,
  ClientRequest,
  Configuration,
  DELIVER_RING,
  Deliver,
  Fragment,
  Join,
  Leave,
  MAX_MESSAGE,
  McastRequestHead,
  PartialDeliver,
  PartialMcastRequestHead,
  RingConfiguration,
} from '../client-messages.js';
import { unbounded } from '../group-name.js';
import { Assembly } from './assembly.js';
import { change, type ConfigurationEvent, type GroupEvent, type Process, type RingEvent } from './events.js';
import { decodeName } from './names.js';
import { isAnswer, patiently } from './patience.js';

/** The callback form: each is called when its event comes in, before anything else is read. */
export interface GroupHandlers {
  /** `data` and `from` are the callee's to keep. */
  readonly onDeliver?: (data: Uint8Array, from: Process) => void;
  readonly onConfiguration?: (event: ConfigurationEvent) => void;
  readonly onRing?: (event: RingEvent) => void;
}

export interface JoinOptions extends GroupHandlers {
  /** What this process is called among those of its node; its process id unless told. u32. */
  readonly pid?: number;
  /** Events that wait at most for the iteration, 8,192 unless told; from half of them on they wait in the daemon. */
  readonly limit?: number;
  /** Ends the waiting for the join. */
  readonly signal?: AbortSignal;
}

/** Bytes of a request ahead of the data it carries, at most. */
const REQUEST_HEAD = 64;

/**
 * Membership in a process group. Its events, from this process's own joining on, are read with `for await`, which
 * may be broken off and taken up again; or they are handled by callbacks, if any was given when joining. Members
 * that only send have to do one of the two all the same: the daemon disconnects clients that do not read.
 *
 * After {@link leave} the configuration without this process is the last event. If the connection to the daemon
 * is lost, the iteration throws why, and {@link closed} tells; the other members then see `process-down`.
 */
export class Group implements AsyncIterable<GroupEvent>, AsyncDisposable {
  /** As of the configuration that came in last. */
  members: readonly Process[] = [];
  /** This process, as the others see it. */
  readonly self: Process;
  /** As UTF-8. */
  readonly name: string;

  private readonly events: AsyncIterator<GroupEvent, undefined> | undefined;
  private readonly assembly = new Assembly();
  /** Bytes of the longest message that is sent in one. */
  private readonly atomic: number;
  private state: 'joining' | 'joined' | 'leaving' = 'joining';
  private entered!: () => void;
  private readonly entry = new Promise<undefined>((resolve) => (this.entered = () => resolve(undefined)));
  /** The last of the messages that wait for their turn, if any do. */
  private sending: Promise<void> | undefined;

  /** Use `CpgClient.join`. @param key the name, one character a byte. */
  constructor(
    private readonly connection: Connection,
    private readonly key: string,
    options: JoinOptions,
  ) {
    this.name = decodeName(key);
    this.self = { nodeId: connection.nodeId, pid: options.pid ?? process.pid };
    this.atomic = Math.min(MAX_MESSAGE, connection.maxMessageSize - REQUEST_HEAD);
    const { onDeliver, onConfiguration, onRing, limit } = options;
    if (onDeliver ?? onConfiguration ?? onRing) this.register(options);
    else {
      const collect = (push: (event: GroupEvent) => void) => this.register(pushing(push));
      this.events = connection.collect(collect, limit === undefined ? {} : { limit });
    }
  }

  /** Resolves at the end of the membership: with why the connection was lost, or undefined after leaving. */
  get closed(): Connection['closed'] {
    return this.connection.closed;
  }

  /** @internal Resolves when this process is a member. */
  async enter(signal?: AbortSignal): Promise<void> {
    const request = { group: unbounded(this.key), pid: this.self.pid, flags: DELIVER_RING };
    const options = signal && { signal };
    await patiently(() => this.connection.call(ClientRequest.JOIN, Join, request, empty, options), signal);
    const abort = () => void this.connection.close();
    signal?.addEventListener('abort', abort, { once: true });
    const lost = await Promise.race([this.entry, this.closed]);
    signal?.removeEventListener('abort', abort);
    if (lost !== undefined) throw lost;
    signal?.throwIfAborted();
  }

  /**
   * Sends to every member, this process included, in one order for all. Messages of up to 1,047,552 bytes leave
   * at once; a promise is returned only if the daemon is behind: wait for it before sending more. Longer ones go
   * in pieces, each acknowledged, and are put together by the receivers; `data` must stay as it is until the
   * promise resolves, and what is sent meanwhile waits its turn, likewise.
   *
   * @throws ServiceError NOT_EXIST after {@link leave}.
   * @throws CoterieError COTERIE_E_CLIENT_OVERFLOW, _LOST, _CLOSED.
   */
  send(data: Uint8Array): Promise<void> | undefined {
    if (this.state !== 'joined') throw this.noMember();
    if (this.sending !== undefined || data.length > this.atomic) return this.sendInTurn(data);
    return this.sendWhole(data);
  }

  /** Resolves when the daemon has accepted it; the events end with the configuration without this process. */
  async leave(): Promise<void> {
    while (this.sending !== undefined) await this.sending.catch(() => {});
    if (this.state !== 'joined') throw this.noMember();
    this.state = 'leaving';
    const request = { group: unbounded(this.key), pid: this.self.pid };
    await patiently(() => this.connection.call(ClientRequest.LEAVE, Leave, request, empty));
  }

  /** The events that nobody has read yet. @throws TypeError if callbacks were given. */
  [Symbol.asyncIterator](): AsyncIterator<GroupEvent, undefined> {
    const { events } = this;
    if (events === undefined) throw new TypeError(`group ${this.name} was joined with callbacks`);
    return { next: () => events.next() };
  }

  /** Leaves, unless that has been done or the connection is lost, and disconnects. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.state === 'joined') await this.leave();
    } catch {
      // The connection is lost, or the daemon has no room: disconnecting ends the membership too.
    }
    await this.connection.close();
  }

  private register({ onDeliver, onConfiguration, onRing }: GroupHandlers): (() => void)[] {
    const { connection, assembly } = this;
    return [
      connection.on(ClientEvent.DELIVER, Deliver, (event) => onDeliver?.(event.data, event)),
      connection.on(ClientEvent.PARTIAL_DELIVER, PartialDeliver, (event) => {
        const data = assembly.add(event);
        if (data !== undefined) onDeliver?.(data, event);
      }),
      connection.on(ClientEvent.CONFIGURATION, Configuration, (event) => {
        const configuration = this.follow(event);
        onConfiguration?.(configuration);
        if (configuration.left.some((process) => this.is(process))) void connection.close();
      }),
      connection.on(ClientEvent.RING, RingConfiguration, ({ representative, sequence, members }) => {
        onRing?.({ type: 'ring', ring: { representative, sequence }, members });
      }),
    ];
  }

  private follow(event: Infer<typeof Configuration>): ConfigurationEvent {
    this.members = event.members.map(({ nodeId, pid }) => ({ nodeId, pid }));
    const left = event.left.map(change);
    for (const process of left) this.assembly.drop(process);
    if (this.state === 'joining') {
      this.state = 'joined';
      this.entered();
    }
    return { type: 'configuration', members: this.members, joined: event.joined.map(change), left };
  }

  private is({ nodeId, pid }: Process): boolean {
    return nodeId === this.self.nodeId && pid === this.self.pid;
  }

  private sendWhole(data: Uint8Array): Promise<void> | undefined {
    const head = { guarantee: 0, length: data.length };
    return this.connection.send(ClientRequest.MCAST, McastRequestHead, head, data);
  }

  /** Behind what is being sent already: the members are to get everything in the order of the calls. */
  private sendInTurn(data: Uint8Array): Promise<void> {
    const before = this.sending;
    const sending = (async () => {
      await before?.catch(() => {});
      await (data.length > this.atomic ? this.sendPieces(data) : this.sendWhole(data));
    })().finally(() => {
      if (this.sending === sending) this.sending = undefined;
    });
    this.sending = sending;
    return sending;
  }

  /** A change of the group in between makes the pieces worthless: then all of them are sent again. */
  private async sendPieces(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length;) {
      const tail = data.subarray(at, at + this.atomic);
      const end = at + tail.length;
      const type = at === 0 ? Fragment.FIRST : end === data.length ? Fragment.LAST : Fragment.CONTINUED;
      const head = { guarantee: 0, total: data.length, length: tail.length, type };
      const send = () =>
        this.connection.call(ClientRequest.PARTIAL_MCAST, PartialMcastRequestHead, head, empty, { tail });
      try {
        await patiently(send);
        at = end;
      } catch (error) {
        if (!isAnswer(error, CsError.INTERRUPT)) throw error;
        at = 0;
      }
    }
  }

  private noMember(): ServiceError {
    const what = `this process is no member of group ${this.name} any more`;
    return new ServiceError('COTERIE_E_CLIENT_REQUEST', CsError.NOT_EXIST, what);
  }
}

/** Turns what handlers get into events to iterate over. */
function pushing(push: (event: GroupEvent) => void): GroupHandlers {
  return {
    onDeliver: (data, { nodeId, pid }) => push({ type: 'deliver', from: { nodeId, pid }, data }),
    onConfiguration: push,
    onRing: push,
  };
}
