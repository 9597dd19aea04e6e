import type { NodeId } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import { messageHeader } from './message-header.js';
import type { Stage } from './stage.js';

/** Something that happens to a cluster by itself, at any moment of which a fault may strike. */
export interface Scenario {
  readonly name: string;
  /** Brings the cluster to where it begins. */
  prepare(stage: Stage): Promise<void>;
  /** Lets it begin: from here on events count. */
  begin(stage: Stage): void;
  /** Is it over, if nothing disturbs it? Looked at after every event. */
  over(stage: Stage): boolean;
}

/** Milliseconds of loss before a node goes: less than it takes to ask for what is missing. */
const LOSSY = 20;

const settled = (stage: Stage) => stage.settled;

/** All nodes start at once and form their first ring. */
const boot: Scenario = {
  name: 'boot',
  prepare: () => Promise.resolve(),
  begin: ({ world }) => world.start(),
  over: settled,
};

/** A node that was apart and the others find each other: two rings in use become one. */
function merge(apart: NodeId): Scenario {
  return {
    name: `merge-${apart}`,
    async prepare(stage) {
      await stage.form();
      const rest = stage.world.ids.filter((id) => id !== apart);
      await stage.part([apart], rest);
    },
    begin: ({ world }) => world.network.heal(),
    over: settled,
  };
}

/** A node is gone; much of what it and the others sent last has not come everywhere. */
function recovery(lost: NodeId): Scenario {
  return withLoss(`recovery-${lost}`, lost, ({ network }) => {
    network.losses.push({ rate: 0.5, kinds: ['message'] });
  });
}

/** A node is gone; what it sent first has come nowhere, and of what came then every survivor has another half. */
function gap(lost: NodeId): Scenario {
  return withLoss(`gap-${lost}`, lost, ({ ids, network }) => {
    const survivors = ids.filter((id) => id !== lost);
    let hole: number | undefined;
    network.filter = (from, to, bytes) => {
      const seq = messageHeader(bytes)?.seq;
      if (seq === undefined) return true;
      if (from === lost) hole ??= seq;
      return hole === undefined || (seq !== hole && survivors[seq % survivors.length] === to);
    };
  });
}

function withLoss(name: string, lost: NodeId, disturb: (world: SimulatedCluster) => void): Scenario {
  return {
    name,
    async prepare(stage) {
      await stage.form();
      disturb(stage.world);
      await stage.world.run(LOSSY);
      stage.world.network.calm();
    },
    begin: ({ world }) => world.crash(lost),
    over: settled,
  };
}

/** A node has come back to a ring in use: from the first to install the ring, until all are synchronised. */
function sync(back: NodeId): Scenario {
  return {
    name: `sync-${back}`,
    async prepare(stage) {
      const { world } = stage;
      await stage.form();
      world.crash(back);
      await stage.settle();
      world.start(back);
      await stage.until(() => world.nodes.some(({ view }) => view?.members.length === stage.nodes));
    },
    begin: () => undefined,
    over: settled,
  };
}

/** A node says goodbye. */
function leave(leaver: NodeId): Scenario {
  return {
    name: `leave-${leaver}`,
    prepare: (stage) => stage.form(),
    begin: ({ world }) => world.leave(leaver),
    over: (stage) => stage.world.alive(leaver) === undefined && stage.settled,
  };
}

/** The scenarios of clusters of so many nodes. */
export function scenarios(nodes: number): readonly Scenario[] {
  const each = Array.from({ length: nodes }, (_, i) => i + 1);
  return [
    boot,
    // Of two nodes, either is as much apart as the other.
    ...(nodes === 2 ? [1] : each).map(merge),
    ...each.map(recovery),
    ...each.map(gap),
    ...each.map(sync),
    ...each.map(leave),
  ];
}
