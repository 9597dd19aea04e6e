import assert from 'node:assert/strict';
import { CsError, empty, value, type Codec, type Infer } from '@coterie/sdk';
import { cluster, type SimulatedClient, type SimulatedCluster } from '@coterie/testkit';
import fc from 'fast-check';
import {
  NAME_ROOM,
  Program,
  Programs,
  Quorum,
  Register,
  Report,
  SERVICE,
  SamEvent,
  SamRequest,
  clip,
} from '../dist/client-wire.js';
import { plugin } from '../dist/index.js';

/** A program connected to the service of the only node. */
class Speaker {
  readonly answers: { id: number; error: number; body: DataView }[] = [];
  readonly events: number[] = [];

  constructor(
    private readonly cluster: SimulatedCluster,
    readonly client: SimulatedClient,
  ) {
    client.onFrame = ({ kind, id, error, body }) => {
      if (kind === 'event') this.events.push(id);
      else this.answers.push({ id, error, body });
    };
  }

  async ask<T>(id: number, codec: Codec<T>, request: T): Promise<{ error: number; body: DataView }> {
    this.client.request(id, codec, request);
    return this.answer();
  }

  async answer(): Promise<{ error: number; body: DataView }> {
    assert.ok(await this.cluster.runUntil(() => this.answers.length > 0, 10_000), 'no answer');
    return this.answers.shift()!;
  }

  async list(): Promise<Infer<typeof Programs>['programs']> {
    const { error, body } = await this.ask(SamRequest.list, empty, undefined);
    assert.equal(error, CsError.OK);
    const decoded = Programs.decode(body, 0, body.byteLength);
    assert.ok(decoded.ok);
    return decoded.value.programs;
  }
}

const registration = { pid: 4711, recovery: 1, interval: 500, name: 'mine' };
const report = { state: 1, over: 0, heard: 0, pid: 4712, instance: 1, restarts: 0, reason: '' };

