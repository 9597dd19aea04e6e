import assert from 'node:assert/strict';
import { CsError } from '@coterie/sdk';
import { Prng, cluster, type SectionSettings, type SimulatedCluster } from '@coterie/testkit';
import { MapMember, contents, disorder, stamp } from './map-member.js';

async function started(nodes: number, config: SectionSettings = {}, seed = 1): Promise<SimulatedCluster> {
  const c = cluster({ nodes, seed, config });
  c.start();
  await c.settled();
  return c;
}

/** Both halves of two nodes are quorate. */
const lenient = { quorum: { two_node: 1, wait_for_all: 0 } };

function members(c: SimulatedCluster): MapMember[] {
  return c.nodes.map((node) => new MapMember(c, node));
}

function same(c: SimulatedCluster, expected: Record<string, unknown>): void {
  for (const node of c.nodes) assert.deepEqual(contents(node), expected, `node ${node.id}`);
}

describe('The cluster map', () => {
  it('is changed on all nodes by whoever changes it', async () => {
    const c = await started(3);
    const [a, b] = members(c) as [MapMember, MapMember];
    assert.equal(await a.answered((done) => a.set('colour', 'green', done)), CsError.OK);
    assert.equal(await b.answered((done) => b.set('shape', 'round', done)), CsError.OK);
    assert.equal(await b.answered((done) => b.delete('colour', done)), CsError.OK);
    assert.equal(await a.answered((done) => a.delete('colour', done)), CsError.NOT_EXIST);
    assert.equal(await a.answered((done) => a.adjust('shape', 1, done)), CsError.INVALID_PARAM);
    assert.equal(await a.answered((done) => a.set('not a key', 'x', done)), CsError.NAME_TOO_LONG);
    assert.equal(await a.answered((done) => a.set('long', 'x'.repeat(16_385), done)), CsError.INVALID_PARAM);
    await c.run(100);
    same(c, { shape: 'round' });
  });

  it('lets one of many win that compare and set', async () => {
    const c = await started(3);
    const all = members(c);
    const answers: CsError[] = [];
    for (const member of all)
      member.exchange('lock', undefined, `${member.node.id}`, (error) => answers.push(error));
    assert.ok(await c.runUntil(() => answers.length === 3, 5000));
    assert.deepEqual(answers.sort(), [CsError.OK, CsError.FAILED_OPERATION, CsError.FAILED_OPERATION]);
    const [first] = all as [MapMember];
    const holder = contents(first.node).lock as string;
    assert.equal(
      await first.answered((done) => first.exchange('lock', 'nobody', undefined, done)),
      CsError.FAILED_OPERATION,
    );
    assert.equal(await first.answered((done) => first.exchange('lock', holder, undefined, done)), CsError.OK);
    await c.run(100);
    same(c, {});
  });

  it('comes to nodes that start, and goes on without those that ended', async () => {
    const c = await started(3);
    const [a] = members(c) as [MapMember];
    let done = 0;
    for (let i = 0; i < 50; i++) a.set(`key.${i}`, 'x'.repeat(8000), () => done++);
    assert.ok(await c.runUntil(() => done === 50, 5000));
    c.crash(3);
    await c.settled();
    assert.equal(await a.answered((done) => a.set('last', 'one', done)), CsError.OK);
    c.start(3);
    await c.settled();
    const { length } = Object.keys(contents(c.node(1)));
    assert.equal(length, 51);
    same(c, contents(c.node(1)));
    assert.deepEqual(stamp(c.node(3)), stamp(c.node(1)));
    c.crash(1);
    c.crash(2);
    await c.run(10_000);
    assert.equal(Object.keys(contents(c.node(3))).length, length);
  });

  it('is not changed without quorum; the map of the quorate part wins', async () => {
    const c = await started(5);
    const all = members(c);
    const [a, , , , e] = all as [MapMember, MapMember, MapMember, MapMember, MapMember];
    assert.equal(await a.answered((done) => a.set('before', '1', done)), CsError.OK);
    c.network.partition([1, 2], [3, 4, 5]);
    await c.settled();
    assert.equal(await a.answered((done) => a.set('minority', '1', done)), CsError.TRY_AGAIN);
    assert.equal(await e.answered((done) => e.set('majority', '1', done)), CsError.OK);
    assert.equal(await e.answered((done) => e.delete('before', done)), CsError.OK);
    e.seen.length = a.seen.length = 0;
    c.network.heal();
    await c.settled();
    same(c, { majority: '1' });
    assert.deepEqual(e.seen, []);
    assert.deepEqual(
      a.seen.map(({ what }) => what),
      ['cluster.before=', 'cluster.majority=1'],
    );
  });

  it('of one part wins whole where there is no quorum to decide', async () => {
    const c = await started(2, lenient);
    const [a, b] = members(c) as [MapMember, MapMember];
    c.network.partition([1], [2]);
    await c.settled();
    assert.equal(await a.answered((done) => a.set('left', '1', done)), CsError.OK);
    assert.equal(await b.answered((done) => b.set('right', '1', done)), CsError.OK);
    assert.equal(await b.answered((done) => b.set('more', '1', done)), CsError.OK);
    c.network.heal();
    await c.settled();
    same(c, { right: '1', more: '1' });
  });

  it('never is that of a node that has just started', async () => {
    const c = await started(2, lenient);
    const [a] = members(c) as [MapMember];
    assert.equal(await a.answered((done) => a.set('key', '1', done)), CsError.OK);
    c.network.partition([1], [2]);
    await c.settled();
    // Its rings get newer numbers than node 1's.
    for (let i = 0; i < 3; i++) {
      c.crash(2);
      c.start(2);
      await c.settled();
    }
    assert.deepEqual(contents(c.node(2)), {});
    c.network.heal();
    await c.settled();
    same(c, { key: '1' });
  });

  it('can be looked at alone', async () => {
    const c = await started(1);
    const [a] = members(c) as [MapMember];
    assert.equal(await a.selectMap(2), CsError.OK);
    assert.equal(await a.selectMap(3), CsError.NOT_EXIST);
    assert.equal(await a.answered((done) => a.set('key', '1', done)), CsError.OK);
    same(c, { key: '1' });
  });

  it('has an end', async () => {
    const c = await started(2);
    const [a, b] = members(c) as [MapMember, MapMember];
    const answers = new Map<CsError, number>();
    let count = 0;
    const more = () => {
      if (++count <= 260)
        a.set(`key.${count}`, 'x'.repeat(16_384), (error) => {
          answers.set(error, (answers.get(error) ?? 0) + 1);
          more();
        });
    };
    more();
    assert.ok(await c.runUntil(() => count > 260, 60_000));
    assert.deepEqual(
      [...answers],
      [
        [CsError.OK, 255],
        [CsError.NO_SPACE, 5],
      ],
    );
    assert.equal(await b.answered((done) => b.delete('key.1', done)), CsError.OK);
    assert.equal(await b.answered((done) => b.set('key.1', 'again', done)), CsError.OK);
    c.crash(2);
    c.start(2);
    await c.settled();
    assert.deepEqual(contents(c.node(2)), contents(c.node(1)));
  });
});

