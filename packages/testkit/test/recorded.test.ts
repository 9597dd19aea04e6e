import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CpgProgram, checkRecorded, cluster, formatEvent, type SimulatedCluster } from '@coterie/testkit';

/** A cluster of three that has split, merged and lost a node while its programs talked. */
async function run(): Promise<SimulatedCluster> {
  const c = cluster({ nodes: 3 });
  c.start();
  await c.settled();
  const programs = c.nodes.map((node) => new CpgProgram(c, node, 'g', 100 + node.id));
  assert.ok(await c.runUntil(() => programs.every(({ members }) => members.length === 3)));
  const talk = async () => {
    for (let i = 0; i < 20; i++) {
      for (const program of programs) program.say(500);
      await c.run(5);
    }
  };
  await talk();
  c.partition([1], [2, 3]);
  await talk();
  await c.settled();
  c.heal();
  await talk();
  await c.settled();
  c.crash(3);
  await talk();
  c.start(3);
  await c.settled();
  await c.run(100);
  return c;
}

describe('recorded traces', function () {
  this.timeout(30_000);
  let c: SimulatedCluster;
  let folder: string;
  const path = (node: number) => join(folder, `${node}.trace`);

  /** Writes what each node would have; `change` may be made to its lines. */
  function record(change: (lines: string[], node: number) => string[] = (lines) => lines): string[] {
    for (const node of c.ids) {
      const own = c.trace.events.filter((event) => event.node === node && event.kind !== 'fail');
      writeFileSync(path(node), change(own.map(formatEvent), node).join('\n') + '\n');
    }
    return c.ids.map(path);
  }

  /** The properties that do not hold. */
  function broken(files: readonly string[], atRest = false): string {
    return [...new Set(checkRecorded(files, { atRest }).violations.map(({ property }) => property))].join(
      ' ',
    );
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-recorded-'));
    c = await run();
  });

  after(() => rmSync(folder, { recursive: true }));

  it('hold, with a life that ends without a word, and at rest', () => {
    const files = record();
    const { events, nodes } = checkRecorded(files);
    assert.deepEqual(nodes, [1, 2, 3]);
    assert.ok(events > 500, `${events} events`);
    assert.equal(broken(files), '');
    assert.equal(broken(files, true), '');
  });

  it('hold without those of a node, which is taken at the word of the others', () => {
    for (const node of c.ids) assert.equal(broken(record().filter((file) => file !== path(node))), '');
  });

  it('hold when a node was killed before it had written all, in the middle of a line', () => {
    const files = record();
    const text = readFileSync(path(1));
    for (const share of [0.3, 0.5, 0.77, 0.9]) {
      writeFileSync(path(1), text.subarray(0, Math.floor(share * text.length)));
      assert.equal(broken(files), '', `${share}`);
    }
  });

  it('hold when clocks are not quite in step', () => {
    const late = (line: string) =>
      line.replace(/^ *[\d.]+/, (at) => (Number(at) + 40).toFixed(3).padStart(12));
    for (const node of c.ids)
      assert.equal(broken(record((lines, id) => (id === node ? lines.map(late) : lines))), '');
  });

  it('show what was done wrong, with the events before it', () => {
    const spoil = (kind: string, change: (line: string) => string[]) =>
      record((lines, node) => {
        const chosen = lines.filter((line) => line.includes(` ${kind} `));
        const one = chosen[Math.floor(chosen.length / 2)]!;
        return node === 2 ? lines.flatMap((line) => (line === one ? change(line) : [line])) : lines;
      });
    assert.match(broken(spoil('deliver', () => [])), /6\.3/);
    assert.equal(broken(spoil('deliver', (line) => [line, line])).split(' ')[0], '1.4');
    assert.match(broken(spoil('originate', () => [])), /1\.3/);
    assert.match(broken(spoil('regular', () => [])), /1\.2/);
    const [first] = checkRecorded(
      spoil('deliver', () => []),
      { window: 5 },
    ).violations;
    assert.equal(first?.window.length, 5);
    assert.match(first.window.at(-1) ?? '', / 2\.1 +deliver /);
  });

  it('are asked for liveness only where they end at rest', () => {
    const files = record((lines, node) => (node === 1 ? lines.slice(0, -200) : lines));
    assert.equal(broken(files), '');
    assert.match(broken(files, true), /L/);
  });

  it('have to be traces', () => {
    const files = record((lines, node) =>
      node === 2 ? [...lines.slice(0, 9), 'x', ...lines.slice(9)] : lines,
    );
    assert.throws(() => checkRecorded(files), { code: 'COTERIE_E_TRACE_FORMAT', message: /2\.trace:10 / });
    record((lines) => lines.slice(1));
    assert.throws(() => checkRecorded(files), { code: 'COTERIE_E_TRACE_FORMAT', message: /any start/ });
    const nothing = join(folder, 'nothing.trace');
    writeFileSync(nothing, '');
    assert.throws(() => checkRecorded([nothing]), { code: 'COTERIE_E_TRACE_FORMAT', message: /no event/ });
    assert.throws(() => checkRecorded([join(folder, 'none')]), { code: 'COTERIE_E_TRACE_FILE' });
  });
});
