import {
  Clients,
  Cluster,
  CoterieError,
  CsError,
  Database,
  Delivery,
  Logger,
  Nodelist,
  QuorumControl,
  Request,
  ServiceEngine,
  Storage,
  Timers,
  empty,
  inject,
  value,
  type Client,
  type Engine,
  type Infer,
  type NodeId,
  type SyncView,
  type Synchroniser,
  type Timer,
} from '@coterie/sdk';
import { loadBarrier, saveBarrier } from './barrier.js';
import { QuorumDevice } from './device.js';
import { explain } from './explain.js';
import type { Explanation } from './explanation.js';
import { infoOf } from './info.js';
import { Introduction } from './introduction.js';
import { NodeFlag } from './nodes.js';
import { Outbox } from './outbox.js';
import { Primary, type PrimaryComponent } from './primary.js';
import { publish } from './publish.js';
import { Track } from './quorum-wire.js';
import { readFixedRules, readRules, type Conflict, type FixedRules } from './rules.js';
import { settingsOf } from './settings.js';
import { VoteTrackers } from './vote-trackers.js';
import * as lib from './votequorum-wire.js';
import { VoteRequest, VoteResponse } from './votequorum-wire.js';
import { Votes } from './votes.js';
import * as wire from './wire.js';
import { DeviceOperation, Fn, Parameter } from './wire.js';

const CANCEL_WAIT_FOR_ALL = 'quorum.cancel_wait_for_all';
const RELOADING = 'config.totemconfig_reload_in_progress';
const RELOAD_STATUS = 'config.reload_status';

/** Decides by votes whether this node's part of the cluster is quorate (votequorum.c). */
@ServiceEngine({ name: 'votequorum', service: 5 })
export class VotequorumEngine implements Engine {
  readonly active: boolean;
  private readonly fixed: FixedRules;
  private readonly conflicts: readonly Conflict[];
  private readonly votes: Votes;
  private readonly outbox: Outbox;
  private readonly introduction: Introduction;
  private readonly device: QuorumDevice;
  private readonly trackers: VoteTrackers;
  /** Between the loss of a node and the lowering of expected votes (last_man_standing). */
  private readonly window: Timer;
  private introduced = false;
  private savedBarrier: number;