/** Seeds of every run of the tests. */
const SEEDS = 60;

/** Faults strike while programs on all nodes change the map; then everything heals. */
class Chaos {
  readonly random: Prng;
  readonly cluster: SimulatedCluster;
  /** All programs there have been, and those that are connected by node. */
  readonly all: MapMember[] = [];
  private readonly current = new Map<number, MapMember>();
  /** Keys that a member has made which was quorate in its next ring too: nobody may lose them. */
  readonly kept: { key: string; member: MapMember; ring: string }[] = [];
  private count = 0;
  private talking = true;
  /** Nodes crash, and with all that have a change it is gone. */
  readonly crashes: boolean;

  constructor(readonly seed: number) {
    this.random = new Prng(seed);
    this.crashes = this.random.chance(0.5);
    this.cluster = cluster({ nodes: this.random.pick([2, 3, 3, 4, 5]), seed });
    this.cluster.start();
    this.tick();
  }

  async run(): Promise<void> {
    const { cluster: c, random } = this;
    await c.runUntil(() => c.stable, 10_000);
    for (let step = 0; step < 8; step++) {
      await c.run(random.between(50, 3000));
      this.strike();
    }
    c.network.calm();
    for (const id of c.ids) if (!c.alive(id)) c.start(id);
    await c.settled();
    this.talking = false;
    await c.run(3000);
  }

