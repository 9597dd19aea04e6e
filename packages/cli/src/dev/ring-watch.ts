import { setTimeout } from 'node:timers/promises';
import { QuorumClient, type QuorumState } from '@coterie/engine-quorum/client';
import { CoterieError } from '@coterie/sdk';
import { Observable } from './deadline.js';

/** Milliseconds between attempts to reach a daemon that does not run yet. */
const PAUSE = 50;

/** What one node says about its ring, for as long as it is watched: across the end of its daemon and its return. */
export class RingWatch {
  /** Undefined while the daemon cannot be asked. */
  readonly view = new Observable<QuorumState | undefined>(undefined);
  private readonly closing = new AbortController();

  constructor(
    readonly nodeId: number,
    private readonly runDir: string,
  ) {
    void this.follow();
  }

  close(): void {
    this.closing.abort();
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    for (;;) {
      try {
        await using client = await QuorumClient.connect({ runDir: this.runDir, signal });
        for await (const state of client.watch({ signal })) this.view.value = state;
      } catch (error) {
        if (!signal.aborted && !(error instanceof CoterieError)) throw error;
      }
      if (signal.aborted) return;
      this.view.value = undefined;
      await setTimeout(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  }
}
