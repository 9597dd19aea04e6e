import assert from 'node:assert/strict';
import {
  Cluster,
  CsError,
  Delivery,
  LastWriter,
  Request,
  ServiceEngine,
  definePlugin,
  inject,
  replicate,
  type Client,
  type Injectable,
  type NodeId,
  type RingId,
} from '@coterie/sdk';
import { json } from '@coterie/sdk/json';
import { Prng, cluster, type SimulatedCluster } from '@coterie/testkit';

const SERVICE = 2003;
const SOON = 5000;
const SEEDS = 25;

const Names = json<string[]>({ type: 'array', items: { type: 'string' } });

/** Keeps every name that was ever said, whichever side heard it. */
@ServiceEngine({ name: 'names', service: SERVICE })
class NamesEngine {
  names: readonly string[] = [];
  readonly sync = replicate(Names, {
    snapshot: () => [...this.names],
    restore: (names) => (this.names = names),
    merge: (one, other) => [...new Set([...one, ...other])].sort(),
  });

  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  @Request(0, Names, { flowControl: true, oneWay: true })
  add(names: string[]): void {
    this.cluster.multicast(0, Names, names);
  }

  @Delivery(0, Names)
  added(names: string[]): void {
    this.names = [...new Set([...this.names, ...names])].sort();
  }
}

interface Write {
  readonly key: string;
  /** Null: the key is deleted. */
  readonly value: string | null;
}

const Write = json<Write>({
  type: 'object',
  properties: { key: { type: 'string' }, value: { type: ['string', 'null'] } },
  required: ['key', 'value'],
  additionalProperties: false,
});
const Value = json<string | null>({ type: ['string', 'null'] });
const Key = json<string>({ type: 'string' });

@ServiceEngine({ name: 'notes', service: SERVICE })
class NotesEngine {
  readonly notes = new LastWriter(Value);
  readonly sync = this.notes.sync;
  /** What this node has heard, in order. */
  readonly heard: (Write & { readonly ring: RingId })[] = [];

  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  @Request(0, Write, { flowControl: true, oneWay: true })
  write(write: Write): void {
    this.cluster.multicast(0, Write, write);
  }

  @Request(1, Key)
  read(key: string, client: Client): void {
    client.respond(1, CsError.OK, Value, this.notes.get(key) ?? null);
  }

  @Delivery(0, Write)
  written({ key, value }: Write): void {
    this.heard.push({ key, value, ring: this.cluster.view.ring });
    if (value === null) this.notes.delete(key);
    else this.notes.set(key, value);
  }
}

async function started(engine: Injectable<object>, seed = 1): Promise<SimulatedCluster> {
  const name = engine === NamesEngine ? 'names' : 'notes';
  const plugins = [{ name, plugin: definePlugin({ engines: [engine] }) }];
  const c = cluster({ nodes: 4, seed, plugins });
  c.start();
  await c.settled();
  return c;
}

/** Partitions, their ends and requests, some of them while the members synchronise; all are together in the end. */
async function unrest(c: SimulatedCluster, seed: number, ask: (id: NodeId, step: number) => void) {
  const random = new Prng(seed);
  for (let step = 0; step < 10; step++) {
    if (random.chance(0.5)) c.partition([1, random.pick([2, 3])], [4, random.pick([2, 3])]);
    else c.heal();
    for (const { id } of c.nodes) ask(id, step);
    await c.run(random.pick([20, 300, 1000, 2300, 2500, 3500]));
  }
  c.heal();
  await c.run(SOON);
  await c.settled();
}

const names = (c: SimulatedCluster, id: NodeId) => c.node(id).engine(NamesEngine).names.join(' ');
const add = (c: SimulatedCluster, id: NodeId, name: string) =>
  c.node(id).connect(SERVICE).request(0, Names, [name]);

