import { CoterieError, type PacketBatch, type Timer, type Timers } from '@coterie/sdk';
import type { SendQueue } from '@coterie/sdk/transport';
import { type EndpointEvents, type Failure, loadAddon, type NativeEndpoint } from './addon.js';
import type { Counters } from './counters.js';
import { InFlight } from './in-flight.js';
import { explainOpenError } from './opening.js';
import { BUFFERS, depthOf, ReceivePool } from './receive-pool.js';

/** Milliseconds for the group to be joined: a subnet manager may have to be asked. */
const JOIN_TIMEOUT = 10_000;
/** Datagrams on their way out at once: more than a token visit sends. */
const SENDS = 1024;
/** Blocks of memory that packets are sent from and that stay registered. */
const REGIONS = 64;
/** Messages in a window come from all members; recovery, joins and tokens want room as well. */
const LEAST_RECEIVES = 512;

export interface LinkOptions {
  readonly address: string;
  readonly port: number;
  readonly nodeId: number;
  readonly group: string;
  /** Receive buffers wanted. */
  readonly receives: number;
}

/** What a link tells of members; see {@link EndpointEvents}. */
export interface LinkEvents extends Pick<EndpointEvents, 'established' | 'pathFailed' | 'requested'> {
  received(batch: PacketBatch): void;
  /** The link is down, and closed: nothing is with the device any more. */
  down(reason: Failure, status: number): void;
}

interface Joining {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The own end of the network: an endpoint that has joined the group, and the memory that is with the device. */
export class Link {
  private endpoint: NativeEndpoint | undefined;
  private pool: ReceivePool | undefined;
  private readonly inFlight = new InFlight();
  private readonly inbox = { offsets: new Uint32Array(BUFFERS), lengths: new Uint32Array(BUFFERS) };
  private readonly receives: number;
  private joining: Joining | undefined;
  private readonly joinTimer: Timer;

  constructor(
    private readonly options: LinkOptions,
    private readonly queue: SendQueue,
    private readonly counters: Counters,
    timers: Timers,
    private readonly events: LinkEvents,
  ) {
    this.receives = Math.max(LEAST_RECEIVES, options.receives);
    this.joinTimer = timers.timer(() =>
      this.settle((joining) => joining.reject(this.noGroup(`no answer within ${JOIN_TIMEOUT} ms`))),
    );
  }

  /** The endpoint while the link is up. */
  get up(): NativeEndpoint | undefined {
    return this.joining === undefined ? this.endpoint : undefined;
  }

  /** Opens the endpoint and joins the group. @throws CoterieError, and then nothing is left open */
  async open(): Promise<void> {
    try {
      const endpoint = this.openEndpoint();
      this.serve(endpoint);
      const joined = new Promise<void>((resolve, reject) => (this.joining = { resolve, reject }));
      this.joinTimer.start(JOIN_TIMEOUT);
      endpoint.join(this.options.group);
      await joined;
      if (this.endpoint === undefined) throw this.noGroup('the link went down');
    } catch (error) {
      this.close();
      throw explainOpenError(error, this.options.address, this.options.port);
    } finally {
      this.joinTimer.stop();
    }
  }

  /** Bytes of the largest datagram that the port of the open link carries. */
  get mtu(): number {
    return this.endpoint!.info().mtu;
  }

  /** Sends all of the queue, which may be cleared afterwards. The link must be up. */
  send(): void {
    const { count, slabs, memory } = this.queue;
    this.inFlight.hold(slabs, this.endpoint!.send(count, memory));
  }

  close(): void {
    this.endpoint?.close();
    this.endpoint = undefined;
    this.settle((joining) => joining.reject(this.noGroup('closed')));
    this.inFlight.release(Infinity);
    this.pool?.withdraw();
  }

  private openEndpoint(): NativeEndpoint {
    const { address, port, nodeId } = this.options;
    this.endpoint = new (loadAddon().Endpoint)({
      ...{ address, port, node: nodeId, receives: depthOf(this.receives), sends: SENDS, regions: REGIONS },
      ...{ counters: this.counters.values, queue: this.queue, inbox: this.inbox, events: this.listener() },
    });
    return this.endpoint;
  }

  private serve(endpoint: NativeEndpoint): void {
    const { device, port, state, mtu } = endpoint.info();
    if (state !== 'active') throw new CoterieError('COTERIE_E_IB_LINK', `${device} port ${port} is ${state}`);
    // Slabs that the ring still has packets in stay with their pool, and it is used again.
    if (this.pool?.datagram !== mtu) {
      this.pool = new ReceivePool(mtu, this.receives, this.inbox, this.counters, (batch) =>
        this.events.received(batch),
      );
    }
    this.pool.serve(endpoint);
  }

  private listener(): EndpointEvents {
    const { events } = this;
    return {
      completions: (sent, slab, count, exhausted) => {
        this.inFlight.release(sent);
        this.pool!.deliver(slab, count, exhausted);
      },
      joined: () => this.settle((joining) => joining.resolve()),
      failed: (reason, status) => this.failed(reason, status),
      established: (...path) => events.established(...path),
      pathFailed: (...failure) => events.pathFailed(...failure),
      requested: (...request) => events.requested(...request),
    };
  }

  private failed(reason: Failure, status: number): void {
    if (this.settle((joining) => joining.reject(this.noGroup(`${reason}, status ${status}`)))) return;
    this.close();
    this.events.down(reason, status);
  }

  /** Ends the attempt to join; false if none is under way. */
  private settle(end: (joining: Joining) => void): boolean {
    const { joining } = this;
    this.joining = undefined;
    if (joining !== undefined) end(joining);
    return joining !== undefined;
  }

  private noGroup(reason: string): CoterieError {
    return new CoterieError(
      'COTERIE_E_IB_GROUP',
      `the group ${this.options.group} could not be joined: ${reason}`,
    );
  }
}
