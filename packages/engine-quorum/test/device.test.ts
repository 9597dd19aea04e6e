import assert from 'node:assert/strict';
import { CsError, value, type Codec, type RingId } from '@coterie/sdk';
import * as lib from '../dist/votequorum-wire.js';
import { VoteRequest } from '../dist/votequorum-wire.js';
import { Lab, type LabNode } from './lab.js';
import type { FakeClient } from './ports.js';

class Device {
  readonly client: FakeClient;
  constructor(
    private readonly lab: Lab,
    private readonly node: LabNode,
    private readonly name = 'QD',
  ) {
    this.client = node.connect('votequorum');
  }

  register(): number {
    return this.ask(VoteRequest.deviceRegister, lib.NamedDevice, { name: this.name });
  }
  unregister(): number {
    return this.ask(VoteRequest.deviceUnregister, lib.NamedDevice, { name: this.name });
  }
  poll(castVote: number, ring: RingId = this.node.ring!.id): number {
    return this.ask(VoteRequest.devicePoll, lib.DevicePoll, { name: this.name, castVote, ring });
  }
  masterWins(allow: number): number {
    return this.ask(VoteRequest.deviceMasterWins, lib.DeviceMasterWins, { name: this.name, allow });
  }
  private ask<T>(id: number, codec: Codec<T>, value: T): number {
    this.node.request('votequorum', this.client, id, codec, value);
    this.lab.settle();
    return this.client.answer().error;
  }
}

/** Two nodes and a device with one vote: three votes in all. */
function pair(): Lab {
  const lab = new Lab({ votes: [1, 1], settings: { 'device.model': value.string('net') } });
  lab.form([1, 2]);
  return lab;
}

describe('quorum device', () => {
  it('gives its vote to the side that it polls for', () => {
    const lab = pair();
    const device = new Device(lab, lab.node(2));
    assert.equal(device.poll(1), CsError.NOT_EXIST);
    assert.equal(device.register(), CsError.OK);
    assert.equal(device.register(), CsError.OK);
    assert.equal(device.poll(1, { representative: 1, sequence: 1 }), CsError.MESSAGE_ERROR);
    assert.equal(device.poll(1), CsError.OK);
    assert.equal(lab.node(1).dump().device.name, 'QD');
    const ring = lab.install([2]);
    assert.equal(lab.node(2).votequorum.sync.process(), 'again', 'synchronisation waits for a poll');
    assert.equal(device.poll(1, ring.id), CsError.OK);
    lab.complete(ring);
    lab.form([1]);
    assert.deepEqual(lab.quorate(), [2]);
  });

  it('counts as lost without a poll in time', () => {
    const lab = pair();
    const device = new Device(lab, lab.node(2));
    device.register();
    device.poll(1);
    assert.equal(lab.node(2).dump().totalVotes, 3);
    lab.advance(10_000);
    assert.equal(lab.node(2).dump().totalVotes, 2);
    assert.match(lab.node(2).logger.lines.join('\n'), /quorum device "QD" was not heard of in time/);
  });

  it('holds synchronisation up no longer than sync_timeout', () => {
    const lab = pair();
    const device = new Device(lab, lab.node(2));
    device.register();
    device.poll(1);
    const ring = lab.install([2]);
    assert.equal(lab.node(2).votequorum.sync.process(), 'again');
    lab.node(2).timers.advance(30_000);
    lab.complete(ring);
    assert.equal(lab.node(2).quorate, false);
  });

  it('has one name in the cluster', () => {
    const lab = pair();
    assert.equal(new Device(lab, lab.node(1)).register(), CsError.OK);
    assert.equal(new Device(lab, lab.node(2), 'other').register(), CsError.EXIST);
    const second = new Device(lab, lab.node(2));
    assert.equal(second.register(), CsError.OK);
    assert.equal(second.unregister(), CsError.OK);
    assert.equal(lab.node(1).dump().device.name, 'QD');
    assert.equal(second.unregister(), CsError.NOT_EXIST);
  });

  it('may not register while the configuration contradicts it', () => {
    const lab = pair();
    lab.node(1).database.set('quorum.two_node', value.u8(1));
    lab.settle();
    const device = new Device(lab, lab.node(1));
    assert.equal(device.register(), CsError.ACCESS);
    assert.equal(device.masterWins(1), CsError.ACCESS);
  });

  it('is not registered for a client that went away meanwhile', () => {
    const lab = pair();
    const node = lab.node(1);
    const client = node.connect('votequorum');
    node.request('votequorum', client, VoteRequest.deviceRegister, lib.NamedDevice, { name: 'QD' });
    node.votequorum.onDisconnect(client);
    lab.settle();
    assert.deepEqual(client.take(), []);
    assert.equal(new Device(lab, node).register(), CsError.OK);
  });
});
