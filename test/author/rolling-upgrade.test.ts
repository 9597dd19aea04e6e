import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Codec, Injectable } from '@coterie/sdk';
import { cluster, pluginIn } from '@coterie/testkit';
import { withRing } from '../e2e/with-ring.js';
import type { Cluster } from '../interop/cluster.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { Talker, boardOf, type BoardClient, type BoardLine } from './board.js';
import { DaemonFolder } from './daemon-folder.js';
import { Workshop } from './workshop.js';

const NODES = [1, 2, 3];
const PATIENCE = 30_000;
/** Lines that each program gets onto the board in each state of the cluster. */
const LINES = 20;

describeWith([program('setpriv')], 'a generated engine whose messages change', function () {
  this.timeout(120_000);
  let workshop: Workshop;
  let first: string;
  let second: string;

  before(() => {
    workshop = new Workshop();
    first = generated(workshop, 'first');
    second = generated(workshop, 'second');
    speakVersionTwo(second);
    for (const folder of [first, second]) workshop.run(folder, 'tsc', '-b');
  });

  after(() => workshop.remove());

  it('speaks its second version where all do: on a simulated cluster', async () => {
    const { MyBoardEngine, SERVICE, Text } = (await import(
      pathToFileURL(join(second, 'dist/index.js')).href
    )) as {
      MyBoardEngine: Injectable<{ board: { lines: readonly BoardLine[] } }>;
      SERVICE: number;
      Text: Codec<{ text: string }>;
    };
    const c = cluster({ nodes: 3, plugins: [await pluginIn(second)], config: { 'my-board': {} } });
    c.start();
    await c.settled();
    c.node(1).connect(SERVICE).request(0, Text, { text: 'hello' });
    const line = () => c.node(3).engine(MyBoardEngine).board.lines[0]?.text;
    assert.ok(await c.runUntil(() => line() !== undefined, PATIENCE));
    assert.equal(line(), 'hello by -1');
  });

  it('is rolled across three nodes under load, and nothing that was acknowledged is lost', async () => {
    const daemons = new Map(NODES.map((id) => [id, new DaemonFolder(join(workshop.folder, `${id}`))]));
    for (const daemon of daemons.values()) daemon.install(first);
    const { MyBoardClient } = (await import(pathToFileURL(join(first, 'dist/client.js')).href)) as {
      MyBoardClient: BoardClient;
    };
    const project = (id: number) => daemons.get(id)!.folder;
    const sections = 'my-board {\n  keep: 10000\n}';
    await withRing({ nodes: 3, token: 1000, project, sections }, async (cluster) => {
      const talkers = cluster.nodes.map(({ id, runDir }) => new Talker(id, MyBoardClient, runDir));
      try {
        await heard(talkers);
        let [before, after] = [0, 0];
        for (const id of [3, 1, 2]) {
          before = latest(talkers);
          await cluster.node(id).stop();
          await heard(talkers.filter((talker) => talker.node !== id));
          daemons.get(id)!.install(second);
          await cluster.start(id);
          await cluster.agree(NODES, PATIENCE);
          await heard(talkers);
          after = latest(talkers);
          await heard(talkers);
        }
        await Promise.all(talkers.map((talker) => talker.end()));
        const versions = await mustHaveAll(cluster, MyBoardClient, talkers);
        assert.ok(versions.indexOf(2) >= before, 'version 2 is for when all speak it');
        // What was waiting to be sent when they began to is in version 1 still.
        assert.ok(versions.lastIndexOf(1) < after, 'version 1 is over then');
        assert.ok(before > 0 && versions.includes(2));
      } finally {
        await Promise.all(talkers.map((talker) => talker.end()));
      }
    });
  });
});

/** As it is written, but for a line: what is acknowledged on the smaller side of a partition would be lost. */
function generated(workshop: Workshop, directory: string): string {
  workshop.run(
    workshop.folder,
    'coterie',
    'generate',
    'engine',
    '@acme/my-board',
    '--yes',
    '--directory',
    directory,
  );
  const folder = join(workshop.folder, directory);
  const sends = '    const sent =';
  edit(folder, 'src/engine.ts', [
    [sends, `    if (!this.cluster.quorate) return client.respond(0, CsError.TRY_AGAIN);\n${sends}`],
  ]);
  return folder;
}

/** Its second version says in a new message which process has said something; it still understands the first. */
function speakVersionTwo(folder: string): void {
  edit(folder, 'package.json', [
    ['"version": "0.1.0"', '"version": "0.2.0"'],
    ['"max": 1', '"max": 2'],
  ]);
  edit(folder, 'src/messages.ts', [
    ['import { boundedString,', 'import { boundedString, i32,'],
    [
      '/** Event 0, to every program',
      `/** Message 1, from version 2 on: as message 0, and which process has said it. */
export const SayToo = struct({ process: i32, client: u32, text });

/** Event 0, to every program`,
    ],
  ]);
  edit(folder, 'src/engine.ts', [
    ['Said, Say,', 'Said, Say, SayToo,'],
    [
      'const sent = this.cluster.multicast(0, Say, { client: client.id, text });',
      `const said = { client: client.id, text };
    const sent =
      this.cluster.wire === 1
        ? this.cluster.multicast(0, Say, said)
        : this.cluster.multicast(1, SayToo, { ...said, process: client.pid });`,
    ],
    [
      '/** A new program gets',
      `@Delivery(1, SayToo)
  saidToo({ client, text, process }: Infer<typeof SayToo>, from: NodeId): void {
    this.said({ client, text: \`\${text} by \${process}\` }, from);
  }

  /** A new program gets`,
    ],
  ]);
}

function edit(folder: string, file: string, changes: readonly (readonly [what: string, by: string])[]): void {
  const path = join(folder, file);
  let text = readFileSync(path, 'utf8');
  for (const [what, by] of changes) {
    assert.ok(text.includes(what), `${file} has "${what}"`);
    text = text.replace(what, by);
  }
  writeFileSync(path, text);
}

/** The last line that was acknowledged. */
function latest(talkers: readonly Talker[]): number {
  return Math.max(...talkers.map(({ last }) => last));
}

/** Each of them has had as many more lines acknowledged. */
async function heard(talkers: readonly Talker[]): Promise<void> {
  const wanted = talkers.map((talker) => ({ talker, count: talker.acknowledged.size + LINES }));
  await until('lines on the board', PATIENCE, () => {
    const behind = wanted.find(({ talker, count }) => talker.acknowledged.size < count);
    return behind && `node ${behind.talker.node} has ${behind.talker.acknowledged.size} of ${behind.count}`;
  });
}

/** @returns in which version each line was said */
async function mustHaveAll(
  cluster: Cluster,
  client: BoardClient,
  talkers: readonly Talker[],
): Promise<number[]> {
  await using last = await client.connect({ runDir: cluster.node(1).runDir });
  const end = await last.say('the end');
  const boards = [];
  for (const { runDir } of cluster.nodes) boards.push(await boardOf(client, runDir, end));
  const [board = []] = boards;
  for (const other of boards) assert.deepEqual(other, board);
  assert.deepEqual(
    board.map(({ number }) => number),
    Array.from({ length: end }, (_, i) => i + 1),
  );

  const said = board.map(({ text }) => text.replace(/ by \d+$/, ''));
  assert.equal(new Set(said).size, end, 'nothing stands there twice');
  for (const { acknowledged } of talkers)
    for (const [text, number] of acknowledged) assert.equal(said[number - 1], text);

  return board.map(({ text }) => (text.includes(' by ') ? 2 : 1));
}
