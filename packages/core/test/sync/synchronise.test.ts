import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeBarrier, encodeServices, encodeWire, decodeSync } from '../../dist/sync/messages.js';
import { Standing } from '../../dist/routing/standing.js';
import { agreeOnWire } from '../../dist/sync/wire.js';
import { OrderedRing } from './ordered-ring.js';

const CLASSIC = [0, 2, 3, 5];

function threeNodes(services: readonly (number | readonly [number, number])[] = CLASSIC): OrderedRing {
  const ring = new OrderedRing();
  for (const id of [1, 2, 3]) ring.node(id, services);
  return ring;
}

describe('synchronisation', () => {
  it('initialises every engine, then takes one after the other through process and activate', () => {
    const ring = threeNodes();
    ring.install([1, 2, 3]);
    ring.settle();
    for (const node of ring.nodes.values()) {
      const steps = CLASSIC.flatMap((service) => [`process ${service}`, `activate ${service}`]);
      assert.deepEqual(node.journal, [...CLASSIC.map((service) => `init ${service}`), ...steps, 'complete']);
      assert.equal(node.completedAt.length, 1);
    }
  });

  it('ends the round at the same message on every node', () => {
    const ring = new OrderedRing();
    ring.node(1, CLASSIC);
    ring.node(2, [0, [2, 4], 3]);
    ring.node(3, [0, 2, 3, 5, 1024, [1030, 3]]);
    ring.node(4, [0, 2, [1030, 2], 2000]);
    ring.install([1, 2, 3, 4]);
    ring.settle();
    const ends = [...ring.nodes.values()].map(({ completedAt }) => completedAt);
    assert.equal(new Set(ends.flat()).size, 1);
    assert.ok(ends.every((end) => end.length === 1));
  });

  it('works through the union of all services, doing only the barrier for those it does not have', () => {
    const ring = new OrderedRing();
    const few = ring.node(1, [2]);
    const many = ring.node(2, [2, 5, 7]);
    ring.install([1, 2]);
    ring.settle();
    assert.deepEqual(few.journal, ['init 2', 'process 2', 'activate 2', 'complete']);
    assert.deepEqual(many.engine(7).calls, ['init', 'process', 'activate']);
    const barriers = ring.history.filter(({ from, bytes }) => from === 1 && bytes[0] === 0);
    assert.equal(barriers.length, 3);
  });

  it('ends at once when nobody has anything to synchronise', () => {
    const ring = threeNodes([]);
    ring.install([1, 2, 3]);
    ring.settle();
    for (const node of ring.nodes.values()) assert.deepEqual(node.journal, ['complete']);
    assert.equal(ring.history.length, 3);
  });

  it('calls process at every token until it is done', () => {
    const ring = threeNodes([[2, 5]]);
    ring.install([1, 2, 3]);
    ring.settle();
    for (const node of ring.nodes.values()) {
      assert.equal(node.engine(2).calls.filter((call) => call === 'process').length, 5);
      assert.equal(node.completedAt.length, 1);
    }
  });

  it('counts nothing towards the synchronisation of a ring that has ended', () => {
    const ring = threeNodes([2]);
    ring.install([1, 2, 3]);
    const barriers = () => ring.history.filter(({ bytes }) => bytes[0] === 0).length;
    while (barriers() < 2) if (!ring.deliverOne()) ring.token();
    const id = { representative: 1, sequence: 4 };
    const lost = { kind: 'transitional', ring: id, members: [1, 2, 3], left: [], joined: [] } as const;
    for (const { sync } of ring.nodes.values()) sync.configuration(lost);
    ring.settle();
    assert.equal(barriers(), 3);
    for (const { journal } of ring.nodes.values())
      assert.deepEqual(journal, ['init 2', 'process 2', 'abort 2']);
  });

  it('tells engines who came along from the previous ring, as far as they are members', () => {
    const ring = threeNodes([2]);
    const id = ring.install([1, 2, 3], (node) => (node === 3 ? [] : [1, 2, 9]));
    assert.deepEqual(ring.nodes.get(1)?.engine(2).views, [
      { ring: id, members: [1, 2, 3], transitional: [1, 2] },
    ]);
    assert.deepEqual(ring.nodes.get(3)?.engine(2).views, [
      { ring: id, members: [1, 2, 3], transitional: [] },
    ]);
  });

  it('aborts, wherever the ring breaks, all engines that are not active yet, and starts again', () => {
    const whole = threeNodes();
    whole.install([1, 2, 3]);
    whole.settle();
    const last = whole.history.length;
    assert.equal(last, 15);

    for (let breaks = 0; breaks < last; breaks++) {
      const ring = threeNodes();
      ring.install([1, 2, 3]);
      for (let delivered = 0; delivered < breaks; delivered++) {
        for (let visits = 0; ring.queue.length === 0 && visits < 3; visits++) ring.token();
        ring.deliverOne();
      }
      const before = [...ring.nodes.values()].map((node) => node.journal.slice());
      ring.install([1, 2], () => [1, 2]);
      for (const [index, node] of [...ring.nodes.values()].slice(0, 2).entries()) {
        for (const engine of node.engines) {
          const active = before[index]?.includes(`activate ${engine.service}`) ?? false;
          assert.equal(engine.calls.includes('abort'), !active, `service ${engine.service}, break ${breaks}`);
        }
      }
      // What was sent and not delivered is delivered first on the next ring, as from corosync's transitional queue.
      ring.settle();
      for (const node of [...ring.nodes.values()].slice(0, 2)) {
        const round = node.journal.slice(node.journal.lastIndexOf('init 0'));
        assert.deepEqual(
          round.slice(0, 4),
          CLASSIC.map((service) => `init ${service}`),
        );
        assert.equal(round.at(-1), 'complete', `break ${breaks}`);
        assert.deepEqual(node.completedAt.length, 1);
      }
    }
  });

  it('ignores barriers and service lists of an earlier ring, in any phase', () => {
    const first = threeNodes();
    first.install([1, 2, 3]);
    first.settle();
    const old = first.history;

    for (let phase = 0; phase < old.length; phase++) {
      const ring = threeNodes();
      ring.install([1, 2, 3]);
      ring.install([1, 2, 3], () => [1, 2, 3]);
      for (let delivered = 0; delivered < phase; delivered++) {
        for (let visits = 0; ring.queue.length === 0 && visits < 3; visits++) ring.token();
        ring.deliverOne();
      }
      for (const message of old) ring.deliver(message);
      ring.settle();
      for (const node of ring.nodes.values()) {
        const round = node.journal.slice(node.journal.lastIndexOf('init 0'));
        const steps = CLASSIC.flatMap((service) => [`process ${service}`, `activate ${service}`]);
        assert.deepEqual(round, [...CLASSIC.map((service) => `init ${service}`), ...steps, 'complete']);
        assert.ok(node.sync.ignored.ring >= old.length);
      }
    }
  });

  it('counts one barrier of a member once, and none of a stranger', () => {
    const ring = threeNodes([2]);
    const id = ring.install([1, 2, 3]);
    while (ring.deliverOne());
    for (const from of [1, 1, 1, 7, 8, 9]) ring.deliver({ from, group: 'sync', bytes: encodeBarrier(id) });
    for (const node of ring.nodes.values()) {
      assert.ok(!node.journal.includes('activate 2'));
      assert.equal(node.sync.ignored.sender, 3);
    }
  });

  it('takes no service list any more once work has begun', () => {
    const ring = threeNodes([2]);
    const id = ring.install([1, 2, 3]);
    while (ring.deliverOne());
    ring.deliver({ from: 1, group: 'sync', bytes: encodeServices(id, [1, 2, 3, 4]) });
    ring.settle();
    for (const node of ring.nodes.values()) assert.equal(node.journal.at(-1), 'complete');
    assert.equal(ring.history.filter(({ bytes }) => bytes[0] === 0).length, 3);
  });

  it('waits for room in the send queue', () => {
    const ring = threeNodes();
    for (const node of ring.nodes.values()) node.full = 3;
    ring.install([1, 2, 3]);
    assert.equal(ring.queue.length, 0);
    ring.settle();
    for (const node of ring.nodes.values()) {
      assert.equal(node.journal.at(-1), 'complete');
      assert.equal(node.engine(0).calls.filter((call) => call === 'process').length, 1);
    }
  });

  it('goes on when an engine throws', () => {
    const ring = threeNodes([2, 3]);
    const node = ring.nodes.get(2);
    assert.ok(node);
    for (const call of ['init', 'process', 'activate'] as const) {
      node.engine(2)[call] = () => {
        throw new Error(`${call} is broken`);
      };
    }
    ring.install([1, 2, 3]);
    ring.settle();
    for (const { journal } of ring.nodes.values()) assert.equal(journal.at(-1), 'complete');
    assert.equal(node.failures.value, 3);
  });
});

