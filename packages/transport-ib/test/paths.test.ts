import assert from 'node:assert/strict';
import { type Logger, SlabPool, type Timer, type Timers } from '@coterie/sdk';
import { Counters } from '../dist/counters.js';
import { Paths } from '../dist/paths.js';
import { FakeEndpoint } from './fake-endpoint.js';

/** Timers that expire when told to. */
class HandTimers implements Timers {
  readonly running = new Map<Timer, { milliseconds: number; expire: () => void }>();

  timer(expire: () => void): Timer {
    const { running } = this;
    const timer: Timer = {
      start: (milliseconds) => void running.set(timer, { milliseconds, expire }),
      stop: () => void running.delete(timer),
      get running() {
        return running.has(timer);
      },
    };
    return timer;
  }

  /** Lets all that run expire; how long they were set to. */
  pass(): number[] {
    const due = [...this.running.values()];
    this.running.clear();
    for (const { expire } of due) expire();
    return due.map(({ milliseconds }) => milliseconds);
  }
}

describe('the paths to members', () => {
  const two = { nodeId: 2, address: '10.0.0.2', port: 0 };
  const three = { nodeId: 3, address: 'fd00::3', port: 6000 };
  const slabs = new SlabPool(64, 8);
  let counters: Counters;
  let timers: HandTimers;
  let endpoint: FakeEndpoint;
  let logged: string[];
  let sent: string[];
  let paths: Paths;

  beforeEach(() => {
    counters = new Counters();
    timers = new HandTimers();
    endpoint = new FakeEndpoint();
    [logged, sent] = [[], []];
    const say = (message: string) => void logged.push(message);
    const log: Logger = { error: say, warn: say, info: say, debug: say, trace: say, enabled: () => true };
    paths = new Paths(5405, timers, counters, log, {
      established: ({ number }, held) =>
        void sent.push(
          `${number}: ${held ? Buffer.from(held.slab.bytes.subarray(0, held.length)).toString() : ''}`,
        ),
    });
  });

  function established(): void {
    paths.set([two, three]);
    paths.start(endpoint);
    paths.established(1, '::ffff:10.0.0.2', 2, 100, 4096);
    paths.established(2, 'fd00::3', 3, 200, 4096);
    sent.length = 0;
  }

  function hold(node: number, text: string): void {
    const slab = slabs.take();
    slab.bytes.set(Buffer.from(text));
    paths.hold(node, slab, 0, text.length);
    slab.release();
  }

  it('are set up to all members, at the port of each', () => {
    paths.set([two, three]);
    assert.equal(endpoint.connecting.length, 0);
    paths.start(endpoint);
    assert.deepEqual(endpoint.connecting, [
      { path: 1, address: '10.0.0.2', port: 5405 },
      { path: 2, address: 'fd00::3', port: 6000 },
    ]);
    assert.equal(paths.find(2), 0);
    assert.equal(paths.find(9), undefined);
    paths.established(1, '::ffff:10.0.0.2', 2, 100, 4096);
    assert.equal(paths.find(2), 1);
    assert.deepEqual(paths.gids(), ['::ffff:10.0.0.2']);
    assert.deepEqual(
      paths.status().map(({ nodeId, up, reason }) => ({ nodeId, up, reason })),
      [
        { nodeId: 2, up: true, reason: undefined },
        { nodeId: 3, up: false, reason: 'connecting' },
      ],
    );
  });

  it('keep the last packet for a member until its path is up', () => {
    paths.set([two]);
    paths.start(endpoint);
    hold(2, 'old token');
    hold(2, 'new token');
    assert.equal(counters.get('tx_dropped.no_path'), 1);
    paths.established(1, '::ffff:10.0.0.2', 2, 100, 4096);
    assert.deepEqual(sent, ['1: new token']);
    assert.equal(counters.get('tx_dropped.no_path'), 1);
  });

  it('are tried again after a failure, ever more slowly, and the log says so once', () => {
    paths.set([two]);
    paths.start(endpoint);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      paths.failed(1, 'address', 110);
      pauses.push(...timers.pass());
    }
    assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
    assert.equal(endpoint.connecting.length, 9);
    assert.equal(counters.get('paths_failed'), 8);
    assert.deepEqual(logged, ['No path to node 2 (10.0.0.2) yet: address: ETIMEDOUT. Trying on.']);
    paths.established(1, '::ffff:10.0.0.2', 2, 100, 4096);
    assert.equal(logged.length, 2);
    assert.equal(timers.running.size, 0);
  });

  it('are given up and tried again when nobody answers', () => {
    paths.set([two]);
    paths.start(endpoint);
    assert.deepEqual(timers.pass(), [2000]);
    assert.deepEqual(endpoint.cancelled, [1]);
    assert.equal(counters.get('paths_timed_out'), 1);
    assert.match(paths.status()[0]!.reason!, /no answer/);
    timers.pass();
    assert.equal(endpoint.connecting.length, 2);
  });

  it('are renewed when a member says that it has a new queue pair', () => {
    established();
    assert.equal(paths.requested('10.0.0.2', 2, 100), true);
    assert.equal(paths.find(2), 1, 'nothing has changed');
    assert.equal(paths.requested('10.0.0.2', 2, 101), true);
    assert.equal(counters.get('paths_renewed'), 1);
    assert.equal(paths.find(2), 0);
    hold(2, 'token');
    assert.equal(endpoint.connecting.length, 3);
    paths.established(1, '::ffff:10.0.0.2', 2, 101, 4096);
    assert.deepEqual(sent, ['1: token']);
  });

  it('are tried at once when a member that was away comes back', () => {
    paths.set([two]);
    paths.start(endpoint);
    paths.failed(1, 'connect', 111);
    assert.equal(endpoint.connecting.length, 1);
    paths.requested('10.0.0.2', 2, 100);
    assert.equal(endpoint.connecting.length, 2);
  });

  it('are refused to strangers: nodes and addresses that are not listed', () => {
    established();
    assert.equal(paths.requested('10.0.0.9', 2, 100), false);
    assert.equal(paths.requested('10.0.0.2', 9, 100), false);
    assert.equal(paths.requested('fd00:0:0::3', 3, 200), true, 'however the address is spelled');
    assert.equal(counters.get('paths_refused'), 2);
    assert.equal(counters.get('paths_renewed'), 0);
  });

  it('do not lead to another node at the address', () => {
    paths.set([two]);
    paths.start(endpoint);
    paths.established(1, '::ffff:10.0.0.2', 7, 100, 4096);
    assert.equal(paths.find(2), 0);
    assert.match(paths.status()[0]!.reason!, /node 7 answers/);
  });

  it('stay when others come and go', () => {
    established();
    paths.set([three]);
    assert.deepEqual(endpoint.cancelled, [1]);
    assert.equal(paths.find(2), undefined);
    assert.equal(paths.find(3), 2);
    paths.set([three, { ...two, address: '10.0.0.22' }]);
    assert.equal(paths.find(2), 0);
    assert.deepEqual(endpoint.connecting.at(-1), { path: 1, address: '10.0.0.22', port: 5405 });
  });

  it('are all down with the link, and drop what they keep', () => {
    established();
    paths.requested('10.0.0.2', 2, 101);
    hold(2, 'token');
    paths.stop();
    assert.equal(paths.find(3), 0);
    assert.equal(counters.get('tx_dropped.no_path'), 1);
    hold(3, 'token');
    assert.equal(counters.get('tx_dropped.link_down'), 1);
    assert.equal(timers.running.size, 0);
    paths.start(endpoint);
    assert.equal(endpoint.connecting.length, 5);
  });
});
