import { strict as assert } from 'node:assert';
import { CoterieError, CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { CpgClient, type Group, type GroupEvent } from '../dist/client/index.js';
import { Assembly } from '../dist/client/assembly.js';
import { MAX_MESSAGE } from '../dist/client-messages.js';
import { SimulatedRing } from './simulated-ring.js';
import { TestDaemon } from './test-daemon.js';

const text = (data: Uint8Array) => Buffer.from(data).toString();
const answered = (code: CsError) => (error: unknown) =>
  error instanceof ServiceError && error.csError === code;

/** Events up to and including the first that `last` is true for. */
async function until(group: Group, last: (event: GroupEvent) => boolean): Promise<GroupEvent[]> {
  const events: GroupEvent[] = [];
  for await (const event of group) {
    events.push(event);
    if (last(event)) return events;
  }
  return assert.fail(`the events ended after ${events.length}`);
}

/** Waits for what the event loop brings; the test's own deadline is mocha's. */
async function soon(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const delivery = (content: string) => (event: GroupEvent) =>
  event.type === 'deliver' && text(event.data) === content;

describe('CpgClient', () => {
  let ring: SimulatedRing;
  let daemons: TestDaemon[];
  let one: CpgClient;
  let two: CpgClient;

  beforeEach(async () => {
    ring = new SimulatedRing(1, 2);
    daemons = [await TestDaemon.start(ring, 1), await TestDaemon.start(ring, 2)];
    [one, two] = await Promise.all([
      CpgClient.connect({ path: daemons[0]!.path }),
      CpgClient.connect({ path: daemons[1]!.path }),
    ]);
  });

  afterEach(async () => {
    await Promise.all([one.close(), two.close()]);
    await Promise.all(daemons.map((daemon) => daemon.stop()));
  });

  it('joins, sends, receives and leaves', async () => {
    const a = await one.join('g', { pid: 10 });
    const b = await two.join('g', { pid: 20 });
    assert.deepEqual(a.self, { nodeId: 1, pid: 10 });
    assert.deepEqual(b.members, [a.self, b.self]);
    void a.send(Buffer.from('hello'));
    void b.send(new Uint8Array(0));
    const heard = await until(b, delivery(''));
    assert.deepEqual(
      heard.map(({ type }) => type),
      ['configuration', 'ring', 'deliver', 'deliver'],
    );
    assert.deepEqual(heard[0], {
      type: 'configuration',
      members: [a.self, b.self],
      joined: [{ ...b.self, reason: 'join' }],
      left: [],
    });
    assert.deepEqual(heard[1], { type: 'ring', ring: { representative: 1, sequence: 4 }, members: [1, 2] });
    assert.deepEqual(heard[2]?.type === 'deliver' && [heard[2].from, text(heard[2].data)], [a.self, 'hello']);

    await b.leave();
    assert.throws(() => b.send(Buffer.from('x')), answered(CsError.NOT_EXIST));
    await assert.rejects(b.leave(), answered(CsError.NOT_EXIST));
    const rest: GroupEvent[] = [];
    for await (const event of b) rest.push(event);
    const left = { members: [a.self], joined: [], left: [{ ...b.self, reason: 'leave' }] };
    assert.deepEqual(rest, [{ type: 'configuration', ...left }]);
    assert.equal(await b.closed, undefined);
    await until(a, (event) => event.type === 'configuration' && event.left.length === 1);
    assert.deepEqual(a.members, [a.self]);
  });

  it('calls back instead, where that was asked for', async () => {
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      void one
        .join('g', {
          pid: 1,
          onDeliver: (data, { nodeId, pid }) => {
            seen.push(`${text(data)} of ${nodeId}:${pid}`);
            resolve();
          },
          onConfiguration: ({ joined }) => seen.push(`joined ${joined.length}`),
          onRing: ({ members }) => seen.push(`ring ${members.join()}`),
        })
        .then((group) => {
          assert.throws(() => group[Symbol.asyncIterator](), TypeError);
          void group.send(Buffer.from('x'));
        });
    });
    await done;
    assert.deepEqual(seen, ['joined 1', 'ring 1,2', 'x of 1:1']);
  });

  it('keeps the order of long and short messages, and puts long ones together', async () => {
    const [a, b] = [await one.join('g', { pid: 1 }), await two.join('g', { pid: 2 })];
    const long = Buffer.alloc(2 * MAX_MESSAGE + 5, 'abcdefg');
    void a.send(Buffer.from('first'));
    for (const data of [long, Buffer.from('second'), long, Buffer.from('last')]) void a.send(data);
    const data = (await until(b, delivery('last'))).flatMap((event) =>
      event.type === 'deliver' ? [event.data] : [],
    );
    assert.deepEqual(
      data.map(({ length }) => length),
      [5, long.length, 6, long.length, 4],
    );
    assert.ok(long.equals(data[1]!));
    assert.ok(long.equals(data[3]!));
  });

  it('sends a long message again that a change of the group interrupted', async () => {
    const a = await one.join('g', { pid: 1 });
    const node = ring.node(1);
    const sent = node.sent.length;
    const sending = a.send(Buffer.alloc(8 * MAX_MESSAGE, 'abcdefg'));
    await soon(() => node.sent.length > sent);
    const joiner = ring.node(2).connect();
    assert.equal(ring.node(2).join(joiner, 'g', 2), CsError.OK);
    daemons[0]!.turn();
    await sending;
    daemons[0]!.turn();
    const pieces = () => joiner.heard.flatMap((event) => (event.type === 'partial' ? [event] : []));
    await soon(() => pieces().at(-1)?.fragment === 3);
    const again = pieces().findIndex(({ fragment }) => fragment === 1);
    assert.ok(node.sent.length - sent > 8);
    assert.equal(pieces().slice(again).length, 8);
  });

  it('tells who is in which group', async () => {
    await one.join('g', { pid: 1 });
    await two.join('g', { pid: 2 });
    await two.join('Gruppe Ω', { pid: 2 });
    assert.deepEqual(await one.membership('g'), [
      { nodeId: 1, pid: 1 },
      { nodeId: 2, pid: 2 },
    ]);
    assert.deepEqual(await one.membership('none'), []);
    const all: unknown[] = [];
    for await (const item of one.groups()) all.push(item);
    assert.deepEqual(all, [
      { group: 'g', nodeId: 1, pid: 1 },
      { group: 'g', nodeId: 2, pid: 2 },
      { group: 'Gruppe Ω', nodeId: 2, pid: 2 },
    ]);
    for await (const item of one.groups()) {
      assert.equal(item.group, 'g');
      break;
    }
    assert.equal(one.nodeId, 1);
  });

  it('refuses a second membership, and waits for the end of the previous one', async () => {
    const a = await one.join('g', { pid: 1 });
    await assert.rejects(one.join('g', { pid: 1 }), answered(CsError.EXIST));
    await a[Symbol.asyncDispose]();
    const again = await one.join('g', { pid: 1 });
    assert.deepEqual(again.members, [again.self]);
    await assert.rejects(one.join('x'.repeat(129)), answered(CsError.NAME_TOO_LONG));
  });

  it('gives up joining when told to', async () => {
    const node = ring.node(1);
    // The ring stands still: the join is accepted and never delivered.
    daemons[0]!.turn = () => {};
    const aborter = new AbortController();
    const joining = one.join('g', { pid: 1, signal: aborter.signal });
    await soon(() => node.busy);
    aborter.abort(new Error('enough'));
    await assert.rejects(joining, /enough/);
    const before = AbortSignal.abort(new Error('never'));
    await assert.rejects(one.join('g', { signal: before }), /never/);
  });

  it('ends the iteration with the reason when the daemon is gone', async () => {
    const a = await one.join('g', { pid: 1 });
    const reading = assert.rejects(
      until(a, () => false),
      (error) => error instanceof CoterieError && error.code === 'COTERIE_E_CLIENT_LOST',
    );
    await daemons.shift()!.stop();
    await reading;
    assert.equal((await a.closed)?.code, 'COTERIE_E_CLIENT_LOST');
    await a[Symbol.asyncDispose]();
  });

  it('leaves with its scope, and shows process-down when it cannot', async () => {
    const watcher = await two.join('g', { pid: 9 });
    const gone = (reason: string) => (event: GroupEvent) =>
      event.type === 'configuration' && event.left.some((process) => process.reason === reason);
    {
      await using _ = await one.join('g', { pid: 1 });
    }
    await until(watcher, gone('leave'));
    await one.join('g', { pid: 2 });
    await daemons.shift()!.stop();
    await until(watcher, gone('process-down'));
    assert.deepEqual(watcher.members, [watcher.self]);
  });
});

