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
  type FailurePolicy,
  type NodeId,
} from '@coterie/sdk';
import { cluster, type SimulatedCluster } from '@coterie/testkit';

const SERVICE = 2002;

/** A cluster of three with an engine that throws on node 2 when it hears of a bomb. */
async function started(onFailure: FailurePolicy) {
  @ServiceEngine({ name: 'fragile', service: SERVICE, onFailure })
  class Fragile {
    heard = '';
    readonly sync = replicate(raw, {
      snapshot: () => Buffer.from(this.heard),
      restore: (bytes) => (this.heard = Buffer.from(bytes).toString()),
    });

    constructor(@inject(Cluster) private readonly cluster: Cluster) {}

    @Request(0, raw, { oneWay: true })
    say(said: Uint8Array): void {
      this.cluster.multicast(0, raw, said);
    }

    @Delivery(0, raw)
    hear(said: Uint8Array): void {
      const text = Buffer.from(said).toString();
      if (text === 'bomb' && this.cluster.nodeId === 2) throw new Error('boom');
      this.heard += text;
    }
  }
  const c = cluster({
    nodes: 3,
    plugins: [{ name: 'fragile', plugin: definePlugin({ engines: [Fragile] }) }],
  });
  c.start();
  await c.settled();
  const say = (id: NodeId, text: string) => c.node(id).connect(SERVICE).request(0, raw, Buffer.from(text));
  const heard = (id: NodeId) => c.node(id).engine(Fragile).heard;
  return { c, say, heard };
}

const logged = (c: SimulatedCluster, id: NodeId, pattern: RegExp) =>
  c.node(id).log.some((line) => pattern.test(line));

describe('an engine that throws where others do not', () => {
  it('goes on, counted and logged, unless it says something else', async () => {
    const { c, say, heard } = await started('continue');
    say(1, 'bomb');
    say(1, '!');
    assert.ok(await c.runUntil(() => heard(2) === '!' && heard(3) === 'bomb!', 5000));
    assert.ok(logged(c, 2, /delivery 0 \(hear\) threw: Error: boom/));
  });

  it('stands aside if that is its policy, and everything else goes on', async () => {
    const { c, say, heard } = await started('disable');
    const client = c.node(2).connect(SERVICE);
    say(1, 'bomb');
    assert.ok(await c.runUntil(() => client.closed !== undefined, 5000));
    assert.match(client.closed!, /fragile stands aside: delivery 0 \(hear\) threw/);
    await c.settled();
    const { refused } = c.node(2).connect(SERVICE);
    assert.match(refused?.reason ?? '', /stands aside/);
    say(1, '!');
    assert.ok(await c.runUntil(() => [1, 3].every((id) => heard(id) === 'bomb!'), 5000));
    assert.equal(heard(2), '');
    // Started anew, it gets the state of the others.
    c.crash(2);
    await c.settled();
    c.start(2);
    await c.settled();
    assert.equal(heard(2), 'bomb!');
  });

  it('ends its daemon if that is its policy', async () => {
    const { c, say, heard } = await started('stop');
    say(1, 'bomb');
    assert.ok(await c.runUntil(() => c.alive(2) === undefined, 5000));
    await c.settled();
    say(1, '!');
    assert.ok(await c.runUntil(() => [1, 3].every((id) => heard(id) === 'bomb!'), 5000));
  });
});
