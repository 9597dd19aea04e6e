import 'reflect-metadata';
import type { Client } from './clients.js';
import type { Synchroniser } from './cluster.js';
import type { Codec } from './codec.js';
import type { NodeId, View } from './ring.js';

/** What a service engine may implement besides its handlers. */
export interface Engine {
  /**
   * False: the configuration does not want this engine. It then runs no handler, is not named in
   * synchronisation, and clients that ask for it are told NOT_EXIST. Read once, after construction; default true.
   */
  readonly active?: boolean;
  /** How members agree again after a change of the ring; an engine without state leaves it out. */
  readonly sync?: Synchroniser;
  /** After construction of all engines and before the ring starts; may be asynchronous. */
  start?(): void | Promise<void>;
  /**
   * The node is asked to leave: what may not go on without the ring ends now. Members and clients are there until the
   * promise settles, 90 seconds at most. Not called when the node has failed.
   */
  quiesce?(): Promise<void>;
  /** The node is about to leave the ring: what is multicast now still reaches the others. Clients are gone. */
  leaving?(): void;
  /** The node has left the ring, or {@link FailurePolicy} ends this instance. Two seconds are the most that it may take. */
  stop?(): void | Promise<void>;
  /** A regular configuration was installed (before synchronisation). */
  onView?(view: View): void;
  onConnect?(client: Client): void;
  /** The connection is gone; `client` can no longer be answered. */
  onDisconnect?(client: Client): void;
  /** For the state dump (SIGUSR2): anything JSON can hold. */
  dump?(): unknown;
}

export interface EngineIdentity {
  readonly name: string;
  /** Service number on the wire: 0-63 corosync's own, 64-1023 Coterie's, 1024-65535 third parties. */
  readonly service: number;
}

/**
 * What becomes of an engine when one of its handlers of deliveries, of synchronisation, of views or of timers throws. Others
 * may have gone through the same without an error, so that its state is suspect.
 * `continue`: it goes on; the failure is logged and counted (`stats.<engine>.failures`).
 * `disable`: it stands aside until the daemon is started again: it hears and sends nothing, and has no clients.
 * `restart`: it is constructed anew and takes part as on a node that has just started: clients have to connect again, and
 * state comes from the others by synchronisation. Where all members throw at the same message, all begin with nothing. After
 * three restarts within a minute (`stats.<engine>.restarts`) it is disabled. For services from 64 on: corosync's cannot tell the
 * other members.
 *
 * With `disable` and `restart` {@link Engine.stop} is called; timers, connections and listeners to quorum have ended by then. What
 * else the instance has opened or listens to (database, configuration, processes) it ends there itself.
 * `stop`: the daemon leaves the ring and exits as after any failure; a service manager may start it again.
 */
export type FailurePolicy = 'continue' | 'disable' | 'restart' | 'stop';

export interface EngineOptions extends EngineIdentity {
  /** Default `continue`. What a request of a client makes an engine throw concerns that client only, whatever this says. */
  readonly onFailure?: FailurePolicy;
}

export interface RequestOptions {
  /** Needs room in the send queue: waits (or gets TRY_AGAIN) while there is none or synchronisation runs. Default false. */
  readonly flowControl?: boolean;
  /** The client waits for no answer (cpg's mcast): a refused request is dropped and counted, never answered. Default false. */
  readonly oneWay?: boolean;
}

export interface RequestHandler extends Required<RequestOptions> {
  readonly id: number;
  readonly codec: Codec<unknown>;
  readonly method: string | symbol;
}

export interface DeliveryHandler {
  readonly fn: number;
  readonly codec: Codec<unknown>;
  readonly method: string | symbol;
}

const ENGINE = Symbol.for('@coterie/sdk/engine@1');
const REQUESTS = Symbol.for('@coterie/sdk/requests@1');
const DELIVERIES = Symbol.for('@coterie/sdk/deliveries@1');

/** Services below are corosync's, whose synchronisation does not say that an engine begins anew. */
const FIRST_RESTARTABLE = 64;

type Class = abstract new (...args: never[]) => unknown;

/**
 * Marks a class as a service engine. Name and number must be those of the package's manifest. The class may have
 * any of the members of {@link Engine}, or none (which TypeScript takes for a mistake without `object &`).
 * @throws TypeError for a service below 64 that wants to be restarted
 */
export function ServiceEngine(identity: EngineOptions) {
  if (identity.onFailure === 'restart' && identity.service < FIRST_RESTARTABLE) {
    throw new TypeError(`${identity.name}: a service below ${FIRST_RESTARTABLE} cannot be restarted`);
  }
  return (target: new (...args: never[]) => object & Engine): void => {
    Reflect.defineMetadata(ENGINE, identity, target);
  };
}

/**
 * The method handles request `id` of a local client: `(request, client)`. A request that the codec refuses is
 * answered with INVALID_PARAM and never reaches the method.
 */
export function Request<T>(id: number, codec: Codec<T>, options: RequestOptions = {}) {
  return <M extends (request: T, client: Client) => void>(
    prototype: object,
    method: string | symbol,
    _: TypedPropertyDescriptor<M>,
  ): void => {
    append<RequestHandler>(REQUESTS, prototype, {
      id,
      codec: codec as Codec<unknown>,
      method,
      flowControl: options.flowControl ?? false,
      oneWay: options.oneWay ?? false,
    });
  };
}

/** The method handles message `fn` that a member multicast: `(message, from)`, in the agreed order on every member. */
export function Delivery<T>(fn: number, codec: Codec<T>) {
  return <M extends (message: T, from: NodeId) => void>(
    prototype: object,
    method: string | symbol,
    _: TypedPropertyDescriptor<M>,
  ): void => {
    append<DeliveryHandler>(DELIVERIES, prototype, { fn, codec: codec as Codec<unknown>, method });
  };
}

/** What {@link ServiceEngine} said; undefined for a class that is none. */
export function engineIdentity(type: Class): EngineOptions | undefined {
  return Reflect.getOwnMetadata(ENGINE, type) as EngineOptions | undefined;
}

export function requestHandlers(type: Class): readonly RequestHandler[] {
  return (Reflect.getMetadata(REQUESTS, type.prototype as object) as RequestHandler[] | undefined) ?? [];
}

export function deliveryHandlers(type: Class): readonly DeliveryHandler[] {
  return (Reflect.getMetadata(DELIVERIES, type.prototype as object) as DeliveryHandler[] | undefined) ?? [];
}

function append<T>(key: symbol, prototype: object, entry: T): void {
  const known = (Reflect.getMetadata(key, prototype) as T[] | undefined) ?? [];
  Reflect.defineMetadata(key, [...known, entry], prototype);
}