describe('synchronisation of third parties’ services', () => {
  it('runs behind corosync’s, among those that have any, and shows others only a number they take for idle', () => {
    const ring = new OrderedRing();
    const plain = ring.node(1, CLASSIC);
    const one = ring.node(2, [...CLASSIC, 1027]);
    const two = ring.node(3, [...CLASSIC, 1027, [40000, 3]]);
    ring.install([1, 2, 3]);
    ring.settle();
    assert.deepEqual(one.engine(1027).calls, ['init', 'process', 'activate']);
    assert.deepEqual(two.engine(40000).calls, ['init', 'process', 'process', 'process', 'activate']);
    for (const { journal } of [one, two]) {
      assert.ok(journal.indexOf('activate 5') < journal.indexOf('process 1027'));
      assert.equal(journal.at(-1), 'complete');
    }
    assert.equal(plain.journal.at(-1), 'complete');
    const named = ring.history
      .filter(({ group }) => group === 'sync')
      .map(({ bytes }) => decodeSync(new DataView(bytes.buffer), 0, bytes.length))
      .flatMap((message) =>
        typeof message !== 'string' && message.kind === 'services' ? message.services : [],
      );
    assert.deepEqual(
      [...new Set(named)].sort((a, b) => a - b),
      [0, 2, 3, 5, 63],
    );
    assert.ok(ring.history.every(({ group, from }) => group === 'sync' || from !== 1));
  });

  it('is aborted with the rest', () => {
    const ring = new OrderedRing();
    const node = ring.node(1, [2, [1027, 100]]);
    ring.node(2, [2, 1027]);
    ring.install([1, 2]);
    ring.settle();
    assert.ok(node.journal.includes('process 1027'));
    ring.install([1], () => [1]);
    assert.equal(node.engine(1027).calls.at(-2), 'abort');
    assert.equal(node.engine(1027).calls.at(-1), 'init');
    assert.ok(!node.engine(2).calls.includes('abort'));
  });
});

