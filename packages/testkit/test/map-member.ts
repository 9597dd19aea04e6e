import assert from 'node:assert/strict';
import { CsError, type Codec, type DatabaseValue, type NodeId } from '@coterie/sdk';
import { Adjust, Exchange, Key, MapRequest, SelectMap, Set as SetKey } from '@coterie/engine-confdb/messages';
import type { SimulatedClient, SimulatedCluster, SimulatedNode } from '@coterie/testkit';

const CMAP = 0;
export const PREFIX = 'cluster.';
const NOTHING = new Uint8Array(0);
const STRING = 11;

/** A change of the cluster map as a node saw it come, in the ring it was on. */
export interface Seen {
  readonly ring: string;
  readonly what: string;
}

/** A program of one life of a node that changes the cluster map, and an eye on all that changes there. */
export class MapMember {
  readonly seen: Seen[] = [];
  private readonly client: SimulatedClient;
  private readonly answers: ((error: CsError) => void)[] = [];

  constructor(
    private readonly cluster: SimulatedCluster,
    readonly node: SimulatedNode,
  ) {
    node.executive.database.track(PREFIX, true, ({ key, value }) => {
      const { ring } = node.view!;
      const what = `${key}=${value === undefined ? '' : String(value.value)}`;
      this.seen.push({ ring: `${ring.representative}.${ring.sequence}`, what });
    });
    this.client = node.connect(CMAP);
    this.client.onFrame = ({ kind, error }) => {
      if (kind === 'response') this.answers.shift()?.(error);
    };
  }

  get connected(): boolean {
    return this.client.connected;
  }

  set(key: string, text: string, done: (error: CsError) => void = () => undefined): void {
    this.ask(MapRequest.set, SetKey, { key: PREFIX + key, ...encoded(text) }, done);
  }

  delete(key: string, done: (error: CsError) => void = () => undefined): void {
    this.ask(MapRequest.delete, Key, { key: PREFIX + key }, done);
  }

  adjust(key: string, step: number, done: (error: CsError) => void): void {
    this.ask(MapRequest.adjust, Adjust, { key: PREFIX + key, step }, done);
  }

  /** Undefined: no key. */
  exchange(
    key: string,
    expected: string | undefined,
    text: string | undefined,
    done: (error: CsError) => void = () => undefined,
  ): void {
    const { type: expectedType, value: held } = encoded(expected);
    const word = { key: PREFIX + key, expectedType, expected: held, ...encoded(text) };
    this.ask(MapRequest.exchange, Exchange, word, done);
  }

  selectMap(map: number): Promise<CsError> {
    return this.answered((done) => this.ask(MapRequest.selectMap, SelectMap, { map }, done));
  }

  /** What came of a change, within 5 virtual seconds. */
  async answered(change: (done: (error: CsError) => void) => void): Promise<CsError> {
    let answer: CsError | undefined;
    change((error) => (answer = error));
    assert.ok(await this.cluster.runUntil(() => answer !== undefined, 5000), 'no answer');
    return answer!;
  }

  private ask<T>(id: number, codec: Codec<T>, word: T, done: (error: CsError) => void): void {
    if (!this.client.connected) return;
    this.answers.push(done);
    this.client.request(id, codec, word);
  }
}

function encoded(text: string | undefined): { type: number; value: Uint8Array } {
  return text === undefined ? { type: 0, value: NOTHING } : { type: STRING, value: Buffer.from(`${text}\0`) };
}

/** What a node has below `cluster.`. */
export function contents(node: SimulatedNode): Record<string, DatabaseValue['value']> {
  const { database } = node.executive;
  return Object.fromEntries(
    database.keys(PREFIX).map((key) => [key.slice(PREFIX.length), database.get(key)!.value]),
  );
}

/** How far a node's map has come. */
export function stamp(node: SimulatedNode): unknown {
  return (node.executive.dump().engines as Record<string, unknown>)['cluster-map'];
}

/** What is wrong with the order in which members saw changes: those of one ring must agree on it. */
export function disorder(members: readonly MapMember[]): string | undefined {
  const rings = new Map<string, Map<string, { at: number; by: NodeId }[]>>();
  for (const { node, seen } of members) {
    seen.forEach(({ ring, what }, at) => {
      // Values are different, deletions all look alike.
      if (what.endsWith('=')) return;
      const changes = rings.get(ring) ?? new Map<string, { at: number; by: NodeId }[]>();
      rings.set(ring, changes.set(what, [...(changes.get(what) ?? []), { at, by: node.id }]));
    });
  }
  for (const [ring, changes] of rings) {
    const all = [...changes];
    for (const [i, [a, ofA]] of all.entries()) {
      for (const [b, ofB] of all.slice(i + 1)) {
        const before = new Set<boolean>();
        for (const { at, by } of ofA) {
          for (const other of ofB) if (other.by === by) before.add(at < other.at);
        }
        if (before.size > 1) return `ring ${ring}: ${a} and ${b} in different orders`;
      }
    }
  }
  return undefined;
}