describe('replicate with merge', () => {
  it('brings together what all sides have, also those of three', async () => {
    const c = await started(NamesEngine);
    add(c, 1, 'before');
    assert.ok(await c.runUntil(() => names(c, 4) === 'before', SOON));
    c.partition([1], [2], [3, 4]);
    await c.settled();
    for (const id of [1, 2, 3]) add(c, id, `on-${id}`);
    assert.ok(await c.runUntil(() => names(c, 1).includes('on-1') && names(c, 4).includes('on-3'), SOON));
    c.heal();
    await c.settled();
    for (const id of c.ids) assert.equal(names(c, id), 'before on-1 on-2 on-3');
    c.restart(2);
    await c.settled();
    assert.equal(names(c, 2), 'before on-1 on-2 on-3');
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`loses nothing that anybody has heard (seed ${seed})`, async () => {
      const c = await started(NamesEngine, seed);
      const heard = new Set<string>();
      await unrest(c, seed, (id, step) => {
        for (const node of c.ids) for (const name of c.node(node).engine(NamesEngine).names) heard.add(name);
        add(c, id, `${id}.${step}`);
      });
      for (const id of c.ids) assert.equal(names(c, id), names(c, 1));
      const kept = new Set(c.node(1).engine(NamesEngine).names);
      assert.ok(heard.size > 0);
      assert.deepEqual(
        [...heard].filter((name) => !kept.has(name)),
        [],
      );
    });
  }
});

describe('a map whose last writer wins', () => {
  const notes = (c: SimulatedCluster, id: NodeId) => {
    const { notes } = c.node(id).engine(NotesEngine);
    return Object.fromEntries(notes.keys().map((key) => [key, notes.get(key)]));
  };
  const write = (c: SimulatedCluster, id: NodeId, key: string, value: string | null) =>
    c.node(id).connect(SERVICE).request(0, Write, { key, value });

  it('keeps key by key what was written last, deletions too, and answers in JSON', async () => {
    const c = await started(NotesEngine);
    for (const key of ['a', 'b', 'c']) write(c, 1, key, 'old');
    assert.ok(await c.runUntil(() => Object.keys(notes(c, 4)).length === 3, SOON));
    c.partition([1, 2], [3, 4]);
    await c.settled();
    write(c, 1, 'a', 'one');
    write(c, 3, 'b', null);
    assert.ok(await c.runUntil(() => notes(c, 2)['a'] === 'one' && !('b' in notes(c, 4)), SOON));
    c.heal();
    await c.settled();
    for (const id of c.ids) assert.deepEqual(notes(c, id), { a: 'one', c: 'old' });
    assert.equal(c.node(2).engine(NotesEngine).notes.size, 2);

    const program = c.node(2).connect(SERVICE);
    const answers: unknown[] = [];
    program.onFrame = ({ body }) => answers.push(Value.decode(body, 0, body.byteLength));
    program.request(1, Key, 'a');
    program.request(1, Key, 'b');
    assert.ok(await c.runUntil(() => answers.length === 2, SOON));
    assert.deepEqual(answers, [
      { ok: true, value: 'one' },
      { ok: true, value: null },
    ]);
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`is the same everywhere after partitions (seed ${seed})`, async () => {
      const c = await started(NotesEngine, seed);
      const random = new Prng(seed + 1000);
      await unrest(c, seed, (id, step) => {
        write(c, id, random.pick(['a', 'b', 'c', 'd']), random.chance(0.3) ? null : `${id}.${step}`);
      });
      const expected = lastWrites(c);
      for (const id of c.ids) assert.deepEqual(notes(c, id), expected);
    });
  }

  /** By what the nodes have heard: on the latest ring that anybody wrote a key on, the last write. */
  function lastWrites(c: SimulatedCluster): Record<string, string> {
    const rings = new Map<string, readonly (Write & { readonly ring: RingId })[]>();
    for (const id of c.ids) {
      const { heard } = c.node(id).engine(NotesEngine);
      for (const { ring } of heard) {
        const name = `${ring.sequence} ${ring.representative}`;
        const there = heard.filter((each) => `${each.ring.sequence} ${each.ring.representative}` === name);
        if (there.length > (rings.get(name)?.length ?? 0)) rings.set(name, there);
      }
    }
    const writes = [...rings.values()].sort(
      ([a], [b]) => a!.ring.sequence - b!.ring.sequence || a!.ring.representative - b!.ring.representative,
    );
    const last = new Map(writes.flat().map(({ key, value }) => [key, value]));
    const held = [...last].filter((entry): entry is [string, string] => entry[1] !== null);
    return Object.fromEntries(held);
  }
});