  private strike(): void {
    const { cluster: c, random } = this;
    const fault = random.pick(['partition', 'heal', 'loss', ...(this.crashes ? ['crash', 'restart'] : [])]);
    if (fault === 'partition') {
      const side = c.ids.filter(() => random.chance(0.5));
      c.network.partition(
        side,
        c.ids.filter((id) => !side.includes(id)),
      );
    } else if (fault === 'heal') c.network.heal();
    else if (fault === 'loss') c.network.losses.push({ rate: random.between(0, 0.2) });
    else {
      const id = random.pick(c.ids);
      if (c.alive(id)) c.crash(id);
      if (fault === 'restart') c.start(id);
    }
  }

  private tick(): void {
    if (!this.talking) return;
    for (const node of this.cluster.nodes) {
      let member = this.current.get(node.id);
      if (!member?.connected || member.node !== node) {
        member = new MapMember(this.cluster, node);
        this.current.set(node.id, member);
        this.all.push(member);
      } else if (this.random.chance(0.3)) this.change(member);
    }
    this.cluster.schedule.after(this.random.between(5, 50), () => this.tick());
  }

  private change(member: MapMember): void {
    const number = `${++this.count}`;
    const shared = `shared.${this.random.below(5)}`;
    const roll = this.random.next();
    if (roll < 0.4) {
      const key = `own.${number}`;
      member.set(key, number, (error) => {
        if (error !== CsError.OK) return;
        const made = member.seen.find(({ what }) => what === `cluster.${key}=${number}`);
        if (made) this.kept.push({ key, member, ring: made.ring });
      });
    } else if (roll < 0.6) member.set(shared, number);
    else if (roll < 0.8) member.delete(shared);
    else member.exchange(shared, undefined, number);
  }
}

describe('The cluster map under random faults', function () {
  this.timeout(120_000);

  for (let from = 1; from <= SEEDS; from += 20) {
    it(`becomes one map that has lost nothing (seeds ${from} to ${from + 19})`, async () => {
      for (let seed = from; seed < from + 20; seed++) {
        const chaos = new Chaos(seed);
        await chaos.run();
        const { cluster: c, all } = chaos;
        const first = c.nodes[0]!;
        for (const node of c.nodes) {
          assert.deepEqual(contents(node), contents(first), `seed ${seed}: nodes ${node.id} and ${first.id}`);
          assert.deepEqual(stamp(node), stamp(first), `seed ${seed}: stamps of ${node.id} and ${first.id}`);
        }
        assert.equal(disorder(all), undefined, `seed ${seed}`);
        assert.ok(chaos.kept.length > 0 || c.ids.length === 2, `seed ${seed}: nothing was changed`);
        if (!chaos.crashes) mustBeThere(chaos, seed);
      }
    });
  }
});

/** What a member has acknowledged is there if the next ring of that member was quorate. */
function mustBeThere({ cluster: c, kept }: Chaos, seed: number): void {
  const there = contents(c.nodes[0]!);
  const rings = new Map<number, { name: string; quorate: boolean }[]>(c.ids.map((id) => [id, []]));
  for (const event of c.trace.events) {
    if (event.kind !== 'regular') continue;
    const name = `${event.ring.representative}.${event.ring.sequence}`;
    rings.get(event.node)!.push({ name, quorate: event.members.length > c.ids.length / 2 });
  }
  for (const { key, member, ring } of kept) {
    const way = rings.get(member.node.id)!;
    const next = way[way.findIndex(({ name }) => name === ring) + 1];
    if (next === undefined || next.quorate)
      assert.ok(key in there, `seed ${seed}: ${key} of ring ${ring} is lost`);
  }
}
