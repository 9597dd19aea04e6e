import type { Codec } from '../codec.js';
import { CsError } from '../cs-error.js';
import { CoterieError } from '../errors.js';
import { ERROR_AT, RESPONSE_HEADER } from './frames.js';
import { ServiceError } from './service-error.js';

/** A request that waits for its turn or for its answer. */
export class Call<T> {
  readonly promise: Promise<T>;
  private resolve!: (value: T) => void;
  private fail!: (reason: unknown) => void;

  constructor(
    private readonly id: number,
    /** The encoded request; undefined once it was sent. */
    public frame: Uint8Array | undefined,
    private readonly answer: Codec<T>,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.fail = reject;
    });
  }

  /** The response frame has come in. */
  settle(view: DataView, offset: number, length: number): void {
    const error = view.getInt32(offset + ERROR_AT, true);
    if (error !== CsError.OK) {
      return this.fail(new ServiceError('COTERIE_E_CLIENT_REQUEST', error, `request ${this.id}`));
    }
    const result = this.answer.decode(view, offset + RESPONSE_HEADER, length - RESPONSE_HEADER);
    if (result.ok) return this.resolve(result.value);
    this.fail(
      new CoterieError('COTERIE_E_CLIENT_PROTOCOL', `the answer to request ${this.id}: ${result.reason}`),
    );
  }

  reject(reason: unknown): void {
    this.fail(reason);
  }
}
