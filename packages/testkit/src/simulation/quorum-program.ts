import { sameRing, type NodeId, type RingId } from '@coterie/sdk';
import {
  Model,
  QuorumEvent,
  QuorumNotification,
  QuorumRequest,
  Track,
  TrackFlags,
} from '@coterie/engine-quorum/messages';
import type { SimulatedClient, Frame } from './client.js';
import type { SimulatedCluster } from './cluster.js';
import type { SimulatedNode } from './node.js';

const QUORUM = 3;

/** A program of a node that watches quorum and tells the trace. */
export class QuorumProgram {
  /** What the service said last. */
  verdict: { quorate: boolean; ring: RingId; members: readonly NodeId[] } | undefined;
  /** How often the service said what it had just said. */
  repeated = 0;
  readonly client: SimulatedClient;

  constructor(
    private readonly cluster: SimulatedCluster,
    readonly node: SimulatedNode,
  ) {
    this.client = node.connect(QUORUM);
    this.client.onFrame = (frame) => this.heard(frame);
    if (!this.client.connected) return;
    this.client.request(QuorumRequest.modelType, Model, { model: 1 });
    this.client.request(QuorumRequest.trackStart, TrackFlags, { flags: Track.changes });
  }

  private heard({ kind, id, body }: Frame): void {
    if (kind !== 'event' || id !== QuorumEvent.quorum) return;
    const decoded = QuorumNotification.decode(body, 0, body.byteLength);
    if (!decoded.ok) throw new TypeError(`the daemon sent what cannot be read: ${decoded.reason}`);
    const { quorate, ring, members } = decoded.value;
    const { verdict: former } = this;
    if (former !== undefined && sameRing(former.ring, ring) && former.quorate === (quorate !== 0))
      this.repeated++;
    this.verdict = { quorate: quorate !== 0, ring, members };
    this.cluster.trace.record(this.node.id, this.node.life, { kind: 'quorum', ...this.verdict });
  }
}
