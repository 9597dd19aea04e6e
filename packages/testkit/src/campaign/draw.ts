import type { NodeId } from '@coterie/sdk';
import type { Loss, PacketKind } from '../simulation/network.js';
import type { Prng } from '../simulation/prng.js';
import type { Fault } from './fault.js';
import type { Scene } from './scene.js';

/** How much longer than at the start a reload makes the token timeout, at most. */
export const LONGEST_RELOAD = 1.4;

/** What is done next; undefined if there is nothing to do it to. */
type Draw = (scene: Scene, random: Prng) => Fault | undefined;

const draws = {
  partition({ world: { ids } }, random) {
    const side = ids.filter(() => random.chance(0.5));
    return { kind: 'partition', groups: [side, ids.filter((id) => !side.includes(id))] };
  },
  oneWay: ({ world: { ids } }, random) => ({
    kind: 'oneWay',
    ...{ from: random.pick(ids), to: random.pick(ids) },
  }),
  mesh: ({ world: { ids } }, random) => ({
    kind: 'mesh',
    ...{ from: random.pick(ids), to: random.pick(ids) },
  }),
  heal: () => ({ kind: 'heal' }),
  loss: ({ world: { ids } }, random) => ({ kind: 'loss', loss: drawLoss(ids, random) }),
  duplication: (_, random) => ({
    kind: 'duplication',
    rate: random.chance(0.3) ? 0 : random.between(0, 0.5),
  }),
  reordering: (scene, random) => ({
    kind: 'reordering',
    rate: random.chance(0.3) ? 0 : random.between(0, 0.3),
    lateness: random.chance(0.2) ? random.between(0, scene.token) : random.between(1, 20),
  }),
  jitter: (_, random) => ({ kind: 'jitter', time: random.between(0, 20) }),
  bandwidth: (_, random) => ({
    kind: 'bandwidth',
    bytes: random.chance(0.4) ? null : random.between(50, 2000),
  }),
  crash: onNode((node) => ({ kind: 'crash', node })),
  leave: onNode((node) => ({ kind: 'leave', node })),
  restart: onNode((node) => ({ kind: 'restart', node })),
  pause: onNode((node, { token }, random) => ({
    ...{ kind: 'pause', node },
    time: token * random.pick([0.5, 1.1, 1.5, 3, 6]),
  })),
  stall: onNode((node, { token }, random) => ({
    ...{ kind: 'stall', node },
    time: token * random.between(0, 1.5),
  })),
  wallClock: onNode((node, _, random) => ({
    ...{ kind: 'wallClock', node },
    time: Math.round(random.between(-1e9, 1e9)),
  })),
  diskFull: onNode((node) => ({ kind: 'diskFull', node })),
  syncFailure: onNode((node) => ({ kind: 'syncFailure', node })),
  damage: onNode((node, _, random) => ({
    ...{ kind: 'damage', node },
    how: random.pick(['missing', 'short', 'older'] as const),
  })),
  slowClient: onProgram((program, random) => ({
    ...{ kind: 'slowClient', ...program },
    pace: random.pick([0, 5, 100, null]),
  })),
  deadClient: onProgram((program) => ({ kind: 'deadClient', ...program })),
  groupLeave: onProgram((program) => ({ kind: 'groupLeave', ...program })),
  reload: ({ token }, random) => ({
    kind: 'reload',
    token: Math.round(token * random.between(0.7, LONGEST_RELOAD)),
  }),
} satisfies Record<string, Draw>;

/** The kinds of faults that are drawn. */
export type FaultName = keyof typeof draws;
export const faultNames = Object.keys(draws) as readonly FaultName[];

/** A fault of the kind. */
export function draw(name: FaultName, scene: Scene, random: Prng): Fault {
  return (draws[name] as Draw)(scene, random) ?? { kind: 'nothing' };
}

function onNode(of: (node: NodeId, scene: Scene, random: Prng) => Fault): Draw {
  return (scene, random) => {
    const { nodes } = scene.world;
    return nodes.length === 0 ? undefined : of(random.pick(nodes).id, scene, random);
  };
}

function onProgram(of: (program: { node: NodeId; group: string }, random: Prng) => Fault): Draw {
  return ({ workload: { members } }, random) => {
    if (members.length === 0) return undefined;
    const { node, group } = random.pick(members);
    return of({ node: node.id, group }, random);
  };
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
