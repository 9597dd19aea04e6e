import assert from 'node:assert/strict';
import { CpgProgram, type SimulatedCluster } from '@coterie/testkit';

/** Virtual milliseconds in which a cluster that nobody disturbs has to be well again. */
const PATIENCE = 120_000;
const MESSAGES = 3;
/** Of the programs, which are told apart by them. */
let pids = 1_000_000;

/**
 * Is the cluster as it should be? All nodes live, on one ring; a new group on all of them works; nothing threw. A message
 * that was forged for a place in the order yet to come takes that of a true one; on the ring that follows all has to work.
 */
export async function mustBeWell(cluster: SimulatedCluster, group: string): Promise<void> {
  const before = contradictions(cluster);
  try {
    await mustWork(cluster, group);
  } catch (error) {
    if (contradictions(cluster) === before) throw error;
    await mustWork(cluster, `${group} again`);
  }
}

function contradictions(cluster: SimulatedCluster): number {
  return cluster.nodes.flatMap(({ log }) => log).filter((line) => line.includes('claim one place')).length;
}

async function mustWork(cluster: SimulatedCluster, group: string): Promise<void> {
  mustLive(cluster);
  await cluster.settled(PATIENCE);
  const programs = cluster.nodes.map((node) => new CpgProgram(cluster, node, group, pids++));
  const done = (what: string, condition: () => boolean) => within(cluster, what, condition);
  await done('the programs joining', () => programs.every(({ state }) => state === 'joined'));
  for (let n = 0; n < MESSAGES; n++) for (const program of programs) program.say(40);
  await done('the messages', () =>
    programs.every(({ heardLast }) => programs.every(({ pid }) => heardLast.get(pid) === MESSAGES)),
  );
  for (const program of programs) program.disconnect();
  // Counters are shown once a second.
  await cluster.run(1500);
  mustLive(cluster);
}

async function within(cluster: SimulatedCluster, what: string, condition: () => boolean): Promise<void> {
  const came = await cluster.runUntil(condition, PATIENCE);
  assert.ok(came, `${what}: not within ${PATIENCE} ms\n${logs(cluster)}`);
}

/** No node has ended, no engine and no listener has thrown. */
export function mustLive(cluster: SimulatedCluster): void {
  for (const id of cluster.ids)
    assert.ok(cluster.alive(id) !== undefined, `node ${id} ended\n${ends(cluster)}`);
  for (const { id, log, executive } of cluster.nodes) {
    const threw = log.filter((line) => line.includes(' threw: '));
    assert.deepEqual(threw, [], `node ${id}`);
    const { database } = executive;
    const failures = database.keys('stats.').filter((key) => key.endsWith('.failures'));
    for (const key of failures) assert.equal(Number(database.get(key)?.value), 0, `${key} of node ${id}`);
  }
}

function logs(cluster: SimulatedCluster): string {
  return cluster.nodes.map(({ id, log }) => `node ${id}:\n${log.slice(-20).join('\n')}`).join('\n');
}

function ends(cluster: SimulatedCluster): string {
  const failures = cluster.trace.events.filter(({ kind }) => kind === 'fail');
  return failures.map((event) => JSON.stringify(event)).join('\n');
}
