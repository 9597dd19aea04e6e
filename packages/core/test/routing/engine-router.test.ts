import assert from 'node:assert/strict';
import fc from 'fast-check';
import { engineIdentity, rest, struct, type Cluster, type Engine } from '@coterie/sdk';
import type { Deliver, Totem } from '@coterie/totem';
import { ClusterState } from '../../dist/routing/cluster-state.js';
import { EngineRouter } from '../../dist/routing/engine-router.js';
import { Guard, runningEngine } from '../../dist/routing/engine.js';
import { HandlerWatch } from '../../dist/observe/handler-watch.js';
import { Standing } from '../../dist/routing/standing.js';
import { ManualTime } from '../manual-time.js';
import { RecordedLog } from '../recorded-logs.js';
import { ClassicEngine, CounterEngine, Number32 } from './counter-engine.js';

class Setup {
  readonly log = new RecordedLog();
  readonly state = new ClusterState(7, undefined, (error) => assert.fail(String(error)));
  readonly shutdowns: string[] = [];
  readonly router = new EngineRouter(
    this.state,
    this.log,
    new HandlerWatch(new ManualTime(), () => Infinity),
    (reason) => this.shutdowns.push(reason),
  );
  readonly counter = new CounterEngine();
  readonly classic = new ClassicEngine();
  readonly failures = { value: 0 };
  readonly suspected: string[] = [];
  readonly standing = new Standing();
  readonly sent: { group: string; header: Buffer; tail: Uint8Array | undefined }[] = [];
  readonly groups = new Map<string, Deliver>();
  room = true;

  constructor() {
    this.add(this.counter);
    this.add(this.classic);
    const totem: Pick<Totem, 'join' | 'multicast' | 'room'> = {
      join: (group, deliver) => void this.groups.set(group, deliver),
      multicast: (group, header, tail) => {
        if (this.room) this.sent.push({ group, header: Buffer.from(header), tail });
        return this.room;
      },
      room: () => this.room,
    };
    this.router.connect(totem as Totem);
  }

  cluster(type: new () => object & Engine): Cluster {
    const identity = engineIdentity(type);
    assert.ok(identity);
    return this.router.cluster(identity, this.standing);
  }

  deliver(group: string, bytes: Uint8Array, from = 3): void {
    const memory = new Uint8Array(bytes.length + 10).fill(0xee);
    memory.set(bytes, 5);
    this.groups.get(group)?.(from, new DataView(memory.buffer), 5, bytes.length);
  }

  private add(engine: object & Engine): void {
    const identity = engineIdentity(engine.constructor as new () => object & Engine);
    assert.ok(identity);
    this.router.add(
      runningEngine(
        identity,
        engine,
        new Guard(this.log, this.failures, { value: 0 }, (where) => this.suspected.push(where)),
        this.standing,
      ),
    );
  }
}

function message(service: number, fn: number, value: number, size = 20): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(((service << 16) | fn) >>> 0, 0);
  bytes.writeUInt32LE(0xdeadbeef, 4);
  bytes.writeInt32LE(size, 8);
  bytes.writeUInt32LE(value, 16);
  return bytes;
}

