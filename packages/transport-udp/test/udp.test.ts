import assert from 'node:assert/strict';
import type { Member } from '@coterie/sdk';
import { freePorts, packet, rejectsWith, TestNode, until } from './node.js';
import { overBothSockets } from './sockets.js';

overBothSockets('udp', (path, track) => {
  /** Opened nodes 1, 2, ... at these addresses of one machine. IPv6 groups are not routed to the loopback interface: see netns.test.ts. */
  async function ring(addresses: readonly string[]): Promise<TestNode[]> {
    const [mcastport, ...ports] = (await freePorts(addresses[0]!, addresses.length + 1)) as [number];
    const members: Member[] = addresses.map((address, i) => ({ nodeId: i + 1, address, port: ports[i]! }));
    const settings = { clusterName: `test ${mcastport}`, interface: { mcastport } };
    const nodes = members.map((member) => new TestNode('udp', member.nodeId, members, settings));
    track(...nodes);
    await Promise.all(nodes.map((node) => node.open()));
    return nodes;
  }

  it('brings broadcasts to all others, once, and unicasts to one', async () => {
    const [a, b, c] = (await ring(['127.0.0.1', '127.0.0.2', '127.0.0.1'])) as [TestNode, TestNode, TestNode];
    a.broadcast(packet(1, 100), packet(2, 1455));
    assert.ok(a.unicast(2, packet(3, 57)));
    b.broadcast(packet(4, 20));
    a.transport.flush();
    b.transport.flush();
    await until(
      () => b.packets.length === 3 && c.packets.length === 3 && a.packets.length === 1,
      'all packets',
    );
    assert.deepEqual([...b.numbers].sort(), [1, 2, 3]);
    assert.deepEqual([...c.numbers].sort(), [1, 2, 4]);
    assert.deepEqual(a.numbers, [4]);
    assert.equal(a.counter('tx_packets'), 3);
    await until(() => a.counter('rx_dropped.own') === 2, 'the own copies');
  });

  it('keeps the order of broadcasts', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
    for (let round = 1; round <= 20; round++) {
      for (let i = 0; i < 50; i++) a.broadcast(packet((round - 1) * 50 + i, i % 7 === 0 ? 300 : 1455));
      a.transport.flush();
      await until(() => b.packets.length === round * 50, 'the packets of the round');
    }
    assert.deepEqual(b.numbers, [...Array(1000).keys()]);
  });

  it('keeps packets from unlisted addresses out', async () => {
    const [a, b] = (await ring(['127.0.0.1', '127.0.0.2'])) as [TestNode, TestNode];
    b.transport.setMembers([b.member]);
    a.broadcast(packet(1, 20));
    a.transport.flush();
    await until(() => b.counter('rx_dropped.unlisted') === 1, 'the drop');
    b.transport.setMembers(b.members);
    a.broadcast(packet(2, 20));
    a.transport.flush();
    await until(() => b.packets.length === 1, 'the packet');
    assert.deepEqual(b.numbers, [2]);
  });

  if (path === 'native') {
    it('reads the messages out at a token', async () => {
      const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
      let atToken = -1;
      let draining = false;
      b.onBatch = (batch) => {
        const isToken = batch.count === 1 && batch.lengths[0] === 57;
        if (!isToken || draining) return;
        draining = true;
        b.transport.drain();
        draining = false;
        atToken = b.packets.length;
      };
      for (let i = 0; i < 100; i++) a.broadcast(packet(i, 1455));
      a.unicast(2, packet(1000, 57));
      a.transport.flush();
      await until(() => b.packets.length === 101, 'all packets');
      assert.ok(atToken >= 100, `${atToken} messages were there after the token's drain`);
    });

    it('leaves a batch alone when its receiver drains', async () => {
      const [a, b] = (await ring(['127.0.0.1', '127.0.0.1'])) as [TestNode, TestNode];
      b.onBatch = () => b.transport.drain();
      for (let i = 0; i < 150; i++) a.broadcast(packet(i, 1000));
      a.transport.flush();
      await until(() => b.packets.length === 150, 'all packets');
      assert.deepEqual(b.numbers, [...Array(150).keys()]);
    });
  }

  it('names the port that is taken, and leaves none open', async () => {
    const [a] = (await ring(['127.0.0.1'])) as [TestNode];
    const again = new TestNode('udp', 1, [a.member]);
    await rejectsWith(again.open(), 'COTERIE_E_UDP_PORT', new RegExp(`127\\.0\\.0\\.1:${a.member.port - 1}`));
    const [mcastport] = await freePorts('127.0.0.1', 1);
    const settings = { interface: { mcastport: mcastport! } };
    const sends = { nodeId: 1, address: '127.0.0.1', port: a.member.port + 1 };
    const below = new TestNode('udp', 1, [sends], settings);
    await rejectsWith(below.open(), 'COTERIE_E_UDP_PORT', new RegExp(`127\\.0\\.0\\.1:${a.member.port}`));
    await a.transport.close();
    const free = new TestNode('udp', 1, [sends], settings);
    track(free);
    await free.open();
  });

  it('refuses a group that is none', async () => {
    const me = [{ nodeId: 1, address: '127.0.0.1', port: 0 }];
    const open = (settings: object) => new TestNode('udp', 1, me, settings).open();
    await rejectsWith(
      open({ interface: { mcastaddr: '192.0.2.1' } }),
      'COTERIE_E_UDP_MCASTADDR',
      /192\.0\.2\.1/,
    );
    await rejectsWith(open({ interface: { mcastaddr: 'ff15::1' } }), 'COTERIE_E_UDP_MCASTADDR', /IPv4/);
    await rejectsWith(open({ clusterName: '' }), 'COTERIE_E_UDP_MCASTADDR', /cluster_name/);
    const v6 = new TestNode('udp', 1, [{ nodeId: 1, address: '::1', port: 0 }], {
      interface: { broadcast: true },
    });
    await rejectsWith(v6.open(), 'COTERIE_E_UDP_MCASTADDR', /IPv4/);
  });
});
