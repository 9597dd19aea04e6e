import { Logger, QuorumControl, inject, type NodeId, type RingId, type Token } from '@coterie/sdk';
import type { Explanation } from './explanation.js';

/** What the provider said last about the part of the cluster this node is in. */
export interface Verdict {
  readonly quorate: boolean;
  readonly ring: RingId;
  readonly members: readonly NodeId[];
}

/**
 * Where a provider of this plugin tells the quorum service and the executive. The quorum service's clients hear of
 * it before the provider's own.
 */
export class PrimaryComponent {
  verdict: Verdict = { quorate: false, ring: { representative: 0, sequence: 0 }, members: [] };
  /** What the provider can say beyond its verdict. */
  explain: (() => Explanation) | undefined;
  private listener: (() => void) | undefined;

  constructor(
    @inject(QuorumControl) private readonly control: QuorumControl,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  onVerdict(listener: () => void): void {
    this.listener = listener;
  }

  announce(verdict: Verdict): void {
    this.adopt(verdict);
    this.control.set(verdict.quorate);
    this.listener?.();
  }

  /** What a provider of another plugin has told the executive. */
  adopt(verdict: Verdict): void {
    if (verdict.quorate !== this.verdict.quorate) {
      this.logger.info(
        verdict.quorate
          ? 'This node is in the primary component and provides service'
          : 'This node is not in the primary component and provides no service',
        { members: verdict.members },
      );
    }
    this.verdict = verdict;
  }
}

export const Primary = Symbol.for('@coterie/engine-quorum/PrimaryComponent@1') as Token<PrimaryComponent>;
