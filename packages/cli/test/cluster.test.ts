import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Coterie } from './coterie.js';
import { Project, eventually, isAlive } from './project.js';

const GONE = 15_000;
/** A program that does not want the daemon to shut down. */
const OBJECTION = `
  Promise.all([import('@coterie/sdk'), import('@coterie/sdk/client')]).then(async ([sdk, { connect }]) => {
    const [CFG, TRACK, REPLY, QUESTION] = [1, 10, 4, 10];
    const cfg = await connect({ service: CFG });
    const word = sdk.struct({ number: sdk.slot(sdk.u32) });
    cfg.on(QUESTION, sdk.rest, () => void cfg.call(REPLY, word, { number: 0 }, sdk.empty));
    await cfg.call(TRACK, word, { number: 0 }, sdk.empty);
    console.log('tracking');
  });`;

describe('coterie dev', function () {
  this.timeout(120_000);
  let project: Project;

  beforeEach(() => (project = new Project()));
  afterEach(() => project.remove());

  it('shows a ring forming, a group in agreement, a node lost and found, and leaves nothing behind', async () => {
    const dev = new Coterie(['dev', '--exit-after-demo'], project.folder);
    await dev.says(/the same order everywhere/);
    const runs = project.runs() ?? '';
    const daemons = project.daemons();
    assert.equal(await dev.code(), 0, dev.out + dev.err);
    for (const pattern of [
      /The ring forms\n {2}node 1 sees ring 1\.[0-9a-f]+ of 1 2 3, quorate/,
      /node 3 heard( +[123]\.[123]){9}\n/,
      /Node 3 is killed \(SIGKILL\)\n {2}node 1 sees ring 1\.[0-9a-f]+ of 1 2, quorate/,
      /Node 3 starts again, process \d+\n {2}node 1 sees ring 1\.[0-9a-f]+ of 1 2 3, quorate/,
      /its member is in the group again/,
    ]) {
      assert.match(dev.out, pattern);
    }
    assert.equal(dev.err, '');
    assert(!dev.out.includes('\u001b'), 'no colours without a terminal');
    assert.deepEqual(daemons.filter(isAlive), []);
    assert(!existsSync(runs));
    assert.equal(project.runs(), undefined);
  });

  it('leaves when asked to', async () => {
    const dev = new Coterie(['dev', '--nodes', '2', '--no-demo'], project.folder);
    await dev.says(/stays up/);
    const daemons = project.daemons();
    assert.equal(daemons.filter(isAlive).length, 2);
    dev.child.kill('SIGTERM');
    assert.equal(await dev.code(), 0, dev.err);
    assert.deepEqual(daemons.filter(isAlive), []);
    assert.equal(project.runs(), undefined);
  });

  it('takes its daemons along when it is killed', async () => {
    const dev = new Coterie(['dev', '--nodes', '2', '--no-demo'], project.folder);
    await dev.says(/stays up/);
    const daemons = project.daemons();
    const runs = project.runs() ?? '';
    assert(existsSync(runs));
    dev.child.kill('SIGKILL');
    await dev.code();
    await eventually(GONE, () => daemons.every((pid) => !isAlive(pid)));
    assert(!existsSync(runs));
    const next = new Coterie(['dev', '--nodes', '2', '--no-demo', '--exit-after-demo'], project.folder);
    assert.equal(await next.code(), 0, next.err);
  });
});

