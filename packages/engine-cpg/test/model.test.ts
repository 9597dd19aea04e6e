import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { CsError } from '@coterie/sdk';
import type { FakeClient } from './fake-client.js';
import { SimulatedRing } from './simulated-ring.js';

const NODES = [1, 2, 3, 4];

type Step =
  | { op: 'join'; node: number; group: string; pid: number }
  | { op: 'leave' | 'close' | 'mcast'; client: number }
  | { op: 'visit'; node: number; times: number }
  | { op: 'split'; sides: readonly boolean[] }
  | { op: 'kill' | 'start'; node: number }
  | { op: 'congest'; node: number; room: number }
  | { op: 'rest' };

const node = fc.constantFrom(...NODES);
const client = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('join'),
      node,
      group: fc.constantFrom('g', 'h'),
      pid: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 12, arbitrary: fc.record({ op: fc.constantFrom('leave', 'close', 'mcast', 'mcast'), client }) },
  {
    weight: 12,
    arbitrary: fc.record({ op: fc.constant('visit'), node, times: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('split'),
      sides: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('kill', 'start'), node }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('congest'), node, room: fc.constantFrom(0, 3, Infinity) }),
  },
  { weight: 4, arbitrary: fc.constant({ op: 'rest' as const }) },
) as fc.Arbitrary<Step>;

interface Member {
  readonly client: FakeClient;
  readonly node: number;
  readonly group: string;
  readonly pid: number;
  sent: number;
  leaving: boolean;
}

class World {
  readonly ring = new SimulatedRing(...NODES);
  readonly members: Member[] = [];

  do(step: Step): void {
    const { ring } = this;
    switch (step.op) {
      case 'join':
        return this.join(step.node, step.group, step.pid);
      case 'leave':
      case 'close':
      case 'mcast':
        return this.use(step.op, step.client);
      case 'visit':
        if (ring.nodes.has(step.node)) for (let i = 0; i < step.times; i++) ring.visit(step.node);
        return;
      case 'split': {
        const alive = NODES.filter((id) => ring.nodes.has(id));
        const sides = [true, false].map((side) => alive.filter((id) => step.sides[id - 1] === side));
        for (const side of sides) if (side.length > 0) ring.form(side);
        return;
      }
      case 'kill':
        return this.kill(step.node);
      case 'start':
        if (ring.nodes.has(step.node)) return;
        ring.start(step.node);
        return ring.form([step.node]);
      case 'rest':
        return this.rest();
      case 'congest':
        if (ring.nodes.has(step.node)) ring.node(step.node).room = step.room;
    }
  }

  private kill(id: number): void {
    const { nodes } = this.ring;
    const { ring } = nodes.get(id)?.view ?? {};
    if (nodes.size === 1 || ring === undefined) return;
    this.ring.kill(id);
    const survivors = [...nodes.keys()].filter((other) => nodes.get(other)?.view.ring === ring);
    if (survivors.length > 0) this.ring.form(survivors);
  }

  /** Heals everything and lets it come to rest. */
  settle(): void {
    this.ring.form([...this.ring.nodes.keys()]);
    this.rest();
  }

  private rest(): void {
    for (const each of this.ring.nodes.values()) each.room = Infinity;
    this.ring.settle();
  }

  alive(): Member[] {
    return this.members.filter(
      ({ client, node: id, leaving }) => !leaving && this.ring.nodes.get(id)?.clients.has(client),
    );
  }

  private join(id: number, group: string, pid: number): void {
    const daemon = this.ring.nodes.get(id);
    if (daemon === undefined) return;
    const joiner = daemon.connect();
    const answer = daemon.join(joiner, group, pid);
    if (answer === CsError.OK) {
      this.members.push({ client: joiner, node: id, group, pid, sent: 0, leaving: false });
    } else {
      assert.ok(answer === 'busy' || answer === CsError.EXIST || answer === CsError.TRY_AGAIN, `${answer}`);
      joiner.close('not admitted');
    }
  }

  private use(op: 'leave' | 'close' | 'mcast', which: number): void {
    const alive = this.alive();
    const member = alive[which % Math.max(1, alive.length)];
    if (member === undefined) return;
    const daemon = this.ring.node(member.node);
    if (op === 'close') member.client.close('gone');
    else if (op === 'leave') {
      member.leaving = daemon.leave(member.client, member.group, member.pid) === CsError.OK;
    } else {
      const text = `${member.client.id} ${member.sent}`;
      if (daemon.mcast(member.client, text) !== 'busy') member.sent++;
    }
  }
}

const name = ({ nodeId, pid }: { nodeId: number; pid: number }) => `${nodeId}:${pid}`;

/** What reliability demands of what one client hears. */
function check(member: Member, world: World): void {
  const own = `${member.node}:${member.pid}`;
  const now = new Set<string>();
  const counts = new Map<string, number>();
  let first = true;
  let last = false;
  for (const event of member.client.heard) {
    if (event.type === 'ring') continue;
    assert.ok(!last, 'nothing follows the own leave');
    if (event.type === 'configuration') {
      const joined = event.joined.map(name);
      const left = event.left.map(name);
      if (first) {
        assert.deepEqual(joined, [own]);
        for (const each of event.members.map(name)) if (each !== own) now.add(each);
      }
      for (const each of left) assert.ok(now.delete(each), `${each} left without having been there`);
      for (const each of joined) {
        assert.ok(!now.has(each), `${each} joined twice`);
        now.add(each);
      }
      assert.deepEqual([...now].sort(), event.members.map(name).sort());
      for (const each of [...joined, ...left]) counts.delete(each);
      last = left.includes(own);
      first = false;
    } else if (event.type === 'deliver') {
      assert.ok(now.has(name(event)), `a message of ${name(event)}, who is no member`);
      const [sender, count] = event.text.split(' ').map(Number);
      const expected = counts.get(name(event));
      assert.ok(expected === undefined || expected === count, `gap in the messages of ${name(event)}`);
      counts.set(name(event), count! + 1);
      const from = world.members.find(({ client }) => client.id === sender)!;
      assert.equal(`${from.node}:${from.pid} ${from.group}`, `${name(event)} ${member.group}`);
    }
  }
}

describe('closed process groups under faults', () => {
  it('agree once all is quiet, and never tell a client what cannot be', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const world = new World();
        for (const each of steps) world.do(each);
        world.settle();
        const expected = new Map<string, string[]>();
        for (const { group, node: id, pid } of world.alive()) {
          expected.set(group, [...(expected.get(group) ?? []), `${id}:${pid}`].sort());
        }
        for (const { engine } of world.ring.nodes.values()) {
          const groups = Object.entries(engine.dump() as Record<string, { nodeId: number; pid: number }[]>);
          assert.deepEqual(new Map(groups.map(([group, all]) => [group, all.map(name)])), expected);
        }
        for (const member of world.members) check(member, world);
        for (const { client, group } of world.alive()) {
          assert.deepEqual(client.configurations().at(-1)?.members.map(name), expected.get(group));
        }
      }),
      { numRuns: 1500 },
    );
  });
});
