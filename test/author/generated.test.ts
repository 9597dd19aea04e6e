import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Injectable, Member } from '@coterie/sdk';
import { raw } from '@coterie/sdk';
import { engineConformance, transportConformance, type Demand } from '@coterie/testkit';
import { freePorts } from '../e2e/loopback.js';
import { Workshop } from './workshop.js';

/** What mocha's JSON reporter tells. */
interface Result {
  readonly stats: { readonly passes: number; readonly failures: number; readonly pending: number };
}

describe('What the generators write', function () {
  this.timeout(120_000);
  let workshop: Workshop;
  let engine: string;
  let transport: string;

  before(() => {
    workshop = new Workshop();
    engine = workshop.generate('engine', '@acme/my-board');
    transport = workshop.generate('transport', 'my-loop');
    for (const project of [engine, transport]) workshop.run(project, 'tsc', '-b', '.', 'test');
  });

  after(() => workshop.remove());

  it('builds, lints and passes its tests as it stands: an engine', () => {
    workshop.run(engine, 'eslint', '.');
    assert.deepEqual(tested(engine), { passes: 13, failures: 0, pending: 0 });
  });

  it('builds, lints and passes its tests as it stands: a transport', () => {
    workshop.run(transport, 'eslint', '.');
    assert.deepEqual(tested(transport), { passes: 14, failures: 0, pending: 0 });
  });

  it('passes its test as it stands: a daemon', () => {
    const daemon = workshop.generate('daemon', 'my-daemon');
    const said = workshop.run(
      daemon,
      'coteried',
      ...['-t', '-c', 'corosync.conf', '--node', '1', '--project', '.'],
    );
    assert.match(said, /no errors\n$/);
  });

  const spoiltEngines: [string, string, string, string][] = [
    [
      'has no strategy to agree again',
      'sync = replicate',
      'unused = replicate',
      'lets members that were apart agree again',
    ],
    [
      'forgets what it restored',
      'restore: (board) => (this.board = board)',
      'restore: () => undefined',
      'gives a node that starts what the others have',
    ],
    [
      'changes its state before it is delivered',
      'const sent =',
      'this.board = { ...this.board, said: 7 }; const sent =',
      'does the same on every member, in the same order',
    ],
    [
      'sends what chance tells',
      'client: client.id, text',
      'client: client.id, text: `${Math.random()}`',
      'does the same again from the same seed',
    ],
    [
      'throws at an empty line that a program sends',
      'const sent =',
      "if (text === '') throw new Error('spoilt'); const sent =",
      'goes on after requests that make no sense',
    ],
    [
      'throws at an empty line that a member sends',
      'const number =',
      "if (text === '') throw new Error('spoilt'); const number =",
      'goes on after messages that make no sense',
    ],
    [
      'throws when it is to leave',
      'onConnect(client) {',
      "stop() { throw new Error('spoilt'); } onConnect(client) {",
      'leaves the ring when it is asked to',
    ],
    [
      'decides by the order in which its node heard',
      'const number = this.board.said + 1',
      'const number = this.cluster.nodeId',
      'agrees whatever happens while it synchronises',
    ],
  ];
  for (const [what, text, by, title] of spoiltEngines) {
    it(`does not pass any more: an engine that ${what}`, async () => {
      const folder = workshop.spoil(engine, 'dist/engine.js', text, by);
      await assert.rejects(demand(await boardConformance(folder), title).run());
    });
  }

  const spoiltTransports: [string, string, string, string, string][] = [
    [
      'sends before it is told to',
      'transport.js',
      'this.queued.push(',
      'this.send(',
      'sends nothing before flush',
    ],
    [
      'cuts packets',
      'transport.js',
      'offset, length, port',
      'offset, length - 1, port',
      'changes and cuts no packet, whatever its size',
    ],
    [
      'does not retain what it queues',
      'transport.js',
      'slab.retain();',
      '',
      'gives back the memory of what it has sent',
    ],
    [
      'writes over memory that it handed over',
      'batch.js',
      'this.pool.take()',
      '(this.slab ??= this.pool.take())',
      'never writes again to memory that somebody retains',
    ],
    [
      'ignores changes of the nodelist',
      'transport.js',
      'this.members = members;\n    }',
      '}',
      'knows its members only',
    ],
    [
      'forgets its socket',
      'transport.js',
      'socket.close();',
      "socket.unref(); setImmediate(() => socket.emit('close'));",
      'can be opened again where it was closed',
    ],
    [
      'leaves members out',
      'transport.js',
      '!== this.context.nodeId',
      '> this.context.nodeId + 1',
      'brings a broadcast to every other member',
    ],
    [
      'broadcasts everything',
      'transport.js',
      'unicast(to, slab, offset, length) {',
      'unicast(to, slab, offset, length) { for (const { nodeId } of this.members) if (nodeId > to) this.unicast(nodeId, slab, offset, length);',
      'brings a unicast to one member only',
    ],
  ];
  for (const [what, file, text, by, title] of spoiltTransports) {
    it(`does not pass any more: a transport that ${what}`, async () => {
      const folder = workshop.spoil(transport, `dist/${file}`, text, by);
      await assert.rejects(demand(transportConformance({ folder, name: 'my-loop', members }), title).run());
    });
  }

  function tested(project: string): Result['stats'] {
    const { stats } = JSON.parse(
      workshop.run(project, 'mocha', '--reporter', 'json', 'dist-test/**/*.test.js'),
    ) as Result;
    const { passes, failures, pending } = stats;
    return { passes, failures, pending };
  }
});

describe('transport-udp', function () {
  this.timeout(60_000);
  const folder = new URL('../../../packages/transport-udp', import.meta.url);
  for (const { title, run } of transportConformance({ folder, name: 'udpu', members }))
    it(`udpu ${title}`, run);
});

/** The conformance suite as the generated tests ask for it, on another copy of the engine. */
async function boardConformance(folder: string): Promise<readonly Demand[]> {
  const built = (await import(pathToFileURL(join(folder, 'dist/index.js')).href)) as {
    MyBoardEngine: Injectable<{ board: unknown }>;
    Text: typeof raw;
  };
  return engineConformance({
    folder,
    engine: built.MyBoardEngine,
    state: ({ board }) => board,
    change: (program, n) => program.request(0, built.Text, { text: `line ${n}` } as never),
  });
}

function demand(demands: readonly Demand[], title: string): Demand {
  const found = demands.find((each) => each.title === title);
  assert.ok(found, title);
  return found;
}

/** Nodes at UDP ports of this machine that are free now. */
async function members(count: number): Promise<Member[]> {
  const ports = await freePorts(count);
  return ports.map((port, i) => ({ nodeId: i + 1, address: '127.0.0.1', port }));
}
