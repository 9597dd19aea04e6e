import { CoterieError } from '@coterie/sdk';

/** Waits for `work`, at most `milliseconds`; `what` completes "did not happen: ...". @throws CoterieError COTERIE_E_DEV_TIMEOUT */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CoterieError(
            'COTERIE_E_DEV_TIMEOUT',
            `after ${milliseconds / 1000} s still no sign that ${what}`,
          ),
        ),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Something that changes and can be waited for. */
export class Observable<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set value(value: T) {
    this.current = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  onChange(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves with the first value that satisfies `test`, which may be the present one. */
  until(test: (value: T) => boolean): Promise<T> {
    if (test(this.current)) return Promise.resolve(this.current);
    return new Promise((resolve) => {
      const stop = this.onChange((value) => {
        if (!test(value)) return;
        stop();
        resolve(value);
      });
    });
  }
}
