/**
 * The logical order of a run: everything that processes saw together is one vertex, each process's events follow
 * one another (the quotient graph of extended virtual synchrony's specification 6). Without a cycle there is an
 * order that all could have seen.
 */
export class OrderGraph {
  private readonly after: number[][] = [];
  private readonly names: (() => string)[] = [];

  /** @param name what it is, for reports */
  vertex(name: () => string): number {
    this.names.push(name);
    return this.after.push([]) - 1;
  }

  edge(before: number, after: number): void {
    if (before !== after) this.after[before]!.push(after);
  }

  /** Names along a cycle; undefined if there is none. */
  cycle(): string[] | undefined {
    const left = this.unsorted();
    const start = left.indexOf(true);
    if (start < 0) return undefined;
    // Every vertex that is left reaches a cycle through others that are left, forwards or as one's predecessor.
    const before = new Map<number, number>();
    this.after.forEach((targets, v) => {
      if (left[v]) for (const target of targets) if (left[target]) before.set(target, v);
    });
    const path: number[] = [];
    let at = start;
    while (!path.includes(at)) {
      path.unshift(at);
      at = before.get(at)!;
    }
    return path.slice(0, path.indexOf(at) + 1).map((v) => this.names[v]!());
  }

  /** Kahn's algorithm: which vertices no topological order can take. */
  private unsorted(): boolean[] {
    const incoming = new Uint32Array(this.after.length);
    for (const targets of this.after) for (const target of targets) incoming[target]!++;
    const ready: number[] = [];
    incoming.forEach((count, v) => {
      if (count === 0) ready.push(v);
    });
    const left = new Array<boolean>(this.after.length).fill(true);
    for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
      left[v] = false;
      for (const target of this.after[v]!) if (--incoming[target]! === 0) ready.push(target);
    }
    return left;
  }
}
