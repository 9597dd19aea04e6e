import type { NodeId } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { Loss, PacketKind } from '../simulation/network.js';
import type { Prng } from '../simulation/prng.js';
import type { Workload } from './workload.js';

/** What a fault may do something to. */
export interface Scene {
  readonly cluster: SimulatedCluster;
  readonly random: Prng;
  readonly workload: Workload;
  /** Token timeout, milliseconds. */
  readonly token: number;
}

/** How much longer than at the start a reload makes the token timeout, at most. */
export const LONGEST_RELOAD = 1.4;

/** Does it, and says what it did; undefined if there was nothing to do it to. */
type Fault = (scene: Scene) => string | undefined;

const faults = {
  partition({ cluster: { ids, network }, random }) {
    const side = ids.filter(() => random.chance(0.5));
    const rest = ids.filter((id) => !side.includes(id));
    network.partition(side, rest);
    return `partition [${side.join(' ')}] [${rest.join(' ')}]`;
  },
  oneWay({ cluster: { ids, network }, random }) {
    const [from, to] = [random.pick(ids), random.pick(ids)];
    network.cutOneWay(from, to);
    return `cut ${from} > ${to}`;
  },
  mesh({ cluster: { ids, network }, random }) {
    const [a, b] = [random.pick(ids), random.pick(ids)];
    network.cut(a, b);
    return `cut ${a} - ${b}`;
  },
  heal({ cluster: { network } }) {
    network.heal();
    return 'heal';
  },
  loss({ cluster: { ids, network }, random }) {
    network.losses.length = 0;
    const loss = drawLoss(ids, random);
    network.losses.push(loss);
    return `loss ${JSON.stringify(loss)}`;
  },
  duplication({ cluster: { network }, random }) {
    network.duplication = random.chance(0.3) ? 0 : random.between(0, 0.5);
    return `duplication ${percent(network.duplication)}`;
  },
  reordering({ cluster: { network }, random, token }) {
    network.reordering = random.chance(0.3) ? 0 : random.between(0, 0.3);
    network.lateness = random.chance(0.2) ? random.between(0, token) : random.between(1, 20);
    return `reordering ${percent(network.reordering)} by up to ${network.lateness.toFixed(0)} ms`;
  },
  jitter({ cluster: { network }, random }) {
    network.jitter = random.between(0, 20);
    return `jitter ${network.jitter.toFixed(1)} ms`;
  },
  bandwidth({ cluster: { network }, random }) {
    network.bandwidth = random.chance(0.4) ? Infinity : random.between(50, 2000);
    return `bandwidth ${network.bandwidth.toFixed(0)} bytes/ms`;
  },
  crash(scene) {
    return onNode(scene, (id) => {
      scene.cluster.crash(id);
      return `crash ${id}`;
    });
  },
  leave(scene) {
    return onNode(scene, (id) => {
      scene.cluster.leave(id);
      return `leave ${id}`;
    });
  },
  restart(scene) {
    return onNode(scene, (id) => {
      scene.cluster.crash(id);
      scene.cluster.start(id);
      return `crash and start ${id}`;
    });
  },
  pause(scene) {
    return onNode(scene, (id) => {
      const time = scene.token * scene.random.pick([0.5, 1.1, 1.5, 3, 6]);
      scene.cluster.node(id).process.pause(time);
      return `pause ${id} for ${time.toFixed(0)} ms`;
    });
  },
  stall(scene) {
    return onNode(scene, (id) => {
      const time = scene.token * scene.random.between(0, 1.5);
      scene.cluster.node(id).process.stall(time);
      return `stall ${id} for ${time.toFixed(0)} ms`;
    });
  },
  wallClock(scene) {
    return onNode(scene, (id) => {
      const jump = Math.round(scene.random.between(-1e9, 1e9));
      scene.cluster.node(id).process.wallOffset += jump;
      return `clock of ${id} jumps by ${jump} ms`;
    });
  },
  diskFull(scene) {
    return onNode(scene, (id) => {
      scene.cluster.disk(id).full = true;
      return `disk of ${id} is full`;
    });
  },
  syncFailure(scene) {
    return onNode(scene, (id) => {
      scene.cluster.disk(id).syncFails = true;
      return `disk of ${id} fails to sync`;
    });
  },
  damage(scene) {
    return onNode(scene, (id) => {
      const how = scene.random.pick(['missing', 'short', 'older'] as const);
      scene.cluster.crash(id);
      scene.cluster.disk(id).damageRingId(how);
      return `crash ${id}, ring id ${how}`;
    });
  },
  slowClient({ workload }) {
    return workload.slow();
  },
  deadClient({ workload }) {
    return workload.kill();
  },
  groupLeave({ workload }) {
    return workload.leave();
  },
  reload({ cluster, random, token }) {
    const next = Math.round(token * random.between(0.7, LONGEST_RELOAD));
    cluster.reload({ totem: { token: next } });
    return `reload with token ${next}`;
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as readonly FaultName[];

/** Does something of the kind, and tells the trace. */
export function strike(name: FaultName, scene: Scene): void {
  const what = (faults[name] as Fault)(scene);
  if (what !== undefined) scene.cluster.note(what);
}

function onNode({ cluster, random }: Scene, strikeAt: (id: NodeId) => string): string | undefined {
  const { nodes } = cluster;
  return nodes.length === 0 ? undefined : strikeAt(random.pick(nodes).id);
}

const selections: readonly (readonly PacketKind[])[] = [
  ['token'],
  ['message'],
  ['commit-token'],
  ['join'],
  ['token', 'commit-token'],
  ['merge-detect', 'hold-cancel'],
];

function drawLoss(ids: readonly NodeId[], random: Prng): Loss {
  return {
    rate: random.pick([0.01, 0.05, 0.1, 0.3]) * (random.chance(0.1) ? 3 : 1),
    ...(random.chance(0.3) ? { kinds: random.pick(selections) } : {}),
    ...(random.chance(0.2) ? { from: random.pick(ids) } : {}),
    ...(random.chance(0.2) ? { to: random.pick(ids) } : {}),
    ...(random.chance(0.2) ? { largerThan: random.pick([200, 300, 1000]) } : {}),
  };
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(0)} %`;
}
