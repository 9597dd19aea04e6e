import assert from 'node:assert/strict';
import {
  Cluster,
  Delivery,
  Request,
  ServiceEngine,
  definePlugin,
  inject,
  raw,
  replicate,
  type NodeId,
} from '@coterie/sdk';
import { Prng, cluster, type ClusterOptions, type SimulatedCluster } from '@coterie/testkit';

const SERVICE = 2000;

/** Keeps all bytes that were ever said, in order. */
@ServiceEngine({ name: 'journal', service: SERVICE })
class JournalEngine {
  bytes: Uint8Array = new Uint8Array();
  restored = 0;
  readonly sync = replicate(raw, {
    snapshot: () => this.bytes,
    restore: (bytes) => {
      this.bytes = bytes;
      this.restored++;
    },
  });

  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  @Request(0, raw, { flowControl: true, oneWay: true })
  say(said: Uint8Array): void {
    this.cluster.multicast(0, raw, said);
  }

  @Delivery(0, raw)
  hear(said: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, said]);
  }
}

const journal = { name: 'journal', plugin: definePlugin({ engines: [JournalEngine] }) };

async function started(options: ClusterOptions): Promise<SimulatedCluster> {
  const c = cluster({ plugins: [journal], ...options });
  c.start();
  await c.settled();
  return c;
}

function engine(c: SimulatedCluster, id: NodeId): JournalEngine {
  return c.node(id).engine(JournalEngine);
}

/** What the nodes that are up have: the same text once. */
function texts(c: SimulatedCluster): string[] {
  return [...new Set(c.nodes.map(({ id }) => Buffer.from(engine(c, id).bytes).toString()))];
}

/** Node `id` says something, and all members of its ring hear it. */
async function say(c: SimulatedCluster, id: NodeId, text: string): Promise<void> {
  const members = c.node(id).view?.members ?? [];
  const length = () => members.reduce((sum, member) => sum + engine(c, member).bytes.length, 0);
  const expected = length() + members.length * text.length;
  c.node(id).connect(SERVICE).request(0, raw, Buffer.from(text));
  assert.ok(await c.runUntil(() => length() >= expected, 5000));
}

/** How often each node that is up has taken over a state. */
function restored(c: SimulatedCluster): number[] {
  return c.nodes.map(({ id }) => engine(c, id).restored);
}

describe('the strategy replicate', () => {
  it('gives a node that starts what the others have, whatever its id', async () => {
    const c = await started({ nodes: 2 });
    const [, before] = restored(c);
    await say(c, 2, 'a');
    c.crash(1);
    await c.settled();
    await say(c, 2, 'b');
    c.start(1);
    await c.settled();
    assert.deepEqual(texts(c), ['ab']);
    assert.deepEqual(restored(c), [1, before]);
  });

  it('prefers the larger side, then the one with the lowest id', async () => {
    const c = await started({ nodes: 5 });
    c.partition([1, 2], [3, 4, 5]);
    await c.settled();
    await say(c, 1, 'small');
    await say(c, 3, 'large');
    c.heal();
    await c.settled();
    assert.deepEqual(texts(c), ['large']);
    c.partition([1, 4], [2, 5], [3]);
    await c.settled();
    for (const id of [1, 2, 3]) await say(c, id, ` and ${id}`);
    c.heal();
    await c.settled();
    assert.deepEqual(texts(c), ['large and 1']);
  });

  it('sends nothing when nobody new comes', async () => {
    const c = await started({ nodes: 3 });
    await say(c, 1, 'a');
    const before = restored(c);
    c.crash(3);
    await c.settled();
    await say(c, 2, 'b');
    assert.deepEqual(restored(c), before.slice(0, 2));
    assert.deepEqual(texts(c), ['ab']);
  });

  it('carries a state of many packets over a bad network', async () => {
    const c = await started({ nodes: 3 });
    const large = 'x'.repeat(100_000);
    for (let i = 0; i < 10; i++) await say(c, 2, large);
    c.network.losses.push({ rate: 0.02 });
    c.crash(1);
    await c.settled();
    c.start(1);
    await c.settled(600_000);
    assert.equal(engine(c, 1).bytes.length, 1_000_000);
    assert.equal(texts(c).length, 1);
  });

  it('logs a snapshot that cannot be restored, and goes on', async () => {
    @ServiceEngine({ name: 'broken', service: SERVICE })
    class BrokenEngine {
      readonly sync = replicate(raw, {
        snapshot: () => new Uint8Array(10),
        restore: () => {
          throw new Error('made up');
        },
      });
    }
    const c = cluster({
      nodes: 2,
      plugins: [{ name: 'broken', plugin: definePlugin({ engines: [BrokenEngine] }) }],
    });
    c.start();
    await c.settled();
    assert.ok(
      c.nodes.some(({ log }) => log.some((line) => /sync.activate threw: Error: made up/.test(line))),
    );
  });

  for (let seed = 1; seed <= 30; seed++) {
    it(`makes members agree whatever happens meanwhile (seed ${seed})`, async () => {
      const c = await started({ nodes: 4, seed });
      const random = new Prng(seed);
      for (let step = 0; step < 8; step++) {
        const { nodes } = c;
        const { id } = random.pick(nodes);
        if (random.chance(0.2) && nodes.length > 1) c.crash(id);
        else if (random.chance(0.4)) c.partition([1, random.pick([2, 3])], [4, random.pick([2, 3])]);
        else c.heal();
        for (const down of c.ids) if (c.alive(down) === undefined && random.chance(0.5)) c.start(down);
        for (const node of c.nodes) {
          const client = node.connect(SERVICE);
          if (client.connected) client.request(0, raw, Buffer.from(`${node.id}${step} `));
        }
        // Some changes come while the one before is still being synchronised.
        await c.run(random.pick([20, 300, 1000, 2300, 2500, 3500]));
      }
      c.heal();
      for (const down of c.ids) if (c.alive(down) === undefined) c.start(down);
      await c.settled();
      await c.run(100);
      assert.equal(texts(c).length, 1, `seed ${seed}\n${texts(c).join('\n')}`);
    });
  }
});
