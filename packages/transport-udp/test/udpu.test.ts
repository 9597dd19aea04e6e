import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Member, type PacketBatch, type Slab, SlabPool } from '@coterie/sdk';
import { freePorts, packet, rejectsWith, TestNode, until } from './node.js';
import { overBothSockets } from './sockets.js';

overBothSockets('udpu', (_path, track) => {
  /** Opened nodes 1, 2, ... at these addresses, each with a port of its own. */
  async function ring(addresses: readonly string[], settings = {}): Promise<TestNode[]> {
    const members: Member[] = [];
    for (const [index, address] of addresses.entries()) {
      const [port] = await freePorts(address, 1);
      members.push({ nodeId: index + 1, address, port: port! });
    }
    const nodes = members.map((member) => new TestNode('udpu', member.nodeId, members, settings));
    track(...nodes);
    await Promise.all(nodes.map((node) => node.open()));
    return nodes;
  }

  it('brings broadcasts to every other member and a unicast to one', async () => {
    const [a, b, c] = (await ring(['127.0.0.1', '127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode, TestNode];
    a.broadcast(packet(1, 100), packet(2, 200));
    assert.ok(a.unicast(2, packet(3, 50)));
    a.transport.flush();
    await until(() => b.packets.length === 3 && c.packets.length === 2, 'three and two packets');
    assert.deepEqual(b.packets, [packet(1, 100), packet(2, 200), packet(3, 50)]);
    assert.deepEqual(c.packets, [packet(1, 100), packet(2, 200)]);
    assert.equal(a.packets.length, 0);
    assert.equal(a.counter('tx_packets'), 5);
    assert.equal(a.counter('tx_bytes'), 650);
    assert.equal(b.counter('rx_packets'), 3);
    assert.equal(b.counter('rx_bytes'), 350);
  });

  it('sends nothing before flush', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    a.broadcast(packet(1, 10));
    b.broadcast(packet(9, 10));
    b.transport.flush();
    await until(() => a.packets.length === 1, 'the packet of b');
    assert.equal(a.counter('tx_packets'), 0);
    assert.equal(b.packets.length, 0);
  });

  it('runs over several addresses of the loopback network', async () => {
    const nodes = await ring(['127.0.0.1', '127.0.0.2', '127.0.0.77']);
    for (const node of nodes) {
      node.broadcast(packet(node.nodeId, 40));
      node.transport.flush();
    }
    await until(() => nodes.every((node) => node.packets.length === 2), 'two packets each');
    assert.deepEqual(nodes[2]!.numbers.sort(), [1, 2]);
  });

  it('tells from which node a packet comes, unless its address is that of several', async () => {
    const [a, b, c] = (await ring(['127.0.0.1', '127.0.0.2', '127.0.0.2'])) as [TestNode, TestNode, TestNode];
    const senders: number[] = [];
    for (const node of [a, b])
      node.onBatch = (batch) => senders.push(...batch.senders!.subarray(0, batch.count));
    for (const [from, to] of [
      [c, a],
      [a, b],
    ] as const) {
      from.unicast(to.nodeId, packet(1, 40));
      from.transport.flush();
      await until(() => to.packets.length === 1, 'the packet');
    }
    assert.deepEqual(senders, [0, 1]);
  });

  it('runs over IPv6', async () => {
    const [a, b] = (await ring(['::1', '::1'])) as [TestNode, TestNode];
    a.broadcast(packet(1, 1400), packet(2, 1400), packet(3, 30_000));
    a.transport.flush();
    await until(() => b.packets.length === 3, 'three packets');
    assert.deepEqual(b.packets, [packet(1, 1400), packet(2, 1400), packet(3, 30_000)]);
    assert.equal(b.counter('rx_dropped.unlisted'), 0);
  });

  it('resolves names', async () => {
    const [a, b] = (await ring(['localhost', 'localhost'], { ipVersion: 'ipv4' })) as [TestNode, TestNode];
    assert.equal(a.link.address, '127.0.0.1');
    await until(() => a.unicast(2, packet(5, 20)), 'the address of b');
    a.transport.flush();
    await until(() => b.packets.length === 1, 'a packet');
  });

  // A flush has to fit into the receive buffer that an unprivileged process gets by default (208 KiB, and the
  // kernel counts about 700 bytes extra for each datagram): sender and receiver are the same process here.

  it('keeps the order of thousands of packets of mixed sizes', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const sizes = [1455, 1455, 1455, 1455, 700, 1455, 1455, 57, 57, 57, 4, 1500, 1500, 9000, 60_000, 100];
    const count = 2000;
    for (let number = 0; number < count; number++) {
      a.broadcast(packet(number, sizes[number % sizes.length]!));
      if (number % 20 !== 19) continue;
      a.transport.flush();
      await until(
        () => b.packets.length === number + 1,
        () => `${number + 1} packets, ${b.packets.length} came`,
      );
    }
    for (const [number, bytes] of b.packets.entries()) {
      const size = sizes[number % sizes.length]!;
      assert.ok(bytes.length === size && bytes.equals(packet(number, size)), `packet ${number}`);
    }
    assert.equal(a.counter('tx_packets'), count);
  });

  it('takes more packets than its queue holds before a flush', async () => {
    const nodes = await ring(Array<string>(9).fill('127.0.0.1'));
    const [a, ...others] = nodes as [TestNode, ...TestNode[]];
    for (let i = 0; i < 1200; i++) a.unicast(2 + (i % 8), packet(i, 64));
    a.transport.flush();
    await until(() => others.every((node) => node.packets.length === 150), '150 packets each');
    for (const [index, node] of others.entries()) {
      assert.deepEqual(
        node.numbers,
        Array.from({ length: 150 }, (_, i) => index + 8 * i),
      );
    }
  });

  it('sends a run of equal packets longer than a segmented message may be', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const packets = [
      ...Array.from({ length: 70 }, (_, i) => packet(i, 40)),
      ...Array.from({ length: 60 }, (_, i) => packet(70 + i, 1455)),
      packet(130, 9),
    ];
    a.broadcast(...packets);
    a.transport.flush();
    await until(() => b.packets.length === packets.length, 'all packets');
    assert.deepEqual(b.packets, packets);
  });

  it('carries empty datagrams and the largest, and counts what is larger', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    a.unicast(2, packet(1, 65_507), Buffer.alloc(0), Buffer.alloc(65_508), packet(2, 10));
    a.transport.flush();
    await until(() => b.packets.length === 3, 'three packets');
    assert.deepEqual(
      b.packets.map((bytes) => bytes.length),
      [65_507, 0, 10],
    );
    await until(() => a.counter('tx_dropped.too_long') === 1, 'the refusal');
  });

  it('never writes again to memory that somebody retains', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const kept: { slab: Slab; offset: number; length: number; number: number }[] = [];
    b.onBatch = (batch: PacketBatch) => {
      for (let i = 0; i < batch.count; i++) {
        const offset = batch.offsets[i]!;
        batch.slab.retain();
        const number = batch.slab.view.getUint32(offset, true);
        kept.push({ slab: batch.slab, offset, length: batch.lengths[i]!, number });
      }
    };
    for (let round = 0; round < 30; round++) {
      a.broadcast(...Array.from({ length: 50 }, (_, i) => packet(round * 50 + i, 1455)));
      a.transport.flush();
      await until(() => kept.length === (round + 1) * 50, 'all packets of the round');
    }
    assert.ok(new Set(kept.map(({ slab }) => slab)).size > 2, 'several slabs were needed');
    for (const { slab, offset, length, number } of kept) {
      assert.ok(
        packet(number, 1455).equals(slab.bytes.subarray(offset, offset + length)),
        `packet ${number}`,
      );
      slab.release();
    }
  });

  it('reuses memory that nobody retains', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const slabs = new Set<Slab>();
    b.onBatch = (batch) => slabs.add(batch.slab);
    for (let round = 1; round <= 60; round++) {
      a.broadcast(packet(round, 60_000));
      a.transport.flush();
      await until(() => b.packets.length === round, 'the packet');
    }
    assert.equal(slabs.size, 1);
  });

  it('gives slabs back when the packets have left', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const pool = new SlabPool(1000, 1);
    const slab = pool.take();
    a.transport.broadcast(slab, 0, 500);
    a.transport.broadcast(slab, 500, 500);
    a.transport.unicast(1, slab, 100, 10);
    slab.release();
    assert.notEqual(pool.take(), slab);
    a.transport.flush();
    await until(() => b.packets.length === 2 && a.packets.length === 1, 'the packets');
    await until(() => pool.take() === slab, 'the slab');
  });

  it('delivers to itself from the event loop, never from inside flush', async () => {
    const [a] = (await ring(['127.0.0.1'])) as [TestNode];
    assert.ok(a.unicast(1, packet(1, 57), packet(2, 57)));
    a.transport.flush();
    assert.equal(a.packets.length, 0);
    let rounds = 0;
    a.onBatch = () => {
      if (++rounds > 3) return;
      const seen = a.packets.length;
      a.unicast(1, packet(10 + rounds, 57));
      a.transport.flush();
      assert.equal(a.packets.length, seen);
    };
    await until(() => a.packets.length === 5, 'five packets');
    assert.deepEqual(a.numbers, [1, 2, 11, 12, 13]);
  });

  it('drops and counts what comes from an unlisted address', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    const port = b.member.port;
    const stranger = createSocket('udp4');
    stranger.bind({ address: '127.0.0.9', port: 0 });
    await once(stranger, 'listening');
    for (let i = 0; i < 10; i++) stranger.send(packet(i, 30), port, '127.0.0.1');
    await until(() => b.counter('rx_dropped.unlisted') === 10, 'ten drops');
    a.broadcast(packet(1, 30));
    a.transport.flush();
    await until(() => b.packets.length === 1, 'the packet of a');
    await until(() => b.logged.some((line) => line.includes('127.0.0.9')), 'a line in the log');
    await new Promise<void>((resolve) => stranger.close(resolve));
  });

  it('takes packets from anywhere if block_unlisted_ips is no', async () => {
    const [a] = (await ring(['127.0.0.1'], { blockUnlistedIps: false })) as [TestNode];
    const stranger = createSocket('udp4');
    stranger.bind({ address: '127.0.0.9', port: 0 });
    await once(stranger, 'listening');
    stranger.send(packet(7, 30), a.member.port, '127.0.0.1');
    await until(() => a.packets.length === 1, 'the packet');
    await new Promise<void>((resolve) => stranger.close(resolve));
  });

  it('follows changes of the nodelist', async () => {
    const [a, b, c] = (await ring(['127.0.0.1', '127.0.0.1', '127.0.0.3'])) as [TestNode, TestNode, TestNode];
    const members = [a, b, c].map((node) => node.member);
    a.transport.setMembers([members[0]!, members[2]!]);
    assert.equal(a.unicast(2, packet(1, 20)), false);
    a.broadcast(packet(2, 20));
    a.transport.flush();
    await until(() => c.packets.length === 1, 'the packet at c');
    a.broadcast(packet(3, 20));
    a.transport.setMembers([members[2]!, members[1]!, members[0]!]);
    assert.ok(a.unicast(2, packet(4, 20)));
    a.transport.flush();
    await until(() => c.packets.length === 2 && b.packets.length === 1, 'the packets at b and c');
    assert.deepEqual(b.numbers, [4]);
  });

  it('does not wait for a name that does not resolve, and says so', async () => {
    const name = `${'x'.repeat(64)}.invalid`;
    const [port] = await freePorts('127.0.0.1', 1);
    const node = new TestNode('udpu', 1, [
      { nodeId: 1, address: '127.0.0.1', port: port! },
      { nodeId: 2, address: name, port: 0 },
    ]);
    track(node);
    await node.open();
    assert.equal(node.unicast(2, packet(1, 20)), false);
    await until(() => node.logged.some((line) => line.includes(name)), 'a line in the log');
    await until(() => node.counter('tx_packets') === 0 && node.link.up, 'a working link');
    assert.equal(node.logged.filter((line) => line.includes(name)).length, 1);
  });

  it('says which port is taken', async () => {
    const [a] = (await ring(['127.0.0.1'])) as [TestNode];
    const again = new TestNode('udpu', 1, [a.member]);
    await rejectsWith(again.open(), 'COTERIE_E_UDP_PORT', new RegExp(`127\\.0\\.0\\.1:${a.member.port}`));
  });

  it('says that the own address is not on this machine', async () => {
    const node = new TestNode('udpu', 1, [{ nodeId: 1, address: '198.51.100.7', port: 0 }]);
    await rejectsWith(node.open(), 'COTERIE_E_UDP_ADDRESS', /198\.51\.100\.7/);
  });

  it('says that the own name does not resolve', async () => {
    const name = `${'y'.repeat(64)}.invalid`;
    const node = new TestNode('udpu', 1, [{ nodeId: 1, address: name, port: 0 }]);
    await rejectsWith(node.open(), 'COTERIE_E_UDP_RESOLVE', /yyyy/);
    const v6 = new TestNode('udpu', 1, [{ nodeId: 1, address: '127.0.0.1', port: 0 }], {
      ipVersion: 'ipv6',
    });
    await rejectsWith(v6.open(), 'COTERIE_E_UDP_RESOLVE', /ipv6/);
  });

  it('frees its port when it closes', async () => {
    const [a] = (await ring(['127.0.0.1'])) as [TestNode];
    await a.transport.close();
    a.broadcast(packet(1, 10));
    a.transport.flush();
    const again = new TestNode('udpu', 1, [a.member]);
    track(again);
    await again.open();
    assert.ok(again.link.up);
    assert.equal(a.link.up, false);
  });

  it('may be closed from inside a delivery', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    b.onBatch = () => void b.transport.close();
    a.broadcast(...Array.from({ length: 400 }, (_, i) => packet(i, 1455)));
    a.transport.flush();
    await until(() => b.batches === 1, 'a batch');
    a.broadcast(packet(1, 10));
    a.transport.flush();
    a.unicast(1, packet(2, 10));
    a.transport.flush();
    await until(() => a.packets.length === 1, 'a turn of the event loop');
    assert.equal(b.batches, 1);
  });
});