  readonly sync: Synchroniser = {
    init: (view) => this.install(view),
    process: () => this.introduce(),
    activate: () => this.activate(),
    abort: () => undefined,
  };

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(Clients) clients: Clients,
    @inject(Database) private readonly database: Database,
    @inject(Nodelist) private readonly nodelist: Nodelist,
    @inject(Storage) private readonly storage: Storage,
    @inject(Timers) timers: Timers,
    @inject(Logger) private readonly logger: Logger,
    @inject(QuorumControl) control: QuorumControl,
    @inject(Primary) private readonly primary: PrimaryComponent,
  ) {
    const settings = settingsOf(database, nodelist);
    this.active = control.provide('corosync_votequorum');
    this.fixed = readFixedRules(settings);
    const { rules, conflicts } = readRules(settings, this.fixed, false);
    this.conflicts = conflicts;
    this.savedBarrier = this.active && this.fixed.trackExpectedVotes ? loadBarrier(storage) : 0;
    this.votes = new Votes(cluster.nodeId, this.fixed, rules, this.savedBarrier);
    this.outbox = new Outbox(cluster, timers);
    this.introduction = new Introduction(this.votes, this.outbox);
    this.device = new QuorumDevice(this.votes, this.outbox, this.introduction, logger, timers);
    this.trackers = new VoteTrackers(clients, this.votes, () => this.device.registered);
    this.window = timers.timer(() => this.change(() => this.votes.shrink()));
    if (this.active) primary.explain = () => this.explain();
  }

  /** @throws CoterieError COTERIE_E_QUORUM_*: settings that exclude each other. */
  start(): void {
    if (!this.active) return;
    const [first] = this.conflicts;
    if (first) throw new CoterieError(first.code, this.conflicts.map(({ message }) => message).join('; '));
    for (const warning of this.votes.rules.warnings) this.logger.warn(warning);
    this.change(() => undefined);
    this.tellVerdict();
    this.database.track('quorum.', true, ({ key }) => this.onKey(key));
    this.database.track(RELOADING, false, ({ key }) => this.onKey(key));
    this.nodelist.onReload(() => this.reconfigure());
    this.introduction.self();
  }

  /** With allow_downscale the others need not expect this node's votes any more. */
  leaving(): void {
    if (!this.active || !this.fixed.allowDownscale) return;
    this.votes.self.flags |= NodeFlag.leaving;
    this.introduction.self();
  }

  onConnect(client: Client): void {
    this.trackers.stop(client);
  }

  onDisconnect(client: Client): void {
    this.device.disconnected(client);
  }

  private explain(): Explanation {
    const here = (nodeId: NodeId) => this.votes.members.includes(nodeId);
    return explain(
      this.votes,
      this.nodelist.nodes.filter(({ nodeId }) => !here(nodeId)),
    );
  }

  dump(): unknown {
    const { quorate, reason, quorum, ring, members, waitingForAll, barrier, rules, nodes } = this.votes;
    return {
      quorate,
      reason,
      quorum,
      ...this.votes.tally(),
      ring,
      members,
      waitingForAll,
      barrier,
      rules,
      nodes: [...nodes],
      device: { name: this.device.name, ...nodes.device },
    };
  }

  @Delivery(Fn.nodeInfo, wire.NodeInfo)
  onNodeInfo(word: Infer<typeof wire.NodeInfo>, from: NodeId): void {
    // A member speaks of itself and of the quorum device, never of another member.
    if (word.nodeId === 0) this.change(() => this.votes.heardDevice(from, word.votes));
    else if (word.nodeId === from) this.change(() => this.heard(from, word));
  }

  private heard(from: NodeId, word: Infer<typeof wire.NodeInfo>): void {
    if (!this.votes.heard(from, word)) this.logger.error(`No room to count the votes of node ${from}`);
  }

  @Delivery(Fn.reconfigure, wire.Reconfigure)
  onReconfigure({ parameter, nodeId, value }: Infer<typeof wire.Reconfigure>, from: NodeId): void {
    if (parameter === Parameter.expectedVotes) {
      this.change(() => this.votes.setExpected(value));
    } else if (parameter === Parameter.nodeVotes) {
      this.change(() => this.votes.setVotes(nodeId, value));
    } else if (parameter === Parameter.cancelWaitForAll) {
      this.logger.info(`wait_for_all was cancelled on node ${from}`);
      this.change(() => this.votes.cancelWaitForAll());
    }
  }

  @Delivery(Fn.deviceRegistration, wire.DeviceRegistration)
  onDeviceRegistration({ operation, name }: Infer<typeof wire.DeviceRegistration>, from: NodeId): void {
    this.device.heardRegistration(operation, name, from === this.cluster.nodeId);
  }

  @Delivery(Fn.deviceRename, wire.DeviceRename)
  onDeviceRename({ oldName, newName }: Infer<typeof wire.DeviceRename>): void {
    this.device.heardRename(oldName, newName);
  }

  @Request(VoteRequest.info, lib.InfoOf)
  info({ nodeId }: Infer<typeof lib.InfoOf>, client: Client): void {
    const node = nodeId === 0 ? this.votes.self : this.votes.nodes.get(nodeId);
    if (!node) return client.respond(VoteResponse.info, CsError.NOT_EXIST);
    const info = infoOf(this.votes, this.fixed, node, this.device.name);
    client.respond(VoteResponse.info, CsError.OK, lib.Info, info);
  }

  /** Takes effect on all members alike, when the message comes round. */
  @Request(VoteRequest.setExpected, lib.SetExpected)
  setExpected({ votes }: Infer<typeof lib.SetExpected>, client: Client): void {
    if (!this.votes.mayExpect(votes)) return status(client, CsError.INVALID_PARAM);
    const word = { parameter: Parameter.expectedVotes, nodeId: this.cluster.nodeId, value: votes };
    const sent = this.outbox.offer(Fn.reconfigure, wire.Reconfigure, word);
    status(client, sent ? CsError.OK : CsError.NO_RESOURCES);
  }

  @Request(VoteRequest.setVotes, lib.SetVotes)
  setVotes({ votes, nodeId }: Infer<typeof lib.SetVotes>, client: Client): void {
    const voter = this.votes.nodes.voter(nodeId);
    if (!voter) return status(client, CsError.NAME_NOT_FOUND);
    if (!this.votes.mayVote(voter, votes)) return status(client, CsError.INVALID_PARAM);
    const word = { parameter: Parameter.nodeVotes, nodeId, value: votes };
    const sent = this.outbox.offer(Fn.reconfigure, wire.Reconfigure, word);
    status(client, sent ? CsError.OK : CsError.NO_RESOURCES);
  }

  @Request(VoteRequest.trackStart, lib.TrackStart)
  trackStart({ context, flags }: Infer<typeof lib.TrackStart>, client: Client): void {
    if (flags & (Track.current | Track.changes)) this.trackers.sendCurrent(client, context);
    if (this.trackers.isTracking(client)) return status(client, CsError.EXIST);
    if (flags & (Track.changes | Track.changesOnly)) this.trackers.start(client, context);
    status(client, CsError.OK);
  }

  @Request(VoteRequest.trackStop, empty)
  trackStop(_: undefined, client: Client): void {
    const tracking = this.trackers.isTracking(client);
    this.trackers.stop(client);
    status(client, tracking ? CsError.OK : CsError.NOT_EXIST);
  }

  @Request(VoteRequest.deviceRegister, lib.NamedDevice)
  deviceRegister({ name }: Infer<typeof lib.NamedDevice>, client: Client): void {
    const error = this.device.register(name, client);
    if (error !== undefined) status(client, error);
  }

  @Request(VoteRequest.deviceUnregister, lib.NamedDevice)
  deviceUnregister({ name }: Infer<typeof lib.NamedDevice>, client: Client): void {
    status(client, this.device.unregister(name));
  }

  @Request(VoteRequest.deviceUpdate, lib.DeviceUpdate)
  deviceUpdate({ oldName, newName }: Infer<typeof lib.DeviceUpdate>, client: Client): void {
    status(client, this.device.rename(oldName, newName));
  }

  @Request(VoteRequest.devicePoll, lib.DevicePoll)
  devicePoll(poll: Infer<typeof lib.DevicePoll>, client: Client): void {
    status(client, this.device.poll(poll));
  }

  @Request(VoteRequest.deviceMasterWins, lib.DeviceMasterWins)
  deviceMasterWins({ name, allow }: Infer<typeof lib.DeviceMasterWins>, client: Client): void {
    const error = this.device.setMasterWins(name, allow !== 0);
    publish(this.database, this.votes, this.fixed);
    status(client, error);
  }

  private install(view: SyncView): void {
    this.introduced = false;
    if (this.votes.install(view)) this.window.start(this.fixed.lastManStandingWindow);
    this.device.install();
  }

  private introduce(): 'done' | 'again' {
    if (!this.introduced) {
      this.introduction.self();
      this.introduction.device();
      const { name } = this.device;
      const word = { operation: DeviceOperation.register, name };
      if (name !== '') this.outbox.send(Fn.deviceRegistration, wire.DeviceRegistration, word);
      this.trackers.nodelistChanged();
      this.introduced = true;
    }
    return this.outbox.flush() && !this.device.awaited ? 'done' : 'again';
  }

  private activate(): void {
    const { quorate } = this.votes;
    this.change(() => this.votes.settle());
    if (quorate === this.votes.quorate) this.tellVerdict();
  }

  /** Does something that may change the votes, then tells who has to know. */
  private change(apply: () => void): void {
    const { quorate } = this.votes;
    const { expectedVotes } = this.votes.self;
    apply();
    this.keepBarrier();
    publish(this.database, this.votes, this.fixed);
    if (expectedVotes !== this.votes.self.expectedVotes) this.trackers.expectedVotesChanged();
    if (quorate !== this.votes.quorate) this.tellVerdict();
  }

  private tellVerdict(): void {
    const { quorate, ring, members } = this.votes;
    this.primary.announce({ quorate, ring, members });
    this.trackers.quorumChanged();
  }

  private keepBarrier(): void {
    const { trackedBarrier } = this.votes;
    if (trackedBarrier === this.savedBarrier) return;
    try {
      saveBarrier(this.storage, trackedBarrier);
      this.savedBarrier = trackedBarrier;
    } catch (error) {
      this.logger.error('The highest expected votes could not be kept on disk', { error });
    }
  }

  private onKey(key: string): void {
    if (key === RELOADING && (this.database.get(RELOAD_STATUS)?.value ?? CsError.OK) !== CsError.OK) return;
    if (key === CANCEL_WAIT_FOR_ALL && Number(this.database.get(key)?.value ?? 0) > 0) {
      this.database.set(key, value.u8(0));
      const word = { parameter: Parameter.cancelWaitForAll, nodeId: this.cluster.nodeId, value: 0 };
      this.outbox.send(Fn.reconfigure, wire.Reconfigure, word);
    } else if (key !== CANCEL_WAIT_FOR_ALL) {
      this.reconfigure();
    }
  }

  /** The configuration changed: the members hear of it, and all of them count again (votequorum_refresh_config). */
  private reconfigure(): void {
    // A reload changes many keys: all count once it is through.
    if (this.database.get(RELOADING)?.value === 1) return;
    const settings = settingsOf(this.database, this.nodelist);
    const { rules, conflicts } = readRules(settings, this.fixed, this.device.registered);
    for (const { message } of conflicts) this.logger.error(message);
    for (const warning of rules.warnings) this.logger.warn(warning);
    if (rules.expectedVotes === 0) return;
    const { self } = this.votes;
    const before = { ...self };
    this.change(() => this.votes.configure(rules));
    this.introduction.self();
    this.introduction.device();
    const { nodeId } = self;
    if (self.votes !== before.votes) {
      const word = { parameter: Parameter.nodeVotes, nodeId, value: self.votes };
      this.outbox.send(Fn.reconfigure, wire.Reconfigure, word);
    }
    if (self.expectedVotes !== before.expectedVotes) {
      const word = { parameter: Parameter.expectedVotes, nodeId, value: self.expectedVotes };
      this.outbox.send(Fn.reconfigure, wire.Reconfigure, word);
    }
  }
}

function status(client: Client, error: CsError): void {
  client.respond(VoteResponse.status, error);
}
