import assert from 'node:assert/strict';
import { CsError, type ConfigurationFile, type Logger, type ReloadReport, type Timers } from '@coterie/sdk';
import { ClusterReload, type Done } from '../dist/cluster-reload.js';

const fine: ReloadReport = { changed: ['totem.token'], warnings: [], errors: [] };
const wrong: ReloadReport = { changed: [], warnings: [], errors: ['line 3 is wrong'] };
const nothing = () => undefined;
const log = { error: nothing, warn: nothing, info: nothing } as unknown as Logger;

/** Nodes 1 to 3, whose messages come at once to all. */
function cluster(...reports: readonly ReloadReport[]) {
  const applied: number[] = [];
  const timers: { expire: () => void; running: boolean }[] = [];
  const clock: Timers = {
    timer: (expire) => {
      const timer = { expire, running: false, start: () => void (timer.running = true), stop: nothing };
      timer.stop = () => void (timer.running = false);
      timers.push(timer);
      return timer;
    },
  };
  const world = { room: true, heard: true, timers, applied };
  const nodes = reports.map((report, i): ClusterReload => {
    const file: ConfigurationFile = {
      check: () => Promise.resolve(report),
      reload: () => Promise.resolve(applied.push(i + 1)).then(() => report),
      reopenLogs: nothing,
    };
    const reload = new ClusterReload(file, clock, log);
    reload.participants = reports.map((_, other) => other + 1);
    const send = (deliver: (to: ClusterReload, node: number) => void) => {
      if (world.room) nodes.forEach((to, other) => deliver(to, other + 1));
      return world.room;
    };
    reload.connect(() => send((to, node) => void to.apply(node === i + 1)));
    reload.connectChecks({
      check: (round) => send((to) => void (world.heard && to.check(i + 1, round))),
      verdict: (asker, round, said) => send((to, node) => node === asker && to.verdict(i + 1, round, said)),
    });
    return reload;
  });
  return { ...world, world, nodes };
}

function begin(reload: ClusterReload): Promise<Parameters<Done>> {
  return new Promise((resolve) => reload.begin((...outcome) => resolve(outcome)));
}

describe('a reload of the cluster', () => {
  it('is applied by all when no file has an error', async () => {
    const { nodes, applied } = cluster(fine, fine, fine);
    const [error, said] = await begin(nodes[1]!);
    assert.equal(error, CsError.OK);
    assert.deepEqual(
      said,
      [1, 2, 3].map((node) => ({ node, ...fine })),
    );
    assert.deepEqual(applied.sort(), [1, 2, 3]);
  });

  it('is applied by nobody when one file has an error', async () => {
    const { nodes, applied } = cluster(fine, fine, wrong);
    const [error, said] = await begin(nodes[0]!);
    assert.equal(error, CsError.INVALID_PARAM);
    assert.deepEqual(
      said.map(({ node, errors }) => [node, errors.length]),
      [
        [1, 0],
        [2, 0],
        [3, 1],
      ],
    );
    assert.deepEqual(applied, []);
  });

  it('runs once at a time on a node, and again afterwards', async () => {
    const { nodes } = cluster(fine, fine);
    const first = begin(nodes[0]!);
    assert.deepEqual((await begin(nodes[0]!))[0], CsError.TRY_AGAIN);
    assert.equal((await first)[0], CsError.OK);
    assert.equal((await begin(nodes[0]!))[0], CsError.OK);
  });

  it('is given up when the ring changes before all have been heard', async () => {
    const { nodes, world, applied } = cluster(fine, fine);
    world.heard = false;
    const outcome = begin(nodes[0]!);
    nodes[0]!.ringChanged();
    assert.deepEqual(await outcome, [CsError.TRY_AGAIN, []]);
    assert.deepEqual(applied, []);
  });

  it('is given up when a node says nothing in time', async () => {
    const { nodes, world } = cluster(fine, fine);
    world.heard = false;
    const outcome = begin(nodes[0]!);
    for (const timer of world.timers) if (timer.running) timer.expire();
    assert.equal((await outcome)[0], CsError.TIMEOUT);
  });

  it('waits for room in the send queue', async () => {
    const { nodes, world, timers, applied } = cluster(fine, fine);
    world.room = false;
    const outcome = begin(nodes[0]!);
    world.room = true;
    for (const timer of timers.slice(0, 1)) if (timer.running) timer.expire();
    assert.equal((await outcome)[0], CsError.OK);
    assert.deepEqual(applied.sort(), [1, 2]);
  });
});