describe('the service', () => {
  let c: SimulatedCluster;
  const connect = () => new Speaker(c, c.node(1).connect(SERVICE));
  const database = () => c.node(1).executive.database;

  beforeEach(async () => {
    c = cluster({ nodes: 1, plugins: [{ name: 'sam', plugin }] });
    c.start();
    await c.settled();
  });

  it('lists what libsam has recorded', async () => {
    const keys = { recovery: 'quit', state: 'running' };
    for (const [key, text] of Object.entries(keys)) {
      database().set(`resources.process.99.${key}`, value.string(text));
    }
    database().set('resources.process.99.poll_period', value.u64(2000n));
    const [only, ...others] = await connect().list();
    assert.deepEqual(others, []);
    assert.deepEqual(only, {
      ...{ id: '99', state: 'running', recovery: 'quit', supervisor: 'libsam', name: '', reason: '' },
      ...{ pollPeriod: 2000n, lastUpdated: 0n, pid: 0, instance: 0, restarts: 0 },
    });
  });

  it('lists keys of any kind, and so many of them, without harm', async () => {
    database().set('resources.process.1.state', value.u8(1));
    database().set('resources.process.2.state', value.string('ü'.repeat(5000)));
    database().set('resources.process.2.pid', value.string('x'));
    database().set('resources.process.a.b.state', value.string('deep'));
    for (let n = 0; n < 1500; n++) database().set(`resources.process.p${n}.state`, value.string('running'));
    const programs = await connect().list();
    assert.equal(programs.length, 1000);
    assert.deepEqual([programs[0]?.state, programs[1]?.state], ['', 'ü'.repeat(NAME_ROOM / 2)]);
  });

  it('takes orders for the programs that it knows', async () => {
    const asker = connect();
    const stop = async (id: string) => (await asker.ask(SamRequest.stop, Program, { id })).error;
    assert.equal(await stop('99'), CsError.NOT_EXIST);
    database().set('resources.process.99.state', value.string('running'));
    assert.equal(await stop('99'), CsError.NOT_SUPPORTED);
    database().set('resources.process.99.state', value.string('failed'));
    database().set('resources.process.99.recovery', value.string('quit'));
    assert.equal(await stop('99'), CsError.OK);
    assert.deepEqual(database().keys('resources.process.99.'), []);
  });

  it('passes the order to stop on, and answers when it is carried out', async () => {
    const supervisor = connect();
    const asker = connect();
    const { error, body } = await supervisor.ask(SamRequest.register, Register, registration);
    assert.deepEqual(
      [error, Quorum.decode(body, 0, body.byteLength)],
      [CsError.OK, { ok: true, value: { quorate: 1 } }],
    );
    assert.equal((await supervisor.ask(SamRequest.report, Report, report)).error, CsError.OK);
    asker.client.request(SamRequest.stop, Program, { id: '4711' });
    assert.ok(await c.runUntil(() => supervisor.events.includes(SamEvent.stop)));
    assert.deepEqual(asker.answers, []);
    await supervisor.ask(SamRequest.report, Report, { ...report, state: 0, over: 1 });
    assert.equal((await asker.answer()).error, CsError.OK);
    assert.deepEqual(await asker.list(), []);
  });

  it('says of a program whose supervisor is gone that it has failed', async () => {
    const supervisor = connect();
    const asker = connect();
    await supervisor.ask(SamRequest.register, Register, registration);
    await supervisor.ask(SamRequest.report, Report, { ...report, heard: 1 });
    asker.client.request(SamRequest.stop, Program, { id: '4711' });
    assert.ok(await c.runUntil(() => supervisor.events.includes(SamEvent.stop)));
    supervisor.client.disconnect();
    assert.equal((await asker.answer()).error, CsError.FAILED_OPERATION);
    const [only] = await asker.list();
    assert.deepEqual([only?.state, only?.reason], ['failed', 'its supervisor has gone without a word']);
    assert.ok(only!.lastUpdated > 0n);
  });

  it('outlives an asker that does not wait for the answer', async () => {
    const supervisor = connect();
    const asker = connect();
    await supervisor.ask(SamRequest.register, Register, registration);
    asker.client.request(SamRequest.stop, Program, { id: '4711' });
    assert.ok(await c.runUntil(() => supervisor.events.includes(SamEvent.stop)));
    asker.client.disconnect();
    await c.run(100);
    await supervisor.ask(SamRequest.report, Report, { ...report, over: 1 });
    assert.deepEqual(await connect().list(), []);
  });

  it('refuses what makes no sense', async () => {
    const one = connect();
    const refused: [number, Codec<never>, unknown, CsError][] = [
      [SamRequest.report, Report as Codec<never>, report, CsError.BAD_HANDLE],
      [SamRequest.register, Register as Codec<never>, { ...registration, pid: 0 }, CsError.INVALID_PARAM],
      [
        SamRequest.register,
        Register as Codec<never>,
        { ...registration, recovery: 9 },
        CsError.INVALID_PARAM,
      ],
      [SamRequest.start, Program as Codec<never>, { id: '4711' }, CsError.NOT_EXIST],
      [99, empty as Codec<never>, undefined, CsError.INVALID_PARAM],
    ];
    for (const [id, codec, request, error] of refused) {
      assert.equal((await one.ask(id, codec, request as never)).error, error);
    }
    assert.equal((await one.ask(SamRequest.register, Register, registration)).error, CsError.OK);
    assert.equal(
      (await one.ask(SamRequest.report, Report, { ...report, state: 9 })).error,
      CsError.INVALID_PARAM,
    );
    for (const who of [one, connect()]) {
      assert.equal((await who.ask(SamRequest.register, Register, registration)).error, CsError.EXIST);
    }
  });
});

describe('texts in messages', () => {
  it('are cut at a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, room) => {
        const clipped = clip(text, room);
        assert.ok(Buffer.byteLength(clipped) <= room);
        assert.ok(text.startsWith(clipped));
        // No more than one character's bytes are left unused.
        if (clipped !== text) assert.ok(Buffer.byteLength(clipped) > room - 4);
      }),
    );
  });
});
