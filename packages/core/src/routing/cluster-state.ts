import type { NodeId, QuorumControl, View } from '@coterie/sdk';

/** What the engines of one daemon are told about the ring; the executive writes it. */
export class ClusterState implements QuorumControl {
  view: View;
  /** From a regular configuration until synchronisation has ended. */
  synchronising = false;
  /** Has a synchronisation ended since the start? Clients are let in from then on. */
  open = false;
  quorate = true;
  private readonly listeners = new Set<(quorate: boolean) => void>();

  constructor(
    readonly nodeId: NodeId,
    private readonly failed: (error: unknown) => void,
  ) {
    this.view = { ring: { representative: nodeId, sequence: 0 }, members: [nodeId] };
  }

  set(quorate: boolean): void {
    if (quorate === this.quorate) return;
    this.quorate = quorate;
    for (const listener of [...this.listeners]) {
      try {
        listener(quorate);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  onQuorum(listener: (quorate: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
