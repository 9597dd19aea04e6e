import assert from 'node:assert/strict';
import { value, type LinkStatus, type Transport } from '@coterie/sdk';
import type { Totem } from '@coterie/totem';
import { MemoryDatabase } from '../../dist/database/database.js';
import { CounterRegistry } from '../../dist/observe/counters.js';
import { Statistics } from '../../dist/observe/statistics.js';
import type { EngineRouter } from '../../dist/routing/engine-router.js';
import { ManualTime } from '../manual-time.js';

/** The daemon's counters, in the hands of the test. */
class Daemon {
  readonly database = new MemoryDatabase((error) => assert.fail(String(error)));
  readonly time = new ManualTime();
  readonly ring = new Map([
    ['srp.mcast_tx', 10],
    ['srp.continuous_gather', 3],
    ['pg.msg_reserved', 4],
  ]);
  readonly transport = new Map([['tx_packets', 20]]);
  links: LinkStatus[] = [];
  readonly counters = new CounterRegistry();
  readonly connections = { closings: 30, refreshed: 0, cleared: 0 };
  stallsCleared = 0;
  readonly statistics = new Statistics(this.time, {
    database: this.database,
    totem: { counters: () => this.ring } as unknown as Totem,
    transport: { counters: () => this.transport, links: () => this.links } as unknown as Transport,
    router: { dropped: { size: 40 }, traffic: () => [] } as unknown as EngineRouter,
    counters: this.counters,
    clients: () => 2,
    connections: {
      closings: this.connections.closings,
      refresh: () => void this.connections.refreshed++,
      clear: () => void this.connections.cleared++,
    },
    stalls: { clear: () => void this.stallsCleared++ },
  });

  constructor() {
    this.counters.at('stats.cpg.mcast_refused').value = 50;
    this.statistics.start();
  }

  get(key: string): unknown {
    return this.database.get(`stats.${key}`)?.value;
  }

  clear(what: string): void {
    this.database.set(`stats.clear.${what}`, value.u8(1));
    assert.equal(this.database.get(`stats.clear.${what}`), undefined, 'the key itself is not kept');
  }

  /** What is shown of one counter each of ring, transport, connections, dropped messages and an engine. */
  get shown(): readonly unknown[] {
    const keys = ['srp.mcast_tx', 'transport.tx_packets', 'ipcs.global.closed'];
    return [...keys, 'service.dropped.size', 'cpg.mcast_refused'].map((key) => Number(this.get(key)));
  }
}

describe('the state of the links', () => {
  it('is in the database, with the ways to members and why one is down', () => {
    const daemon = new Daemon();
    const shown = () =>
      [...daemon.database.keys('runtime.links.')].map((key) => [key, daemon.database.get(key)?.value]);
    const address = '192.0.2.1';
    const peer = { nodeId: 7, address: '192.0.2.7', up: false, reason: 'connecting' };
    daemon.links = [{ link: 0, address, up: true, reason: undefined, peers: [peer] }];
    daemon.statistics.refresh();
    assert.deepEqual(Object.fromEntries(shown()), {
      'runtime.links.0.address': address,
      'runtime.links.0.up': 1,
      'runtime.links.0.peers.7.address': '192.0.2.7',
      'runtime.links.0.peers.7.up': 0,
      'runtime.links.0.peers.7.reason': 'connecting',
    });
    daemon.links = [{ link: 0, address, up: false, reason: 'port_down' }];
    daemon.statistics.refresh();
    assert.deepEqual(Object.fromEntries(shown()), {
      'runtime.links.0.address': address,
      'runtime.links.0.up': 0,
      'runtime.links.0.reason': 'port_down',
    });
  });
});

describe('statistics', () => {
  it('come into the database once a second, with the types of corosync', () => {
    const daemon = new Daemon();
    assert.deepEqual(daemon.shown, [10, 20, 30, 40, 50]);
    assert.deepEqual(daemon.database.get('stats.srp.mcast_tx'), value.u64(10n));
    assert.deepEqual(daemon.database.get('stats.pg.msg_reserved'), value.u32(4));
    daemon.ring.set('srp.mcast_tx', 11);
    daemon.time.advance(999);
    assert.equal(daemon.get('srp.mcast_tx'), 10n);
    daemon.time.advance(1);
    assert.equal(daemon.get('srp.mcast_tx'), 11n);
    assert.ok(daemon.connections.refreshed >= 2);
    daemon.statistics.stop();
    daemon.ring.set('srp.mcast_tx', 12);
    daemon.time.advance(5000);
    assert.equal(daemon.get('srp.mcast_tx'), 11n);
  });

  it('suspect a firewall when the fourth attempt at a ring has begun', () => {
    const daemon = new Daemon();
    const suspected = () => daemon.database.get('stats.srp.firewall_enabled_or_nic_failure');
    assert.deepEqual(suspected(), value.u8(0));
    daemon.ring.set('srp.continuous_gather', 4);
    daemon.statistics.refresh();
    assert.deepEqual(suspected(), value.u8(1));
    daemon.ring.set('srp.continuous_gather', 0);
    daemon.statistics.refresh();
    assert.deepEqual(suspected(), value.u8(0));
  });

  const cleared: readonly [what: string, left: readonly number[], connections: number, stalls: number][] = [
    ['totem', [0, 20, 30, 40, 50], 0, 0],
    ['knet', [10, 0, 30, 40, 50], 0, 0],
    ['ipc', [10, 20, 0, 40, 50], 1, 0],
    ['schedmiss', [10, 20, 30, 40, 50], 0, 1],
    ['all', [0, 0, 0, 40, 50], 1, 1],
    ['nonsense', [10, 20, 30, 40, 50], 0, 0],
  ];
  for (const [what, left, connections, stalls] of cleared) {
    it(`are counted anew after stats.clear.${what}, where that is meant`, () => {
      const daemon = new Daemon();
      daemon.clear(what);
      assert.deepEqual(daemon.shown, left);
      assert.deepEqual([daemon.connections.cleared, daemon.stallsCleared], [connections, stalls]);
      assert.equal(daemon.get('pg.msg_reserved'), 4, 'what is so now stays so');
      assert.equal(daemon.get('ipcs.global.active'), 2n);
    });
  }

  it('can be cleared again and again, and go on from there', () => {
    const daemon = new Daemon();
    daemon.clear('totem');
    daemon.ring.set('srp.mcast_tx', 15);
    daemon.statistics.refresh();
    assert.equal(daemon.get('srp.mcast_tx'), 5n);
    daemon.clear('all');
    assert.equal(daemon.get('srp.mcast_tx'), 0n);
    daemon.ring.set('srp.mcast_tx', 16);
    daemon.clear('totem');
    assert.equal(daemon.get('srp.mcast_tx'), 0n, 'what was not shown yet is cleared too');
    daemon.ring.set('srp.mcast_tx', 18);
    daemon.statistics.refresh();
    assert.equal(daemon.get('srp.mcast_tx'), 2n);
  });
});
