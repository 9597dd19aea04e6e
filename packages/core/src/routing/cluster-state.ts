import { CoterieError, type NodeId, type QuorumControl, type View } from '@coterie/sdk';

/** What the engines of one daemon are told about the ring; the executive writes it. */
export class ClusterState implements QuorumControl {
  view: View;
  /** From a regular configuration until synchronisation has ended. */
  synchronising = false;
  /** Has a synchronisation ended since the start? Clients are let in from then on. */
  open = false;
  quorate = true;
  provided = false;
  reason = '';
  private readonly changed = new Set<(quorate: boolean) => void>();
  private readonly spoken = new Set<() => void>();

  /** @param provider what `quorum.provider` names */
  constructor(
    readonly nodeId: NodeId,
    private readonly provider: string | undefined,
    private readonly failed: (error: unknown) => void,
  ) {
    this.view = { ring: { representative: nodeId, sequence: 0 }, members: [nodeId] };
  }

  provide(name: string): boolean {
    if (name !== this.provider) return false;
    if (this.provided)
      throw new CoterieError('COTERIE_E_QUORUM_PROVIDER', `two engines provide the quorum provider ${name}`);
    this.provided = true;
    // Until it has spoken.
    this.quorate = false;
    return true;
  }

  set(quorate: boolean, reason = ''): void {
    const before = this.quorate;
    this.quorate = quorate;
    this.reason = reason;
    for (const listener of [...this.spoken]) this.tell(() => listener());
    if (before === quorate) return;
    for (const listener of [...this.changed]) this.tell(() => listener(quorate));
  }

  onQuorum(listener: (quorate: boolean) => void): () => void {
    this.changed.add(listener);
    return () => this.changed.delete(listener);
  }

  onSet(listener: () => void): void {
    this.spoken.add(listener);
  }

  private tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failed(error);
    }
  }
}
