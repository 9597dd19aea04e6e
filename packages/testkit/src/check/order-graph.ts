/** Something that one or several processes saw, by what it stands for. */
export class Vertex<L> {
  /** May further edges lead here? */
  open = true;
  /** Edges that lead here from vertices which are not sorted yet. */
  incoming = 0;
  sorted = false;
  readonly after: Vertex<L>[] = [];

  constructor(readonly label: L) {}
}

/**
 * The logical order of a run: everything that processes saw together is one vertex, each process's events follow
 * one another (the quotient graph of extended virtual synchrony's specification 6). Without a cycle there is an
 * order that all could have seen. Vertices are sorted (Kahn's algorithm) and forgotten as soon as they are closed.
 */
export class OrderGraph<L> {
  /** Closed, but behind something that is not sorted yet. */
  private readonly waiting = new Set<Vertex<L>>();

  edge(before: Vertex<L>, after: Vertex<L>): void {
    // Most of the time several processes take the same step one after the other.
    if (before === after || before.sorted || before.after.at(-1) === after) return;
    before.after.push(after);
    after.incoming++;
  }

  /** Nothing leads to this vertex any more but what is there. */
  close(vertex: Vertex<L>): void {
    vertex.open = false;
    this.waiting.add(vertex);
    if (vertex.incoming === 0) this.sort(vertex);
  }

  /** How many vertices are kept. */
  get size(): number {
    return this.waiting.size;
  }

  /** What stands on a cycle; undefined if there is none. To be called when all vertices are closed. */
  cycle(): Vertex<L>[] | undefined {
    const [start] = this.waiting;
    if (start === undefined) return undefined;
    // Every vertex that is left has one that is left before it: going back leads around a cycle.
    const before = new Map<Vertex<L>, Vertex<L>>();
    for (const vertex of this.waiting) for (const after of vertex.after) before.set(after, vertex);
    const path: Vertex<L>[] = [];
    let at = start;
    while (!path.includes(at)) {
      path.unshift(at);
      at = before.get(at)!;
    }
    return path.slice(0, path.indexOf(at) + 1);
  }

  private sort(first: Vertex<L>): void {
    const ready = [first];
    for (let vertex = ready.pop(); vertex !== undefined; vertex = ready.pop()) {
      vertex.sorted = true;
      this.waiting.delete(vertex);
      for (const after of vertex.after) if (--after.incoming === 0 && !after.open) ready.push(after);
    }
  }
}
