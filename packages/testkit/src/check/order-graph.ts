/**
 * The logical order of a run: everything that processes saw together is one vertex, each process's events follow
 * one another (the quotient graph of extended virtual synchrony's specification 6). Without a cycle there is an
 * order that all could have seen.
 */
export class OrderGraph {
  private readonly labels: number[] = [];
  /** By vertex: its newest edge; -1: none. */
  private readonly newest: number[] = [];
  /** By edge: where it leads, and the next older edge of the same vertex. */
  private readonly targets: number[] = [];
  private readonly older: number[] = [];

  /** @param name of what a label stands for, for reports */
  constructor(private readonly name: (label: number) => string) {}

  /** A new vertex. */
  vertex(label: number): number {
    this.newest.push(-1);
    return this.labels.push(label) - 1;
  }

  edge(before: number, after: number): void {
    const newest = this.newest[before]!;
    // Most of the time several processes take the same step one after the other.
    if (before === after || (newest >= 0 && this.targets[newest] === after)) return;
    this.older.push(newest);
    this.newest[before] = this.targets.push(after) - 1;
  }

  /** Names along a cycle; undefined if there is none. */
  cycle(): string[] | undefined {
    const left = this.unsorted();
    const start = left.indexOf(1);
    if (start < 0) return undefined;
    // Every vertex that is left reaches a cycle through others that are left, forwards or as one's predecessor.
    const before = new Map<number, number>();
    for (let v = 0; v < left.length; v++) {
      if (left[v] === 0) continue;
      this.eachTarget(v, (target) => {
        if (left[target] === 1) before.set(target, v);
      });
    }
    const path: number[] = [];
    let at = start;
    while (!path.includes(at)) {
      path.unshift(at);
      at = before.get(at)!;
    }
    return path.slice(0, path.indexOf(at) + 1).map((v) => this.name(this.labels[v]!));
  }

  /** Kahn's algorithm: 1 for vertices that no topological order can take. */
  private unsorted(): Uint8Array {
    const count = this.labels.length;
    const incoming = new Uint32Array(count);
    for (const target of this.targets) incoming[target]!++;
    const ready: number[] = [];
    for (let v = 0; v < count; v++) if (incoming[v] === 0) ready.push(v);
    const left = new Uint8Array(count).fill(1);
    const take = (target: number) => {
      if (--incoming[target]! === 0) ready.push(target);
    };
    for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
      left[v] = 0;
      this.eachTarget(v, take);
    }
    return left;
  }

  private eachTarget(vertex: number, visit: (target: number) => void): void {
    for (let edge = this.newest[vertex]!; edge >= 0; edge = this.older[edge]!) visit(this.targets[edge]!);
  }
}
