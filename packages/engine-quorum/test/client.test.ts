import assert from 'node:assert/strict';
import { CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { QuorumClient, type QuorumState } from '../dist/client.js';
import { Daemon } from './daemon.js';
import { Lab } from './lab.js';

async function next(states: AsyncGenerator<QuorumState, void>): Promise<QuorumState> {
  const { value, done } = await states.next();
  assert.ok(!done && value);
  return value;
}

describe('QuorumClient', () => {
  it('watches who is here and whether that is enough', async () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    await using daemon = await Daemon.start(lab, 1);
    await using client = await QuorumClient.connect({ runDir: daemon.runDir });
    assert.deepEqual([await client.quorate(), await client.hasProvider()], [true, true]);
    const states = client.watch();
    const now = await next(states);
    assert.deepEqual([now.quorate, now.members, now.joined, now.left], [true, [1, 2, 3], [], []]);

    lab.form([1], [2, 3]);
    const alone = await next(states);
    assert.deepEqual([alone.quorate, alone.members, alone.joined, alone.left], [false, [1], [], [2, 3]]);

    // The node list of a synchronisation that is cut short before the verdict counts for the next verdict.
    lab.install([1, 2]);
    lab.node(1).quorum.sync.activate();
    lab.form([1, 2, 3]);
    const grown = await next(states);
    assert.deepEqual([grown.quorate, grown.members, grown.joined], [true, [1, 2, 3], [2, 3]]);
    assert.deepEqual(grown.ring, lab.node(1).ring?.id);
    await states.return();
    assert.equal(await client.quorate(), true);
  });

  it('asks for votes and sets them', async () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    await using daemon = await Daemon.start(lab, 2);
    await using client = await QuorumClient.connect({ runDir: daemon.runDir });
    const info = await client.info();
    assert.deepEqual([info.nodeId, info.state, info.totalVotes, info.quorum], [2, 'member', 3, 2]);
    assert.deepEqual([info.flags.quorate, info.flags.twoNode, info.device.name], [true, false, '']);
    await client.setExpected(5);
    await client.setVotes(3, 2);
    assert.deepEqual([(await client.info(3)).votes, (await client.info()).quorum], [2, 3]);
    await assert.rejects(client.setExpected(1), refusal(CsError.INVALID_PARAM));
    await assert.rejects(client.info(9), refusal(CsError.NOT_EXIST));
  });

  it('says that there is no votequorum without the provider', async () => {
    const lab = new Lab({ votes: [1], provider: false });
    await using daemon = await Daemon.start(lab, 1);
    await using client = await QuorumClient.connect({ runDir: daemon.runDir });
    assert.deepEqual([await client.quorate(), await client.hasProvider()], [true, false]);
    await assert.rejects(client.info(), refusal(CsError.NOT_EXIST));
  });

  it('stops watching when told to', async () => {
    const lab = new Lab({ votes: [1] });
    lab.form([1]);
    await using daemon = await Daemon.start(lab, 1);
    await using client = await QuorumClient.connect({ runDir: daemon.runDir });
    const stop = new AbortController();
    const states = client.watch({ signal: stop.signal });
    await next(states);
    const waiting = states.next();
    stop.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
  });
});

function refusal(csError: number) {
  return (error: unknown) => error instanceof ServiceError && error.csError === csError;
}
