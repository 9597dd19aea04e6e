import assert from 'node:assert/strict';
import { plugin as cfg } from '@coterie/engine-cfg';
import { plugin as sam } from '@coterie/engine-sam';
import { CsError } from '@coterie/sdk';
import { cluster, type SimulatedClient, type SimulatedCluster, type SimulatedNode } from '@coterie/testkit';
import type { Source } from '../source.js';
import type { Target } from '../target.js';
import { answersTo, hostileFrame, isDeadly, services } from './request-frames.js';
import { mustBeWell, mustLive } from './witnesses.js';

/** An input: which client u8, and whether it hangs up instead u8; then the frame. */
const HEAD = 2;
/** Of each service. */
const CLIENTS = 3;
/** Requests between which all clients go and the node has to be as it was. */
const ROUND = 2500;
/** Virtual milliseconds that an answer may take: synchronisation may come between. */
const PATIENCE = 60_000;
/** So many requests come at a time; then so many virtual milliseconds pass. */
const BURST = 4;
const PACE = 0.4;

const plugins = [
  { name: 'cfg', plugin: cfg },
  { name: 'sam', plugin: sam },
];
const errors: readonly number[] = Object.values(CsError);
const buffer = new Uint8Array(HEAD + 2 * 1024 * 1024);

/** A program that sends anything, and counts what it gets. */
class Program {
  private client: SimulatedClient;
  private expected = 0;
  private answered = 0;

  constructor(
    private readonly node: SimulatedNode,
    readonly service: number,
  ) {
    this.client = this.connect();
  }

  send(bytes: Uint8Array): void {
    if (isDeadly(this.service, bytes)) return;
    if (!this.client.connected) this.hangUp();
    this.expected += answersTo(this.service, bytes);
    this.client.send(bytes);
  }

  /** Leaves without a word and comes back. */
  hangUp(): void {
    this.client.disconnect();
    this.client = this.connect();
  }

  leave(): void {
    this.client.disconnect();
  }

  /** Has it been given what it waits for, or shown the door? */
  get settled(): boolean {
    return !this.client.connected || (this.client.waiting === 0 && this.answered >= this.expected);
  }

  /** As {@link settled}, to the number: one answer for each request. */
  mustBeAnswered(): void {
    if (this.client.connected)
      assert.equal(this.answered, this.expected, `answers of service ${this.service}`);
  }

  private connect(): SimulatedClient {
    this.expected = this.answered = 0;
    const client = this.node.connect(this.service);
    assert.equal(client.refused, undefined);
    client.onFrame = ({ kind, error }) => {
      assert.ok(errors.includes(error), `error ${error} of service ${this.service}`);
      if (kind === 'response') this.answered++;
    };
    return client;
  }
}

async function bother(pair: SimulatedCluster, source: Source): Promise<void> {
  const programs = services.flatMap((service) =>
    Array.from({ length: CLIENTS }, () => new Program(pair.node(1), service)),
  );
  for (let left = ROUND; left > 0; left--) {
    const input = source.next((random) => {
      const which = random.below(programs.length);
      const bytes = hostileFrame(random, programs[which]!.service);
      buffer.set([which, random.chance(0.01) ? 1 : 0]);
      buffer.set(bytes, HEAD);
      return buffer.subarray(0, HEAD + bytes.length);
    });
    if (input === undefined) break;
    const [which = 0, away = 0] = input;
    const program = programs[which % programs.length]!;
    const began = performance.now();
    if (away === 1) program.hangUp();
    else program.send(input.subarray(HEAD));
    if (left % BURST === 0) await pair.run(PACE);
    source.took(performance.now() - began, `service ${program.service}`);
    if (left % 50 === 0) mustLive(pair);
  }
  const answered = await pair.runUntil(() => programs.every(({ settled }) => settled), PATIENCE, 10);
  for (const program of programs) program.mustBeAnswered();
  assert.ok(answered, 'requests still wait to be taken');
  for (const program of programs) program.leave();
}

/** What clients stored is theirs to keep, but for a look at memory it has to go. */
function tidy(node: SimulatedNode, before: ReadonlySet<string>): void {
  const { database } = node.executive;
  for (const key of database.keys()) if (!before.has(key)) database.delete(key);
}

export const requests: Target = {
  name: 'requests',
  about: 'frames of clients to the router, for every service',
  inputs: 1_000_000,
  length: 4 * ROUND,
  stateless: false,
  async play(source) {
    const pair = cluster({ nodes: 2, plugins });
    pair.start();
    await mustBeWell(pair, 'before');
    const known = new Set(pair.node(1).executive.database.keys());
    for (let round = 0; round === 0 || source.left > 0; round++) {
      await bother(pair, source);
      await mustBeWell(pair, `round ${round}`);
      assert.equal(pair.node(1).executive.dump()['clients'], 0);
      tidy(pair.node(1), known);
      pair.trace.events.length = 0;
      source.rest();
    }
  },
};
