import assert from 'node:assert/strict';
import { CsError, requestHandlers, value, type ConfigurationFile } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { ObjectClient, type ConfdbObject, type ObjectChange } from '../dist/objects-client.js';
import { ObjectsEngine } from '../dist/objects.js';
import { ReplicatedMap } from '../dist/replicated-map.js';
import { Daemon, type Served } from './daemon.js';
import { FakeDatabase, type FakeClient } from './ports.js';

/** The engine of objects on fake ports. */
class ObjectsNode implements Served {
  readonly nodeId = 1;
  readonly database = new FakeDatabase();
  errors: string[] = [];
  readonly engine = new ObjectsEngine(this.database, new ReplicatedMap(this.database), {
    reload: () => Promise.resolve({ errors: this.errors }),
  } as unknown as ConfigurationFile);

  rawRequest(client: FakeClient, id: number, body: DataView): boolean {
    const handler = requestHandlers(ObjectsEngine).find((each) => each.id === id);
    const decoded = handler?.codec.decode(body, 0, body.byteLength);
    if (handler === undefined || !decoded?.ok) return false;
    const engine = this.engine as unknown as Record<
      string | symbol,
      (word: unknown, client: FakeClient) => void
    >;
    engine[handler.method]!(decoded.value, client);
    return true;
  }
}

const refused = (error: unknown) => error instanceof ServiceError && error.csError === CsError.ACCESS;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function take(changes: AsyncGenerator<ObjectChange, void>, count: number): Promise<ObjectChange[]> {
  const list: ObjectChange[] = [];
  while (list.length < count) list.push((await changes.next()).value as ObjectChange);
  return list;
}

describe('ObjectClient', () => {
  let node: ObjectsNode;
  let daemon: Daemon;
  let objects: ObjectClient;

  beforeEach(async () => {
    node = new ObjectsNode();
    for (const [name, id] of [
      ['alpha', 1],
      ['beta', 2],
    ] as const) {
      node.database.set(`nodelist.node.${id - 1}.name`, value.string(name));
      node.database.set(`nodelist.node.${id - 1}.nodeid`, value.u32(id));
    }
    node.database.set('totem.token', value.u32(1000));
    daemon = await Daemon.start(node);
    objects = await ObjectClient.connect({ runDir: daemon.runDir });
  });

  afterEach(async () => {
    await objects.close();
    await daemon[Symbol.asyncDispose]();
  });

  const find = async (above: ConfdbObject, name: string): Promise<ConfdbObject> => {
    const [found] = await all(above.find(name));
    assert.ok(found);
    return found;
  };

  it('finds objects, those above them and their keys', async () => {
    const names = (await all(objects.root.objects())).map(({ name }) => name);
    assert.deepEqual(names, ['nodelist', 'totem']);
    const list = await find(objects.root, 'nodelist');
    const nodes = await all(list.find('node'));
    assert.equal(nodes.length, 2);
    assert.deepEqual(await Promise.all(nodes.map((each) => each.get('name'))), [
      value.string('alpha'),
      value.string('beta'),
    ]);
    assert.deepEqual(await all(nodes[1]!.keys()), [
      { name: 'name', value: value.string('beta') },
      { name: 'nodeid', value: value.u32(2) },
    ]);
    const parent = await nodes[0]!.parent();
    assert.deepEqual([parent.handle, parent.name], [list.handle, 'nodelist']);
    assert.equal((await list.parent()).handle, objects.root.handle);
    assert.deepEqual(await all(objects.root.find('none')), []);
    assert.equal(await nodes[0]!.get('none'), undefined);
  });

  it('leaves no search behind', async () => {
    for (let i = 0; i < 100; i++) for await (const { name } of objects.root.objects()) if (name !== '') break;
    assert.equal((await all(objects.root.objects())).length, 2);
  });

  it('creates, changes and destroys', async () => {
    const app = await objects.root.create('app');
    const second = await objects.root.create('app');
    await app.set('colour', value.string('green'));
    await second.set('count', value.u8(5));
    assert.deepEqual(node.database.get('app.colour'), value.string('green'));
    assert.deepEqual(node.database.get('app.0.count'), value.u8(5));
    assert.equal(await second.increment('count'), 6);
    assert.equal(await second.decrement('count'), 5);
    await app.delete('colour');
    await assert.rejects(app.delete('colour'), refused);
    await assert.rejects(app.create('a.b'), refused);
    await assert.rejects(app.increment('colour'), refused);
    await second.destroy();
    assert.equal(node.database.get('app.0.count'), undefined);
    await assert.rejects(second.set('count', value.u8(1)), refused);
    await assert.rejects(second.parent(), refused);
    await assert.rejects(objects.root.destroy(), refused);
    node.database.protect('totem.token');
    await assert.rejects((await find(objects.root, 'totem')).destroy(), refused);
  });

  it('tells what happens to an object, or to all below it', async () => {
    const before = node.database.trackers.size;
    const app = await objects.root.create('app');
    const own = await app.track();
    const deep = await objects.root.track({ recursive: true });
    await app.set('colour', value.string('green'));
    await app.set('colour', value.string('red'));
    await app.delete('colour');
    const part = await app.create('part');
    await part.set('size', value.u16(3));
    await part.destroy();
    const seen = (await take(own, 5)).map((change) =>
      'key' in change ? [change.kind, change.object.handle, change.key, change.value.value] : [change.kind],
    );
    assert.deepEqual(seen, [
      ['add', app.handle, 'colour', 'green'],
      ['modify', app.handle, 'colour', 'red'],
      ['delete', app.handle, 'colour', 'red'],
      ['created'],
      ['destroyed'],
    ]);
    const below = await take(deep, 7);
    assert.deepEqual(
      below.map(({ kind }) => kind),
      ['add', 'modify', 'delete', 'created', 'add', 'delete', 'destroyed'],
    );
    assert.ok(below[3]?.kind === 'created' && below[3].object.handle === part.handle);
    assert.ok(below[4]?.kind === 'add' && below[4].object.name === 'part');
    assert.deepEqual(below[4].value, value.u16(3));
    assert.deepEqual(below[6], { kind: 'destroyed', parent: app.handle, name: 'part' });
    await own.return();
    await deep.return();
    // The daemon hears of the end of a connection a little later.
    while (node.database.trackers.size !== before) await objects.root.get('none');
  });

  it('stops telling when it is told to, and refuses to track what is not there', async () => {
    const app = await objects.root.create('app');
    const abort = new AbortController();
    const changes = await app.track({ signal: abort.signal });
    const next = changes.next();
    abort.abort(new Error('enough'));
    await assert.rejects(next, /enough/);
    await app.destroy();
    await assert.rejects(app.track(), refused);
  });

  it('has the configuration read again, and tells those who track the root', async () => {
    const changes = await objects.root.track();
    await objects.reload();
    node.errors = ['a mistake'];
    await assert.rejects(objects.reload(), refused);
    node.database.set('config.reload_in_progress', value.u8(1));
    node.database.set('config.reload_status', value.i32(CsError.OK));
    node.database.set('config.reload_in_progress', value.u8(0));
    const phases = (await take(changes, 3)).flatMap((each) => (each.kind === 'reload' ? [each.phase] : []));
    assert.deepEqual(phases, ['start', 'end']);
    await changes.return();
  });
});