describe('the assembly of long messages', () => {
  const piece = (type: number, content: string, total = 6, pid = 1) => ({
    nodeId: 1,
    pid,
    type,
    total,
    data: Buffer.from(content),
  });

  it('goes by sender', () => {
    const assembly = new Assembly();
    assert.equal(assembly.add(piece(1, 'ab')), undefined);
    assert.equal(assembly.add(piece(1, 'xyz', 6, 2)), undefined);
    assert.equal(assembly.add(piece(2, 'cd')), undefined);
    assert.equal(text(assembly.add(piece(3, 'uvw', 6, 2))!), 'xyzuvw');
    assert.equal(text(assembly.add(piece(3, 'ef'))!), 'abcdef');
  });

  it('gives nothing for what does not fit together', () => {
    const assembly = new Assembly();
    assert.equal(assembly.add(piece(3, 'abcdef')), undefined);
    assembly.add(piece(1, 'abcd'));
    assert.equal(assembly.add(piece(3, 'e')), undefined);
    assembly.add(piece(1, 'abcd'));
    assert.equal(assembly.add(piece(2, 'efgh')), undefined);
    assert.equal(assembly.add(piece(3, 'ef')), undefined);
    assembly.add(piece(1, 'abcd'));
    assembly.drop({ nodeId: 1, pid: 1 });
    assert.equal(assembly.add(piece(3, 'ef')), undefined);
    assembly.add(piece(1, 'lost'));
    assembly.add(piece(1, 'ab'));
    assert.equal(text(assembly.add(piece(3, 'cdef'))!), 'abcdef');
  });
});
