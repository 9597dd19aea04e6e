import type { Codec } from './codec.js';
import type { NodeId, View } from './ring.js';
import { token } from './token.js';

/** The ring as an engine sees it. */
export interface Cluster {
  readonly nodeId: NodeId;
  /** The regular configuration installed last; before the first one: this node alone on ring `nodeId.0`. */
  readonly view: View;
  /** From a regular configuration until synchronisation has ended. */
  readonly synchronising: boolean;
  /** What the quorum provider says; true where none is installed. */
  readonly quorate: boolean;
  /**
   * The version of its messages in which the engine talks now: the latest that all members with the engine speak,
   * agreed at each synchronisation from `wire` in their manifests. A node that does not speak the version of most others
   * stands aside: its engine hears nothing and {@link multicast} takes nothing. Always 1 for services below 64.
   */
  readonly wire: number;
  /**
   * Send to the same engine on every member, in the agreed order; it comes back to this node too.
   * The message is the service header, `value`, then `tail` (copied before this returns). One without a tail that
   * fits into a packet (some 1,300 bytes) is heard by every member of the ring that it comes back on. Any other may be
   * cut by a change of the ring: then only those who were there when its beginning was sent hear it.
   * False: the send queue has no room, nothing was sent; ask {@link room} first or try again later.
   */
  multicast<T>(fn: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean;
  /** Is there room for a message of so many bytes now? */
  room(bytes: number): boolean;
  /**
   * Leave the ring and stop this node's daemon; `reason` goes to the log. `asked`: somebody who may wants it, and the
   * daemon exits as after SIGTERM; else its exit status tells that an engine could not go on.
   */
  shutdown(reason: string, asked?: 'asked'): void;
  /** Called whenever {@link quorate} has changed. Returns the function that ends it. */
  onQuorum(listener: (quorate: boolean) => void): () => void;
}
export const Cluster = token<Cluster>('Cluster');

/** For engines that decide about quorum (`provides: ["quorum-provider@1"]`). */
export interface QuorumControl {
  /**
   * For a provider's constructor: is it the one that `quorum.provider` names? One that is not says `active: false`,
   * and decides nothing. @throws CoterieError COTERIE_E_QUORUM_PROVIDER if another one has that name too
   */
  provide(name: string): boolean;
  /** After each synchronisation, and whenever it changes meanwhile. `reason`: why it is so, for people. */
  set(quorate: boolean, reason?: string): void;
  /** Has anybody said that it is the provider that the configuration names? */
  readonly provided: boolean;
  /** What {@link set} was told last. */
  readonly reason: string;
  /** Called whenever the provider has spoken. */
  onSet(listener: () => void): void;
}
export const QuorumControl = token<QuorumControl>('QuorumControl');

/** What synchronisation is about: the new ring, and who came along from this node's previous ring. */
export interface SyncView extends View {
  /** Members of the transitional configuration that are in the new ring; empty at first boot. */
  readonly transitional: readonly NodeId[];
}

/**
 * How an engine's members agree again after a change of the ring. All engines' `init` run when the regular
 * configuration is installed; then, engine by engine in order of service number: `process` on every node until
 * it says `done`, a barrier of all members, `activate`. A further change in between ends the round with `abort`
 * for every engine that was initialised and not activated.
 */
export interface Synchroniser {
  init(view: SyncView): void;
  /** May multicast. `again`: call once more at the next token. */
  process(): 'done' | 'again';
  activate(): void;
  abort(): void;
  /** Once, before the ring starts. */
  connect?(cluster: Cluster): void;
  /** Called ahead of each of the engine's own delivery handlers. */
  delivered?(): void;
  /** Messages that synchronisation has for itself, beside the engine's own. */
  readonly deliveries?: readonly SyncDelivery[];
}

/** Who handles message `fn` of the engine's service; see {@link Delivery} for an engine's own. */
export interface SyncDelivery {
  readonly fn: number;
  readonly codec: Codec<unknown>;
  deliver(message: unknown, from: NodeId): void;
}
