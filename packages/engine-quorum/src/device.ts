import {
  CsError,
  sameRing,
  type Client,
  type Infer,
  type Logger,
  type Timer,
  type Timers,
} from '@coterie/sdk';
import type { Introduction } from './introduction.js';
import { NodeFlag, NodeState } from './nodes.js';
import type { Outbox } from './outbox.js';
import { VoteResponse, type DevicePoll } from './votequorum-wire.js';
import type { Votes } from './votes.js';
import { DeviceOperation, DeviceRegistration, DeviceRename, Fn } from './wire.js';

const REGISTERED =
  NodeFlag.deviceRegistered | NodeFlag.deviceAlive | NodeFlag.deviceCastsVote | NodeFlag.deviceMasterWins;

/** The quorum device on this node: a client that registers, polls and so adds its vote. */
export class QuorumDevice {
  /** The name all members know; empty as long as none registered. */
  name = '';
  /** Does synchronisation wait for a poll on the new ring? */
  awaited = false;
  /** Answered when its registration comes back from the ring. */
  private registering: Client | undefined;
  private readonly timer: Timer;

  constructor(
    private readonly votes: Votes,
    private readonly outbox: Outbox,
    private readonly introduction: Introduction,
    private readonly logger: Logger,
    timers: Timers,
  ) {
    this.timer = timers.timer(() => this.lose());
  }

  get registered(): boolean {
    return this.has(NodeFlag.deviceRegistered);
  }

  /** A new ring: what the device said about the old one does not count. */
  install(): void {
    this.awaited = this.registered && this.has(NodeFlag.deviceAlive);
    if (this.awaited) this.timer.start(this.votes.rules.device?.syncTimeout ?? 0);
  }

  /** Undefined: answered later. */
  register(name: string, client: Client): CsError | undefined {
    if (!this.votes.rules.deviceAllowed) return CsError.ACCESS;
    if (name === '') return CsError.INVALID_PARAM;
    if (this.registered) return name === this.name ? CsError.OK : CsError.EXIST;
    if (this.registering) return CsError.TRY_AGAIN;
    const word = { operation: DeviceOperation.register, name };
    if (!this.outbox.offer(Fn.deviceRegistration, DeviceRegistration, word)) return CsError.TRY_AGAIN;
    this.registering = client;
    return undefined;
  }

  /** Its own registration has come round, in the agreed order. */
  private confirm(name: string): void {
    const client = this.registering;
    if (this.registered || !client) return;
    this.registering = undefined;
    if (this.name === '') this.name = name;
    const fits = this.name === name;
    if (fits) {
      this.votes.self.flags |= NodeFlag.deviceRegistered;
      this.introduction.device();
      this.introduction.self();
    } else {
      this.logger.warn(`quorum device "${name}" may not register: "${this.name}" did already`);
    }
    client.respond(VoteResponse.status, fits ? CsError.OK : CsError.EXIST);
  }

  heardRegistration(operation: number, name: string, own: boolean): void {
    if (operation === DeviceOperation.register) {
      if (own) this.confirm(name);
      else if (this.name === '') this.name = name;
    } else if (operation === DeviceOperation.unregister && !this.registeredAnywhere()) {
      this.name = '';
    }
  }

  heardRename(oldName: string, newName: string): void {
    if (oldName === this.name) this.name = newName;
  }

  unregister(name: string): CsError {
    const error = this.check(name);
    if (error !== CsError.OK) return error;
    this.timer.stop();
    this.awaited = false;
    this.votes.self.flags &= ~REGISTERED;
    this.introduction.self();
    this.outbox.send(Fn.deviceRegistration, DeviceRegistration, {
      operation: DeviceOperation.unregister,
      name,
    });
    return CsError.OK;
  }

  rename(oldName: string, newName: string): CsError {
    const error = this.check(oldName);
    if (error !== CsError.OK) return error;
    if (newName === '') return CsError.INVALID_PARAM;
    return this.outbox.offer(Fn.deviceRename, DeviceRename, { oldName, newName })
      ? CsError.OK
      : CsError.TRY_AGAIN;
  }

  poll(poll: Infer<typeof DevicePoll>): CsError {
    if (!this.votes.rules.deviceAllowed) return CsError.ACCESS;
    if (!this.registered) return CsError.NOT_EXIST;
    if (!sameRing(poll.ring, this.votes.ring)) return CsError.MESSAGE_ERROR;
    if (poll.name !== this.name) return CsError.INVALID_PARAM;
    this.mark(NodeFlag.deviceAlive, true, NodeFlag.deviceCastsVote, poll.castVote !== 0);
    this.timer.start(this.votes.rules.device?.timeout ?? 0);
    this.awaited = false;
    return CsError.OK;
  }

  setMasterWins(name: string, allow: boolean): CsError {
    if (!this.votes.rules.deviceAllowed) return CsError.ACCESS;
    const error = this.check(name);
    if (error !== CsError.OK) return error;
    this.votes.masterWins = allow;
    this.mark(NodeFlag.deviceMasterWins, allow);
    return CsError.OK;
  }

  disconnected(client: Client): void {
    if (this.registering === client) this.registering = undefined;
  }

  private check(name: string): CsError {
    if (!this.registered) return CsError.NOT_EXIST;
    return name === this.name ? CsError.OK : CsError.INVALID_PARAM;
  }

  private lose(): void {
    this.awaited = false;
    if (!this.has(NodeFlag.deviceAlive)) return;
    this.logger.warn(`quorum device "${this.name}" was not heard of in time`);
    this.mark(NodeFlag.deviceAlive, false, NodeFlag.deviceCastsVote, false);
  }

  private has(flag: number): boolean {
    return (this.votes.self.flags & flag) !== 0;
  }

  private mark(flag: number, on: boolean, second = 0, secondOn = false): void {
    const { self } = this.votes;
    const before = self.flags;
    self.flags = (before & ~(flag | second)) | (on ? flag : 0) | (secondOn ? second : 0);
    if (self.flags !== before) this.introduction.self();
  }

  private registeredAnywhere(): boolean {
    for (const node of this.votes.nodes) {
      if (node.state === NodeState.member && (node.flags & NodeFlag.deviceRegistered) !== 0) return true;
    }
    return false;
  }
}
