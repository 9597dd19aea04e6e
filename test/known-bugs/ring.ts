import assert from 'node:assert/strict';
import {
  CpgProgram,
  DeliveryChecker,
  GroupChecker,
  MembershipChecker,
  QuorumChecker,
  cluster,
  type ClusterOptions,
  type SimulatedCluster,
} from '@coterie/testkit';
import { OrfToken, PacketType, decodeOrfToken } from '@coterie/totem/internal';

/** Effective times of the simulated clusters, milliseconds: those that follow from a token timeout of 1000. */
export const timing = { token: 1000, retransmit: 238, hold: 180, consensus: 1200, join: 50 } as const;

/** A cluster that checkers watch; none of its nodes runs. */
export function watched(options: ClusterOptions): SimulatedCluster {
  const c = cluster(options);
  for (const checker of [
    new MembershipChecker(),
    new DeliveryChecker(),
    new GroupChecker(),
    new QuorumChecker(),
  ])
    c.trace.attach(checker);
  return c;
}

/** A watched cluster whose nodes are on one ring. */
export async function started(options: ClusterOptions): Promise<SimulatedCluster> {
  const c = watched(options);
  c.start();
  await settle(c);
  return c;
}

/** As `settled`, but what does not hold is an assertion that failed. */
export async function settle(c: SimulatedCluster, limit = 60_000): Promise<void> {
  assert.ok(await c.runUntil(() => c.stable, limit), `no common ring within ${limit} ms`);
}

/** A program on each live node, all members of one group. Their pids are 100 + node id. */
export async function programs(c: SimulatedCluster): Promise<CpgProgram[]> {
  const all = c.nodes.map((node) => new CpgProgram(c, node, 'g', 100 + node.id));
  const everybody = () => all.every(({ members }) => members.length === all.length);
  assert.ok(await c.runUntil(everybody, 5000), 'not every program became a member');
  return all;
}

/** Every program hears everything that these have said. */
export async function heardAll(
  c: SimulatedCluster,
  listeners: readonly CpgProgram[],
  speakers: readonly CpgProgram[],
  limit = 20_000,
): Promise<void> {
  const heard = () =>
    listeners.every(({ heardLast }) =>
      speakers.every(({ pid, sent }) => sent === 0 || heardLast.get(pid) === sent),
    );
  assert.ok(await c.runUntil(heard, limit), 'somebody did not hear all that was said');
}

/** The run is over: nothing that a checker watches may have been violated. */
export function holds(c: SimulatedCluster): void {
  const broken = c.trace.finish().map(({ property, message }) => `${property}: ${message}`);
  assert.deepEqual(broken, []);
}

/** Regular configurations installed since `from`, an index of the trace's events. */
export function changes(c: SimulatedCluster, from = 0, node?: number): number {
  return c.trace.events
    .slice(from)
    .filter((event) => event.kind === 'regular' && (node === undefined || event.node === node)).length;
}

/** Causes for which the node has entered the gather state since `from`. */
export function gathers(c: SimulatedCluster, node: number, from = 0): string[] {
  return c.trace.events
    .slice(from)
    .flatMap((event) =>
      event.kind === 'state' && event.node === node && event.state === 'gather' ? [event.cause] : [],
    );
}

export function typeOf(bytes: Uint8Array): number {
  return bytes[3]!;
}

const token = new OrfToken();

/** The token in a packet, valid until the next call; undefined if it is something else. */
export function tokenIn(bytes: Uint8Array): OrfToken | undefined {
  if (typeOf(bytes) !== PacketType.orfToken) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decodeOrfToken(view, 0, bytes.length, token) === undefined ? token : undefined;
}

/** What the daemon of a node has counted, by its key in the database; 0 if nothing. */
export function counted(c: SimulatedCluster, node: number, key: string): number {
  return Number(c.node(node).executive.database.get(key)?.value ?? 0);
}