describe('versions of messages', () => {
  const [V1, V1TO2, V2] = [
    { min: 1, max: 1 },
    { min: 1, max: 2 },
    { min: 2, max: 2 },
  ];

  it('are agreed on: the latest that all members speak', () => {
    const ring = new OrderedRing();
    const nodes = [V1TO2, V1, V1TO2].map((wire, i) => ring.node(i + 1, [1027], wire));
    ring.install([1, 2, 3]);
    ring.settle();
    assert.deepEqual(
      nodes.map(({ running }) => running[0]?.standing.wire),
      [1, 1, 1],
    );
    ring.install([1, 3], () => [1, 3]);
    ring.settle();
    assert.deepEqual(
      [1, 3].map((id) => ring.nodes.get(id)?.running[0]?.standing.wire),
      [2, 2],
    );
    for (const { journal } of nodes) assert.ok(!journal.includes('held 1027'));
  });

  it('hold the engine of a node that does not speak those of most, not the node', () => {
    const ring = new OrderedRing();
    const [one, two, three] = [
      ring.node(1, [2, 1027], V1),
      ring.node(2, [2, 1027], V2),
      ring.node(3, [2, 1027], V2),
    ];
    ring.install([1, 2, 3]);
    ring.settle();
    assert.deepEqual(one.engine(1027).calls, ['init', 'abort']);
    assert.deepEqual(one.engine(2).calls, ['init', 'process', 'activate']);
    assert.ok(one.journal.includes('held 1027'));
    assert.match(one.running[1]?.standing.held ?? '', /^nodes 2 3 speak version 2 .*, this one 1 to 1$/);
    for (const { journal } of [two, three]) assert.ok(journal.includes('activate 1027'));
    const ends = [one, two, three].flatMap(({ completedAt }) => completedAt);
    assert.deepEqual(ends, [ends[0], ends[0], ends[0]]);
  });

  it('let it take part again once they fit, as one that comes from nowhere', () => {
    const ring = new OrderedRing();
    const [one, two] = [ring.node(1, [1027], V1TO2), ring.node(2, [1027], V1)];
    ring.node(3, [1027], V2);
    ring.node(4, [1027], V2);
    for (const part of [
      [1, 2],
      [3, 4],
    ]) {
      ring.install(part);
      ring.settle();
    }
    const all = [1, 2, 3, 4];
    ring.install(all, (id) => (id < 3 ? [1, 2] : [3, 4]));
    ring.settle();
    assert.equal(two.journal.at(-1), 'complete');
    assert.ok(two.running[0]?.standing.held);
    const apart = ring.install([1, 2], () => [1, 2]);
    ring.settle();
    assert.equal(two.running[0]?.standing.held, undefined);
    assert.ok(two.journal.includes('back 1027'));
    // Node 2 missed what was said while it stood aside, and node 1 knows that.
    assert.deepEqual(one.engine(1027).views.at(-1), { ring: apart, members: [1, 2], transitional: [1] });
    assert.deepEqual(two.engine(1027).views.at(-1)?.transitional, []);
  });

  it('leave out an engine that is disabled', () => {
    const ring = threeNodes([1027, 1030]);
    const node = ring.nodes.get(2);
    node!.running[0]!.standing.disabled = true;
    ring.install([1, 2, 3]);
    ring.settle();
    assert.deepEqual(node!.engine(1027).calls, []);
    assert.deepEqual(node!.engine(1030).calls, ['init', 'process', 'activate']);
    assert.equal(node!.completedAt.length, 1);
  });

  it('leave it out of a round that it was started again in, and take it for a stranger in the next', () => {
    const ring = threeNodes([1027]);
    const [one, two] = [ring.nodes.get(1)!, ring.nodes.get(2)!];
    ring.install([1, 2, 3]);
    ring.settle();
    const again = ring.install([1, 2, 3], () => [1, 2, 3]);
    assert.deepEqual(one.engine(1027).views.at(-1)?.transitional, [1, 2, 3]);
    const [running] = two.running;
    two.sync.drop(running!);
    running!.standing = new Standing();
    running!.standing.held = 'it is started again';
    ring.settle();
    assert.deepEqual(two.engine(1027).calls.slice(-2), ['activate', 'init']);
    assert.deepEqual(one.engine(1027).views.at(-1), {
      ring: again,
      members: [1, 2, 3],
      transitional: [1, 2, 3],
    });
    assert.equal(running!.standing.held, 'it is started again');

    const next = ring.install([1, 2, 3], () => [1, 2, 3]);
    ring.settle();
    assert.deepEqual(two.engine(1027).views.at(-1), { ring: next, members: [1, 2, 3], transitional: [] });
    for (const id of [1, 3]) {
      const { calls, views } = ring.nodes.get(id)!.engine(1027);
      assert.deepEqual(views.at(-1), { ring: next, members: [1, 2, 3], transitional: [1, 3] });
      assert.deepEqual(calls.slice(-5), ['init', 'abort', 'init', 'process', 'activate']);
    }
    assert.deepEqual([running!.standing.held, running!.standing.active], [undefined, true]);
  });
});