describe('The commands, asked of a development cluster', function () {
  this.timeout(120_000);
  let project: Project;
  let dev: Coterie;

  /** A ring that changes meanwhile, on a busy machine, ends some requests: they have to be made again. */
  async function coterie(...args: string[]): Promise<Coterie & { exit: number | null }> {
    for (let tries = 1; ; tries++) {
      const run = new Coterie(args, project.folder);
      const exit = await run.code();
      const again = exit !== 0 && (run.out + run.err).includes('CS_ERR_TRY_AGAIN');
      if (!again || tries === 5) return Object.assign(run, { exit });
    }
  }

  before(async () => {
    project = new Project();
    dev = new Coterie(['dev', '--nodes', '3', '--no-demo'], project.folder);
    await dev.says(/stays up/);
  });

  after(async () => {
    dev.child.kill('SIGTERM');
    // Where a test has failed it may stand still.
    dev.child.kill('SIGCONT');
    await dev.code();
    project.remove();
  });

  it('status: all is well', async () => {
    const { out, exit } = await coterie('status', '--node', '2');
    assert.match(out, /^All is well\./);
    assert.match(out, /of cluster dev: 3 of 3 nodes, seen from node 2 over udpu/);
    assert.match(out, /Quorum yes: 3 of 3 votes, 2 needed/);
    assert.equal(exit, 0);
  });

  it('status --json: the same for a program', async () => {
    const { out } = await coterie('status', '--json');
    const status = JSON.parse(out) as { quorate: boolean; nodes: { member: boolean }[]; findings: unknown[] };
    assert.equal(status.quorate, true);
    assert.deepEqual(
      status.nodes.map(({ member }) => member),
      [true, true, true],
    );
    assert.deepEqual(status.findings, []);
  });

  it('quorum status and nodes', async () => {
    const status = await coterie('quorum', 'status');
    assert.match(status.out, /quorate +yes\n/);
    assert.match(status.out, /votes +3 of 3, 2 needed/);
    const nodes = await coterie('quorum', 'nodes', '--json');
    assert.deepEqual(
      (JSON.parse(nodes.out) as { nodes: unknown }).nodes,
      [1, 2, 3].map((nodeId) => ({ nodeId, name: `node-${nodeId}`, votes: 1, state: 'member' })),
    );
  });

  it('quorum explain and expected', async () => {
    const why = await coterie('quorum', 'explain');
    assert.equal(why.exit, 0, why.err);
    assert.match(why.out, /^Quorate: 3 of 3 votes, quorum is 2\.\n.*:\n {2}nodes \d and \d go\n/);
    const { changes } = JSON.parse((await coterie('quorum', 'explain', '--json')).out) as {
      changes: unknown[];
    };
    assert.equal(changes.length, 1);
    const refused = await coterie('quorum', 'expected', '2');
    assert.equal(refused.exit, 1);
    assert.match(refused.err, /^COTERIE_E_CLIENT_REQUEST: that is less than .*\(CS_ERR_INVALID_PARAM\)$/m);
    assert.equal((await coterie('quorum', 'expected', '3')).exit, 0);
  });

  it('exec: a program finds the daemon of the node, and its exit code is passed on', async () => {
    const tell = 'console.log(process.env.COTERIE_RUN_DIR); process.exit(7)';
    const { out, exit } = await coterie('exec', '--node', '2', '--', process.execPath, '-e', tell);
    assert.equal(exit, 7);
    assert.equal(out, `${join(project.runs() ?? '', '2')}\n`);
    const none = await coterie('exec', '--node', '2', '--', join(project.folder, 'none'));
    assert.equal(none.exit, 1);
    assert.match(none.err, /^COTERIE_E_USAGE: cannot run .*none/);
  });

  it('plugins --installed: what is there, and what keeps a daemon from it', async () => {
    const { out, exit } = await coterie('plugins', '--installed');
    assert.equal(exit, 0, out);
    assert.match(
      out,
      /^quorum +engine +\S+ +@coterie\/engine-quorum +quorum@1 +quorum +- +\/.*engine-quorum$/m,
    );
    const broken = join(project.folder, 'broken');
    mkdirSync(join(broken, 'node_modules/odd'), { recursive: true });
    writeFileSync(join(broken, 'package.json'), '{"dependencies":{"odd":"*","gone":"*"}}');
    writeFileSync(join(broken, 'node_modules/odd/package.json'), '{"coterie":{"manifest":9}}');
    const refused = await coterie('plugins', '--installed', '--project', broken);
    assert.equal(refused.exit, 1);
    assert.match(refused.out, /error: gone: .* \[COTERIE_E_PLUGIN_NOT_INSTALLED\]\n {2}Run npm install/);
    assert.match(refused.out, /error: odd: .* \[COTERIE_E_MANIFEST_VERSION\]\n {2}Install/);
  });

  it('plugins', async () => {
    const { plugins } = JSON.parse((await coterie('plugins', '--json')).out) as {
      plugins: { name: string }[];
    };
    const names = plugins.map(({ name }) => name).sort();
    for (const name of ['confdb', 'cpg', 'quorum', 'udp'])
      assert(names.includes(name), `${name} in ${names.join()}`);
  });

  it('cpg and groups: what one node says is heard through another', async () => {
    const listener = new Coterie(['cpg', 'listen', 'chat', '--node', '3'], project.folder);
    await listener.says(/members: 3:/);
    // Node 1 may hear of the member later than node 3.
    await eventually(GONE, async () => {
      const { groups } = JSON.parse((await coterie('groups', '--json')).out) as { groups: unknown };
      const members = [{ nodeId: 3, pid: listener.child.pid }];
      return isDeepStrictEqual(groups, [{ name: 'chat', members }]);
    });
    assert.equal((await coterie('cpg', 'send', 'chat', 'hello there', '--node', '1')).exit, 0);
    await listener.says(/^1:\d+ {2}hello there$/m);
    await listener.says(/1:\d+ went \(leave\)/);
    listener.child.kill('SIGINT');
    assert.equal(await listener.code(), 0, listener.err);
  });

  it('cpg send: standard input byte for byte, however much it is', async () => {
    const listener = new Coterie(['cpg', 'listen', 'input', '--json'], project.folder);
    await listener.says(/"type":"ring","ring":"1\.[0-9a-f]+"/);
    const input = `${'x'.repeat(2_000_000)}\n`;
    const send = new Coterie(['cpg', 'send', 'input', '--node', '2'], project.folder, input);
    assert.equal(await send.code(), 0, send.err);
    await listener.says(/"reason":"leave"/);
    listener.child.kill('SIGINT');
    assert.equal(await listener.code(), 0, listener.err);
    const events = listener.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { data?: string });
    assert.deepEqual(
      events.filter(({ data }) => data !== undefined).map(({ data }) => data === input),
      [true],
    );
  });

  it('sam run, list and stop', async () => {
    const script = 'echo up $COTERIE_SAM_INSTANCE; [ $COTERIE_SAM_INSTANCE -gt 1 ] && sleep 60; exit 3';
    const options = ['--name', 'sleeper', '--backoff', '10'];
    const run = new Coterie(['sam', 'run', ...options, '--', 'sh', '-c', script], project.folder);
    await run.says(/up 1\nup 2\n/);
    await eventually(GONE, () => /it ended with exit code 3; it is started again in 10 ms/.test(run.err));
    let pid = 0;
    await eventually(GONE, async () => {
      const { programs } = JSON.parse((await coterie('sam', 'list', '--json')).out) as {
        programs: { id: string; name: string; state: string; pid: number; restarts: number }[];
      };
      const [only] = programs;
      pid = only?.pid ?? 0;
      return only?.id === `${run.child.pid}` && only.name === 'sleeper' && only.restarts === 1 && pid > 0;
    });
    const list = await coterie('sam', 'list');
    assert.match(list.out, /^id +name +state +pid +restarts +policy +supervisor/);
    assert.match(
      list.out,
      new RegExp(`^${run.child.pid} +sleeper +running +${pid} +1 +restart +client$`, 'm'),
    );
    const stop = await coterie('sam', 'stop', `${run.child.pid}`);
    assert.equal(stop.exit, 0, stop.err);
    assert.equal(isAlive(pid), false);
    assert.equal(await run.code(), 1);
    assert.match((await coterie('sam', 'list')).out, /There are no supervised programs/);
    const again = await coterie('sam', 'stop', `${run.child.pid}`);
    assert.match(
      again.err,
      /^COTERIE_E_CLIENT_REQUEST: there is no supervised program \d+.*CS_ERR_NOT_EXIST/,
    );
    const start = await coterie('sam', 'start', 'nobody');
    assert.match(start.err, /^COTERIE_E_CLIENT_REQUEST: the configuration .* no supervised program nobody/);
  });

  it('sam run: ends with its program, and the program with it', async () => {
    const done = await coterie('sam', 'run', '--no-record', '--policy', 'quit', '--', 'sh', '-c', 'exit 4');
    assert.equal(done.exit, 4);
    const script = 'echo up $$; sleep 60';
    const run = new Coterie(['sam', 'run', '--', 'sh', '-c', script], project.folder);
    await run.says(/up \d+/);
    const pid = Number(/up (\d+)/.exec(run.out)?.[1]);
    run.child.kill('SIGINT');
    await run.code();
    assert.equal(isAlive(pid), false);
    const nothing = await coterie('sam', 'run');
    assert.match(nothing.err, /^COTERIE_E_USAGE: name the program/);
  });

  it('db: what is set below cluster. on one node is there on another, and watched', async () => {
    const watch = new Coterie(['db', 'watch', 'cluster.', '--node', '3', '--json'], project.folder);
    await eventually(GONE, () => watch.err.includes('watching'));
    const set = await coterie('db', 'set', 'cluster.app.limit', '250', '--type', 'u8', '--node', '1');
    assert.equal(set.exit, 0, set.err);
    await watch.says(/"kind":"add","key":"cluster\.app\.limit","new":\{"type":"u8","value":250\}/);
    const taken = await coterie('db', 'set', 'cluster.app.limit', '9', '--if-absent', '--node', '2');
    assert.deepEqual([taken.exit, taken.err.split(':')[0]], [1, 'COTERIE_E_DB_CHANGED']);
    const changed = await coterie('db', 'set', 'cluster.app.limit', '9', '--if', '250', '--node', '2');
    assert.equal(changed.exit, 0, changed.err);
    await watch.says(/"kind":"modify"/);
    const tree = await coterie('db', 'tree', '--map', 'cluster', '--node', '3');
    assert.equal(tree.out, 'cluster\n  app\n    limit (u8) = 9\n', tree.err);
    assert.match((await coterie('db', 'tree', '--node', '3')).out, /^ {4}limit \(u8\) = 9\n[^]*^totem\n/m);
    const wrong = await coterie('db', 'set', 'cluster.app.limit', '300');
    assert.match(wrong.err, /^COTERIE_E_USAGE: "300" is no value of type u8/);
    assert.equal((await coterie('db', 'delete', 'cluster.app.limit')).exit, 0);
    await watch.says(/"kind":"delete"/);
    const gone = await coterie('db', 'get', 'cluster.app.limit');
    assert.match(gone.err, /^COTERIE_E_DB_MISSING: /);
    watch.child.kill('SIGINT');
    assert.equal(await watch.code(), 0, watch.err);
  });

  it('db: configuration and statistics, read-only keys, clearing', async () => {
    assert.equal((await coterie('db', 'get', 'totem.cluster_name')).out, 'dev\n');
    const counter = await coterie('db', 'get', 'stats.srp.operational_entered', '--json');
    const { type, value } = JSON.parse(counter.out) as { type: string; value: string };
    assert.equal(type, 'u64');
    assert.ok(Number(value) > 0);
    assert.match(
      (await coterie('db', 'set', 'totem.version', '3')).err,
      /^COTERIE_E_DB_REFUSED: .*read-only/,
    );
    assert.equal((await coterie('db', 'set', 'stats.clear.totem', '1', '--type', 'u8')).exit, 0);
    assert.equal((await coterie('db', 'get', 'stats.srp.operational_entered')).out, '0\n');
  });

  it('a second cluster for the same project is refused', async () => {
    const second = await coterie('dev');
    assert.equal(second.exit, 1);
    assert.match(second.err, /^COTERIE_E_DEV_RUNNING: /);
  });

  it('config check: the configuration that was written has nothing wrong, another one has', async () => {
    const good = await coterie('config', 'check', '.coterie/dev/corosync.conf', '--node', '1');
    assert.equal(good.exit, 0, good.out + good.err);
    const bad = await coterie('config', 'check', 'package.json');
    assert.equal(bad.exit, 1);
    assert.match(bad.out, /^package\.json:1: error: .*COTERIE_E_CONFIG_/);
  });

  it('config check: a plugin that is not installed is an error', async () => {
    const folder = join(project.folder, 'lacking');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'package.json'),
      '{"dependencies": {"@coterie/transport-udp": "*", "gone": "*"}}',
    );
    const check = ['config', 'check', '.coterie/dev/corosync.conf', '--node', '1', '--project', folder];
    const text = await coterie(...check);
    assert.equal(text.exit, 1);
    assert.match(text.out, /^error: gone: .*COTERIE_E_PLUGIN_NOT_INSTALLED/);
    const json = await coterie(...check, '--json');
    assert.equal(json.exit, 1);
    const { pluginProblems } = JSON.parse(json.out) as { pluginProblems: { packageName: string }[] };
    assert.deepEqual(
      pluginProblems.map(({ packageName }) => packageName),
      ['gone'],
    );
  });

  it('reload: all nodes or none', async () => {
    const file = join(project.folder, '.coterie', 'dev', 'corosync.conf');
    const written = readFileSync(file, 'utf8');
    writeFileSync(file, written.replace('token: 1000', 'token: 1500'));
    const changed = await coterie('reload', '--node', '2');
    assert.equal(changed.exit, 0, changed.err);
    for (const node of [1, 2, 3])
      assert.match(changed.out, new RegExp(`^node ${node}: changes: .*\\btotem\\.token\\b`, 'm'));
    writeFileSync(file, written.replace('token: 1000', 'tokin: 1000'));
    const refused = await coterie('reload', '--json');
    assert.equal(refused.exit, 1);
    const { applied, nodes } = JSON.parse(refused.out) as { applied: boolean; nodes: { errors: string[] }[] };
    assert.equal(applied, false);
    for (const { errors } of nodes) assert.match(errors[0] ?? '', /tokin.*COTERIE_E_CONFIG_/);
    writeFileSync(file, written);
    const back = await coterie('reload');
    assert.equal(back.exit, 0, back.err);
  });

  it('events: what happens, a JSON object a line', async () => {
    const events = new Coterie(['events', '--node', '1'], project.folder);
    await events.says(/"type":"quorum","quorate":true,"ring":"1\.[0-9a-f]+","members":\[1,2,3\]/);
    // It is told of a change only once it tracks keys.
    await eventually(20_000, async () => {
      await coterie('db', 'set', 'test.events', `${Date.now()}`);
      return events.out.includes('"type":"database"');
    });
    events.child.kill('SIGINT');
    assert.equal(await events.code(), 0, events.err);
    for (const line of events.out.trimEnd().split('\n'))
      assert.equal(typeof (JSON.parse(line) as { at: unknown }).at, 'string');
  });

  it('shutdown: not while a program minds', async () => {
    const run = new Coterie(['exec', '--node', '1', '--', process.execPath, '-e', OBJECTION], project.folder);
    await run.says(/tracking/);
    const refused = await coterie('shutdown', '--node', '1');
    assert.equal(refused.exit, 1);
    assert.match(refused.err, /^COTERIE_E_CLIENT_REQUEST: a program of this node minds.*\(CS_ERR_BUSY\)$/m);
    run.child.kill('SIGTERM');
    await run.code();
  });

  const long = 'x'.repeat(300);
  for (const [what, ...command] of [
    ['a node id', 'kill', '4294967298'],
    ['no node id', 'kill', '0'],
    ['a reason', 'kill', '2', '--reason', long],
    ['votes', 'quorum', 'expected', '4294967299'],
    ['a key to read', 'db', 'get', long],
    ['a key to set', 'db', 'set', long, '1'],
    ['a prefix', 'db', 'watch', long],
    ['a program to end', 'sam', 'stop', long],
    ['a program to start', 'sam', 'start', long],
  ] as const) {
    it(`refuses ${what} that messages cannot hold`, async () => {
      const refused = await coterie(...command);
      assert.equal(refused.exit, 1);
      assert.match(refused.err, /^COTERIE_E_USAGE: /);
    });
  }

  it('kill and shutdown: a node stops, and is missing until it is started again', async () => {
    const watch = new Coterie(['quorum', 'watch'], project.folder);
    await watch.says(/of 1 2 3, quorate/);
    assert.equal((await coterie('kill', '3', '--reason', 'test')).exit, 0);
    await watch.says(/of 1 2, quorate; went: 3/);
    await watch.says(/went: 3[^]*of 1 2 3, quorate/);
    assert.equal((await coterie('shutdown', '--node', '2')).exit, 0);
    await watch.says(/of 1 3, quorate; went: 2/);
    await watch.says(/went: 2[^]*of 1 2 3, quorate/);
    const nobody = await coterie('kill', '7');
    assert.equal(nobody.exit, 1);
    assert.match(nobody.err, /^COTERIE_E_CLIENT_REQUEST: node 7 is not on the ring \(CS_ERR_NOT_EXIST\)$/m);
    watch.child.kill('SIGTERM');
    assert.equal(await watch.code(), 0, watch.err);
  });

  it('status and quorum watch when quorum is lost: exit code 2, the problem first, then the nodes are back', async () => {
    const watch = new Coterie(['quorum', 'watch'], project.folder);
    const json = new Coterie(['quorum', 'watch', '--json'], project.folder);
    await json.says(/"ring":"1\.[0-9a-f]+"/);
    await watch.says(/of 1 2 3, quorate/);
    // Who would start them again stands still until the loss has been looked at.
    dev.child.kill('SIGSTOP');
    try {
      for (const pid of project.daemons().slice(1)) process.kill(pid, 'SIGKILL');
      await watch.says(/of 1, not quorate; went: 2 3/);
      const { out, exit } = await coterie('status');
      assert.equal(exit, 2);
      assert.match(out, /^Not quorate: 1 of 3 votes, 2 needed/);
      assert.match(out, /node-2 \(127\.0\.0\.1\), node-3/);
    } finally {
      dev.child.kill('SIGCONT');
    }
    await watch.says(/of 1 2 3, quorate[^\n]*\n[^]*not quorate[^]*of 1 2 3, quorate/);
    for (const each of [watch, json]) {
      each.child.kill('SIGTERM');
      assert.equal(await each.code(), 0, each.err);
    }
    assert.doesNotThrow(() =>
      json.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    );
  });
});
