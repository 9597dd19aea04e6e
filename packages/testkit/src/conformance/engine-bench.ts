import assert from 'node:assert/strict';
import { engineIdentity, type EngineIdentity, type Injectable, type NodeId, type Plugin } from '@coterie/sdk';
import type { SimulatedClient } from '../simulation/client.js';
import { SimulatedCluster, type ClusterOptions } from '../simulation/cluster.js';
import type { Settings } from '../simulation/configuration.js';
import type { SimulatedPlugin } from '../simulation/plugins.js';
import { packageUnderTest, pluginIn } from './package-under-test.js';

/** An engine whose members keep a state that they agree on. */
export interface EngineSubject<E extends object> {
  /** Of the plugin's package; what is tried is what its manifest names, so it has to be built. */
  readonly folder: string | URL;
  /** The class that the built package exports, not a copy compiled for the tests. */
  readonly engine: Injectable<E>;
  /** Settings of the plugin's section that have no default. */
  readonly settings?: Settings;
  /** What all members agree on, as something that deepStrictEqual compares. */
  state(engine: E): unknown;
  /** Asks for a change of the state; `n` is another number each time, from 1. */
  change(program: SimulatedClient, n: number): void;
}

/** Virtual milliseconds in which a change has been delivered everywhere, on a ring that is at rest. */
const SOON = 300;
/** Milliseconds between two accounts of the counters in the database. */
const ACCOUNT = 1000;

/** Simulated clusters that run the engine, and what there is to ask them. */
export class EngineBench<E extends object> {
  readonly identity: EngineIdentity;
  private changes = 0;

  private constructor(
    readonly subject: EngineSubject<E>,
    private readonly plugin: SimulatedPlugin,
  ) {
    const identity = engineIdentity(subject.engine);
    assert.ok(identity, `${subject.engine.name} has no @ServiceEngine`);
    this.identity = identity;
  }

  static async of<E extends object>(subject: EngineSubject<E>): Promise<EngineBench<E>> {
    const { found, loaded } = await packageUnderTest(subject.folder);
    assert.ok(
      loaded.plugin.engines.includes(subject.engine),
      `the entry of ${found.packageName} has no ${subject.engine.name}, or another copy of it: import it from the built package`,
    );
    return new EngineBench(subject, await pluginIn(subject.folder));
  }

  /** A cluster on one ring. `instead`: what some nodes run in place of the engine. */
  async cluster(
    options: Pick<ClusterOptions, 'nodes' | 'seed'>,
    instead: ReadonlyMap<NodeId, Plugin> = new Map(),
  ): Promise<SimulatedCluster> {
    const { settings = {} } = this.subject;
    const cluster = new SimulatedCluster({
      ...options,
      plugins: (node) => [{ ...this.plugin, plugin: instead.get(node) ?? this.plugin.plugin }],
      config: this.plugin.schema === undefined ? {} : { [this.plugin.name]: settings },
    });
    cluster.start();
    await cluster.settled();
    return cluster;
  }

  /** Waits until the ring is formed, and until what engines do behind that has been delivered. */
  async rest(cluster: SimulatedCluster): Promise<void> {
    await cluster.settled();
    await cluster.run(SOON);
  }

  /** Every one of these nodes has a program that asks for a change, all at once; it is over when this resolves. */
  async change(cluster: SimulatedCluster, ...nodes: readonly NodeId[]): Promise<void> {
    for (const node of nodes) {
      const program = cluster.node(node).connect(this.identity.service);
      assert.equal(program.refused, undefined, `node ${node} refuses a program`);
      this.subject.change(program, ++this.changes);
    }
    await cluster.run(SOON);
  }

  /** Asks for a change and lets no time pass; nodes that let no program in are left out. */
  ask(cluster: SimulatedCluster, node: NodeId): void {
    const program = cluster.node(node).connect(this.identity.service);
    if (program.connected) this.subject.change(program, ++this.changes);
  }

  state(cluster: SimulatedCluster, node: NodeId): unknown {
    return structuredClone(this.subject.state(cluster.node(node).engine(this.subject.engine)));
  }

  /** All nodes that run the engine have the same state, which is the result. @throws AssertionError */
  agreed(cluster: SimulatedCluster, nodes: readonly NodeId[] = cluster.nodes.map(({ id }) => id)): unknown {
    const [first = 0, ...others] = nodes;
    const state = this.state(cluster, first);
    for (const other of others) {
      assert.deepEqual(this.state(cluster, other), state, `the states of nodes ${other} and ${first} differ`);
    }
    return state;
  }

  /** No handler of the engine has thrown on these nodes. @throws AssertionError with what their logs say */
  async unharmed(
    cluster: SimulatedCluster,
    nodes: readonly NodeId[] = cluster.nodes.map(({ id }) => id),
  ): Promise<void> {
    await cluster.run(ACCOUNT);
    for (const id of nodes) {
      const node = cluster.node(id);
      const failures = node.executive.database.get(`stats.${this.identity.name}.failures`)?.value;
      const log = node.log.filter((line) => line.includes(' threw: '));
      assert.equal(Number(failures ?? 0), 0, `the engine threw on node ${id}:\n${log.join('\n')}`);
    }
  }
}
