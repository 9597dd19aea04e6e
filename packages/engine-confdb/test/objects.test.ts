import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CsError, requestHandlers, value } from '@coterie/sdk';
import { ObjectTree } from '../dist/object-tree.js';
import { ObjectsEngine } from '../dist/objects.js';
import { ROOT } from '../dist/objects-wire.js';
import { ReplicatedMap } from '../dist/replicated-map.js';
import { FakeClient, FakeDatabase } from './ports.js';

function treeOf(...keys: string[]): { tree: ObjectTree; database: FakeDatabase } {
  const database = new FakeDatabase();
  for (const key of keys) database.set(key, value.u8(1));
  return { tree: new ObjectTree(database), database };
}

function paths(tree: ObjectTree, handle: bigint): string[] {
  return tree.children(tree.find(handle)!).map(({ path }) => path);
}

describe('The tree of objects', () => {
  it('is made of keys; a number in the middle tells objects of one name apart', () => {
    const { tree } = treeOf(
      ...['totem.token', 'totem.interface.0.port', 'nodelist.node.10.name', 'nodelist.node.9.name'],
      ...['nodelist.local_node_pos', 'uidgid.uid.1000'],
    );
    assert.deepEqual(paths(tree, ROOT), ['nodelist', 'totem', 'uidgid']);
    const [nodelist, totem, uidgid] = tree.children(tree.find(ROOT)!);
    assert.deepEqual(paths(tree, nodelist!.handle), ['nodelist.node.9', 'nodelist.node.10']);
    assert.deepEqual(tree.keys(nodelist!), ['local_node_pos']);
    const [link] = tree.children(totem!);
    assert.deepEqual([link!.name, link!.path, tree.parent(link!)], ['interface', 'totem.interface.0', totem]);
    const [uid] = tree.children(uidgid!);
    assert.deepEqual([uid!.path, tree.keys(uid!), tree.children(uid!)], ['uidgid.uid', ['1000'], []]);
  });

  it('has objects as long as keys are below them, created ones until they are forgotten', () => {
    const { tree, database } = treeOf('app.key');
    const root = tree.find(ROOT)!;
    const [implied] = tree.children(root);
    const second = tree.create(root, 'app')!;
    assert.equal(second.path, 'app.0');
    database.delete('app.key');
    assert.equal(tree.find(implied!.handle), undefined);
    assert.equal(tree.find(second.handle), second);
    assert.deepEqual(paths(tree, ROOT), ['app.0']);
    assert.equal(tree.forget(second), true);
    assert.equal(tree.find(second.handle), undefined);
    database.set('app.0.key', value.u8(1));
    assert.notEqual(tree.children(root)[0]!.handle, second.handle);
  });

  it('refuses names that no part of a key can be', () => {
    const { tree } = treeOf();
    const root = tree.find(ROOT)!;
    for (const name of ['', 'a.b', 'a b', '7', 'x'.repeat(254)]) {
      assert.equal(tree.create(root, name), undefined, name);
    }
    let count = 0;
    while (tree.create(root, `object-${count}`)) count++;
    assert.equal(count, 4096);
  });
});

describe('confdb', () => {
  it('survives any bytes: each request is answered once or refused', () => {
    const handlers = requestHandlers(ObjectsEngine).filter(({ method }) => method !== 'reload');
    const request = fc.record({
      pick: fc.nat(),
      root: fc.boolean(),
      body: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const database = new FakeDatabase();
        database.set('app.key', value.u8(1));
        const engine = new ObjectsEngine(database, new ReplicatedMap(database), undefined);
        const client = new FakeClient();
        engine.onConnect(client);
        for (const { pick, root, body } of requests) {
          const { codec, method } = handlers[pick % handlers.length]!;
          const view = new DataView(body.buffer, body.byteOffset, body.length);
          if (root && body.length >= 8) view.setBigUint64(0, ROOT, true);
          const decoded = codec.decode(view, 0, view.byteLength);
          if (!decoded.ok) continue;
          const handle = engine as unknown as Record<
            string | symbol,
            (word: unknown, client: FakeClient) => void
          >;
          handle[method]!(decoded.value, client);
          assert.equal(client.take().filter(({ kind }) => kind === 'response').length, 1, String(method));
        }
        engine.onDisconnect(client);
        assert.equal(database.trackers.size, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('answers a reload without a file', () => {
    const database = new FakeDatabase();
    const engine = new ObjectsEngine(database, new ReplicatedMap(database), undefined);
    const client = new FakeClient();
    engine.reload(undefined, client);
    assert.equal(client.answer().error, CsError.ACCESS);
  });
});