describe('engine router', () => {
  it('hands a delivered message to the handler of its service and function', () => {
    const { counter, classic, ...setup } = withMethods();
    setup.deliver('coterie', message(1027, 0, 42));
    setup.deliver('a', message(2, 3, 43));
    assert.deepEqual(counter.delivered, [{ value: 42, from: 3 }]);
    assert.deepEqual(classic.delivered, [43]);
  });

  it('neither sends nor hands over anything for an engine that stands aside', () => {
    const setup = new Setup();
    const { counter } = setup;
    setup.standing.held = 'versions';
    setup.deliver('coterie', message(1027, 0, 42));
    assert.equal(setup.cluster(CounterEngine).multicast(0, Number32, { value: 5 }), false);
    assert.deepEqual([counter.delivered, setup.sent], [[], []]);
    assert.equal(setup.router.dropped.held, 1);
    setup.standing.held = undefined;
    setup.deliver('coterie', message(1027, 0, 43));
    assert.deepEqual(counter.delivered, [{ value: 43, from: 3 }]);
  });

  it('sends corosync’s services in their group and third parties’ in another one', () => {
    const setup = new Setup();
    assert.ok(setup.cluster(CounterEngine).multicast(0, Number32, { value: 5 }, Buffer.from('tail')));
    assert.ok(setup.cluster(ClassicEngine).multicast(3, Number32, { value: 6 }));
    const [foreign, classic] = setup.sent;
    assert.equal(foreign?.group, 'coterie');
    assert.equal(foreign.header.readUInt32LE(0), 1027 * 65536);
    assert.equal(foreign.header.readInt32LE(8), 24);
    assert.equal(foreign.header.length, 20);
    assert.equal(classic?.group, 'a');
    assert.equal(classic.header.readUInt32LE(0), 0x20003);
    assert.equal(classic.header.readInt32LE(8), 20);
  });

  it('says when there is no room, and counts only what was sent', () => {
    const setup = new Setup();
    setup.room = false;
    assert.equal(setup.cluster(CounterEngine).multicast(0, Number32, { value: 5 }), false);
    setup.room = true;
    assert.equal(setup.cluster(CounterEngine).multicast(0, Number32, { value: 5 }), true);
    const traffic = [...setup.router.traffic()].find(({ service, fn }) => service === 'counter' && fn === 0);
    assert.equal(traffic?.sent.value, 1);
  });

  it('sends large values and small ones after them', () => {
    const setup = new Setup();
    const cluster = setup.cluster(CounterEngine);
    const Blob = struct({ bytes: rest });
    for (const length of [10_000, 3, 100_000, 3]) {
      const bytes = Buffer.alloc(length, length & 0xff);
      assert.ok(cluster.multicast(1, Blob, { bytes }));
      const header = setup.sent.at(-1)?.header;
      assert.equal(header?.length, 16 + length);
      assert.equal(header.readInt32LE(8), 16 + length);
      assert.ok(header.subarray(16).equals(bytes));
    }
  });

  it('drops and counts what it cannot hand over, and goes on with what follows', () => {
    const { counter, router, ...setup } = withMethods();
    setup.deliver('a', Buffer.alloc(15));
    setup.deliver('a', message(2, 3, 1, 19));
    setup.deliver('a', message(2, 3, 1, 21));
    setup.deliver('a', message(2, 3, 1, -1));
    setup.deliver('a', message(64, 0, 1));
    setup.deliver('a', message(65535, 65535, 1));
    setup.deliver('a', message(2, 4, 1));
    setup.deliver('a', message(1027, 0, 1));
    setup.deliver('coterie', message(2, 3, 1));
    const short = message(1027, 0, 1, 17).subarray(0, 17);
    setup.deliver('coterie', short);
    assert.deepEqual(
      { ...router.dropped },
      { short: 1, size: 3, service: 4, function: 1, held: 0, malformed: 1 },
    );
    setup.deliver('coterie', message(1027, 0, 2));
    assert.deepEqual(counter.delivered, [{ value: 2, from: 3 }]);
  });

  it('keeps what a handler throws from the ring', () => {
    const { counter, failures, suspected, log, ...setup } = withMethods();
    setup.deliver('coterie', message(1027, 0, 13));
    setup.deliver('coterie', message(1027, 0, 14));
    assert.equal(failures.value, 1);
    assert.deepEqual(suspected, ['delivery 0 (onAdd)']);
    assert.deepEqual(counter.delivered, [{ value: 14, from: 3 }]);
    assert.ok(log.lines.some(({ level, message }) => level === 'error' && message.includes('thirteen')));
  });

  it('survives any bytes', () => {
    const setup = new Setup();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, sized) => {
        const message = Buffer.from(bytes);
        if (sized && message.length >= 12) message.writeInt32LE(message.length, 8);
        setup.deliver('a', message);
        setup.deliver('coterie', message);
      }),
    );
  });

  it('shows the engine the ring, and passes on its wish to stop', () => {
    const setup = new Setup();
    const cluster = setup.cluster(CounterEngine);
    assert.deepEqual(cluster.view, { ring: { representative: 7, sequence: 0 }, members: [7] });
    const heard: boolean[] = [];
    const end = cluster.onQuorum((quorate) => heard.push(quorate));
    setup.state.set(true);
    setup.state.set(false);
    end();
    setup.state.set(true);
    assert.deepEqual(heard, [false]);
    cluster.shutdown('enough');
    assert.deepEqual(setup.shutdowns, ['enough']);
  });
});

function withMethods() {
  const setup = new Setup();
  const { counter, classic, router, failures, suspected, log } = setup;
  return { counter, classic, router, failures, suspected, log, deliver: setup.deliver.bind(setup) };
}
