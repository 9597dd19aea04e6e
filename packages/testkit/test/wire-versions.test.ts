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
import { cluster, type SimulatedClient, type SimulatedCluster, type SimulatedPlugin } from '@coterie/testkit';

const SERVICE = 2001;

/** Keeps all lines that were ever said, in order, with the version they were said in. */
@ServiceEngine({ name: 'lines', service: SERVICE })
class Lines {
  text = '';
  readonly sync = replicate(raw, {
    snapshot: () => Buffer.from(this.text),
    restore: (bytes) => (this.text = Buffer.from(bytes).toString()),
  });

  constructor(@inject(Cluster) protected readonly cluster: Cluster) {}

  @Request(0, raw, { flowControl: true, oneWay: true })
  say(said: Uint8Array): void {
    this.cluster.multicast(0, raw, said);
  }

  @Delivery(0, raw)
  hear(said: Uint8Array): void {
    this.text += `1:${Buffer.from(said).toString()}\n`;
  }
}

/** Its second version has a message that the first one does not know. */
@ServiceEngine({ name: 'lines', service: SERVICE })
class LinesToo extends Lines {
  constructor(@inject(Cluster) cluster: Cluster) {
    super(cluster);
  }

  override say(said: Uint8Array): void {
    this.cluster.multicast(this.cluster.wire === 2 ? 1 : 0, raw, said);
  }

  @Delivery(1, raw)
  hearToo(said: Uint8Array): void {
    this.text += `2:${Buffer.from(said).toString()}\n`;
  }
}

const first = { name: 'lines', plugin: definePlugin({ engines: [Lines] }) };
const both = { name: 'lines', plugin: definePlugin({ engines: [LinesToo] }), wire: { min: 1, max: 2 } };
const second = { ...both, wire: { min: 2, max: 2 } };

/** A cluster whose nodes have the versions that `installed` says when they start. */
async function started(installed: ReadonlyMap<NodeId, SimulatedPlugin>): Promise<SimulatedCluster> {
  const c = cluster({ nodes: installed.size, plugins: (id) => [installed.get(id)!] });
  c.start();
  await c.settled();
  return c;
}

function text(c: SimulatedCluster, id: NodeId): string {
  return (c.node(id).engine(Lines) ?? c.node(id).engine(LinesToo)).text;
}

async function connected(c: SimulatedCluster, id: NodeId): Promise<SimulatedClient> {
  const clients: SimulatedClient[] = [];
  const attempt = () => clients.push(c.node(id).connect(SERVICE)) > 0 && clients.at(-1)!.connected;
  assert.ok(await c.runUntil(attempt, 5000), clients[0]?.closed);
  return clients.at(-1)!;
}

const held = (c: SimulatedCluster, id: NodeId) =>
  c.node(id).executive.database.get('runtime.plugins.lines.held')?.value;

describe('versions of an engine’s messages', () => {
  it('are rolled from 1 to 2 across three nodes under load, and nothing that was said is lost', async () => {
    const installed = new Map<NodeId, SimulatedPlugin>([1, 2, 3].map((id) => [id, first]));
    const c = await started(installed);
    const said: string[] = [];
    const talk = async (ids: readonly NodeId[]) => {
      for (const id of ids) {
        const client = await connected(c, id);
        for (let i = 0; i < 20; i++) {
          said.push(`${id}.${said.length}`);
          client.request(0, raw, Buffer.from(said.at(-1)!));
          await c.run(3);
        }
      }
    };
    const heard = (id: NodeId) => text(c, id).split('\n').length - 1;
    await talk([1, 2, 3]);
    for (const id of [3, 1, 2]) {
      const others = [1, 2, 3].filter((other) => other !== id);
      assert.ok(await c.runUntil(() => heard(id) === said.length, 5000));
      c.leave(id);
      await talk(others);
      assert.ok(await c.runUntil(() => c.alive(id) === undefined, 5000));
      installed.set(id, both);
      c.start(id);
      await talk(others);
      await c.settled();
      await talk([1, 2, 3]);
    }
    assert.ok(await c.runUntil(() => [1, 2, 3].every((id) => heard(id) === said.length), 5000));
    assert.equal(new Set([1, 2, 3].map((id) => text(c, id))).size, 1);
    const lines = text(c, 1).trimEnd().split('\n');
    assert.deepEqual(lines.map((line) => line.slice(2)).sort(), [...said].sort());
    const versions = lines.map((line) => line[0]).join('');
    assert.match(versions, /^1+2+$/);
  });

  it('that do not fit hold the engine on the nodes concerned, and nothing else', async () => {
    const installed = new Map<NodeId, SimulatedPlugin>([
      [1, first],
      [2, first],
      [3, second],
    ]);
    const c = await started(installed);
    assert.deepEqual(
      [1, 2].map((id) => held(c, id)),
      [undefined, undefined],
    );
    assert.equal(held(c, 3), 'nodes 1 2 speak version 1 of its messages, this one 2 to 2');
    assert.ok(c.node(3).log.some((line) => /lines stands aside: nodes 1 2 speak version 1/.test(line)));
    assert.equal(c.node(3).connect(SERVICE).connected, false);
    c.node(1).connect(SERVICE).request(0, raw, Buffer.from('a'));
    assert.ok(await c.runUntil(() => text(c, 2) === '1:a\n', 5000));
    assert.equal(text(c, 3), '');

    for (const id of [1, 2]) {
      installed.set(id, both);
      c.leave(id);
      assert.ok(await c.runUntil(() => c.alive(id) === undefined, 5000));
      c.start(id);
      await c.settled();
    }
    assert.equal(held(c, 3), undefined);
    const client = await connected(c, 3);
    client.request(0, raw, Buffer.from('b'));
    assert.ok(await c.runUntil(() => [1, 2, 3].every((id) => text(c, id) === '1:a\n2:b\n'), 5000));
  });
});
