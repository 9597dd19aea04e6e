interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time, in milliseconds: what is to happen, in the order of its times, then of its scheduling. */
export class Schedule {
  now = 0;
  private order = 0;
  private readonly heap: Happening[] = [];

  after(delay: number, run: () => void): void {
    this.at(this.now + delay, run);
  }

  /** What should have happened before now happens next. */
  at(time: number, run: () => void): void {
    const event = { at: Math.max(this.now, time), order: this.order++, run };
    const { heap } = this;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  /** When the next thing happens; Infinity if nothing is left. */
  get next(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  /** Lets the next thing happen. False if nothing is left. */
  step(): boolean {
    const first = this.heap[0];
    if (first === undefined) return false;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.sink(last);
    this.now = first.at;
    first.run();
    return true;
  }

  private sink(event: Happening): void {
    const { heap } = this;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(event, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = event;
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