describe('the agreement on a version', () => {
  const range = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }), fc.boolean())
    .map(([min, more, active]) => ({ min, max: min + more, active }));

  it('keeps what is at work, then has most speakers, the lowest node and the latest version', () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 8 }), (ranges) => {
        const offers = new Map(ranges.map((each, i) => [i + 1, each]));
        const claim = (version: number) => {
          const all = [...offers].filter(([, { min, max }]) => min <= version && version <= max);
          const active = all.filter(([, offer]) => offer.active).length;
          return [active, all.length, -(all[0]?.[0] ?? 99), version];
        };
        const { version, speakers } = agreeOnWire(offers);
        assert.deepEqual(
          speakers,
          [...offers].flatMap(([node, { min, max }]) => (min <= version && version <= max ? [node] : [])),
        );
        for (let other = 1; other <= 9; other++) {
          const [best, theirs] = [claim(version), claim(other)];
          const differ = best.findIndex((value, i) => value !== theirs[i]);
          assert.ok(differ === -1 || best[differ]! > theirs[differ]!, `${other} rather than ${version}`);
        }
      }),
    );
  });
});

describe('messages of synchronisation', () => {
  const ring = { representative: 0x01020304, sequence: 0x1_0000_0007 };

  it('have corosync’s layout', () => {
    const barrier = Buffer.from(encodeBarrier(ring));
    assert.equal(barrier.length, 32);
    assert.equal(barrier.readInt32LE(0), 0);
    assert.equal(barrier.readInt32LE(8), 32);
    assert.equal(barrier.readUInt32LE(16), 0x01020304);
    assert.equal(barrier.readBigUInt64LE(20), 0x1_0000_0007n);
    const build = Buffer.from(encodeServices(ring, CLASSIC));
    assert.equal(build.length, 552);
    assert.equal(build.readInt32LE(0), 1);
    assert.equal(build.readUInt32LE(32), 4);
    assert.deepEqual(
      [40, 44, 48, 52].map((at) => build.readInt32LE(at)),
      CLASSIC,
    );
  });

  it('are read as they were written', () => {
    const services = encodeServices(ring, [0, 63]);
    assert.deepEqual(decodeSync(new DataView(services.buffer), 0, services.length), {
      kind: 'services',
      ring,
      services: [0, 63],
    });
  });

  it('carry the versions of services', () => {
    const offers = new Map([
      [70, { min: 1, max: 1, active: true }],
      [65535, { min: 2, max: 255, active: false }],
    ]);
    const bytes = encodeWire(ring, offers);
    const decode = () => decodeSync(new DataView(bytes.buffer), 0, bytes.length);
    assert.deepEqual(decode(), { kind: 'wire', ring, offers });
    bytes[44] = 3;
    assert.equal(decode(), 'versions 3 to 1');
    bytes[32] = 3;
    assert.equal(decode(), '3 versions');
  });

  it('that are malformed are refused, never read beyond their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(2), (bytes, kind) => {
        if (kind > 0 && bytes.length > 0) bytes[0] = kind;
        const decoded = decodeSync(
          new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
          0,
          bytes.length,
        );
        assert.ok(
          typeof decoded === 'string' ||
            decoded.kind === 'barrier' ||
            (decoded.kind === 'wire' ? decoded.offers.size <= 1024 : decoded.services.length <= 128),
        );
      }),
    );
    const long = encodeServices(ring, []);
    new DataView(long.buffer).setUint32(32, 129, true);
    assert.equal(decodeSync(new DataView(long.buffer), 0, long.length), '129 services');
  });
});
