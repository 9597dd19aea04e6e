import type { NativeEndpoint } from '../dist/addon.js';

/** An endpoint that keeps account of what it was asked for. */
export class FakeEndpoint implements NativeEndpoint {
  /** Slabs that are with the device, by number. */
  readonly posted = new Map<number, Uint8Array>();
  readonly connecting: { path: number; address: string; port: number }[] = [];
  readonly cancelled: number[] = [];
  sources: readonly string[] | undefined;
  /** Memory may not be locked any more. */
  refuses = false;
  /** What connect returns. */
  error = 0;

  post(slab: number, bytes: Uint8Array): void {
    if (this.refuses) throw Object.assign(new Error('ibv_reg_mr'), { code: 'ENOMEM' });
    if (this.posted.has(slab)) throw new Error(`slab ${slab} is with the device already`);
    this.posted.set(slab, bytes);
  }

  send(): number {
    throw new Error('not for these tests');
  }

  join(): void {}

  connect(path: number, address: string, port: number): number {
    this.connecting.push({ path, address, port });
    return this.error;
  }

  cancel(path: number): void {
    this.cancelled.push(path);
  }

  setSources(addresses: readonly string[] | undefined): void {
    this.sources = addresses;
  }

  info() {
    return { device: 'fake0', port: 1, state: 'active', mtu: 4096, queuePair: 17 } as const;
  }

  resources() {
    return { sendRegions: 0, sendsUnderWay: 0 };
  }

  close(): void {
    this.posted.clear();
  }
}
