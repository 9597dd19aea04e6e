import { BlockList, isIP } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { Logger, NodeId, PeerStatus, Slab, Timer, Timers } from '@coterie/sdk';
import type { ResolvedMember } from '@coterie/sdk/transport';
import type { NativeEndpoint } from './addon.js';
import type { Counters } from './counters.js';

/** Milliseconds for the address of a member to be resolved. */
const RESOLVE_TIMEOUT = 1_000;
/** Milliseconds for a path to be set up: rdma_cm itself would ask a dead member for a minute. */
const ATTEMPT_TIMEOUT = 2_000;
/** Milliseconds until the next attempt after the first failure, and at most. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** The last packet queued for a member, which waits for its path to be up. */
export interface Held {
  readonly slab: Slab;
  readonly offset: number;
  readonly length: number;
  /** It may leave. */
  flushed: boolean;
}

/** The way to one member: an address handle and the number of its queue pair, both in the addon under `number`. */
class Path {
  up = false;
  reason = 'connecting';
  attempting = false;
  failures = 0;
  complained = false;
  queuePair = 0;
  gid: string | undefined;
  mtu = 0;
  held: Held | undefined;

  constructor(
    readonly number: number,
    readonly member: ResolvedMember,
    readonly timer: Timer,
  ) {}
}

export interface PathEvents {
  /** What is held for the member may be sent now, and the sources that may pass are others. */
  established(path: { readonly number: number }, held: Held | undefined): void;
}

/**
 * The ways to the members. Each side sets up its own way to the other and says in doing so which queue pair is its own;
 * so a member that has a new one (its daemon or its device was restarted) makes the others renew theirs.
 */
export class Paths {
  private readonly paths = new Map<NodeId, Path>();
  private readonly byNumber: (Path | undefined)[] = [];
  private listed = new BlockList();
  private endpoint: NativeEndpoint | undefined;
  /** Was anything kept since the last flush? */
  private unflushed = false;

  constructor(
    private readonly port: number,
    private readonly timers: Timers,
    private readonly counters: Counters,
    private readonly log: Logger,
    private readonly events: PathEvents,
  ) {}

  /** The members other than this node. The paths of those that stay as they were stay too. */
  set(members: readonly ResolvedMember[]): void {
    const now = new Map(members.map((member) => [member.nodeId, member]));
    for (const [node, path] of this.paths) {
      const member = now.get(node);
      if (member?.address === path.member.address && member.port === path.member.port) now.delete(node);
      else this.remove(path);
    }
    for (const member of now.values()) this.add(member);
    this.listed = new BlockList();
    for (const { member } of this.paths.values())
      this.listed.addAddress(member.address, familyOf(member.address));
  }

  /** Sets up all paths, over a new endpoint. */
  start(endpoint: NativeEndpoint): void {
    this.endpoint = endpoint;
    for (const path of this.paths.values()) this.attempt(path);
  }

  /** The endpoint is closed, and no path exists. */
  stop(): void {
    this.endpoint = undefined;
    for (const path of this.paths.values()) {
      path.timer.stop();
      this.down(path, 'link down');
      this.drop(path);
    }
  }

  /** The number to send to a member by; 0 while its path is not up, undefined if it is no member. */
  find(node: NodeId): number | undefined {
    const path = this.paths.get(node);
    return path && (path.up ? path.number : 0);
  }

  /** Keeps a packet for a member whose path is being set up, in place of the one kept before. */
  hold(node: NodeId, slab: Slab, offset: number, length: number): void {
    const path = this.paths.get(node)!;
    this.drop(path);
    if (this.endpoint === undefined) {
      this.counters.add('tx_dropped.link_down');
      return;
    }
    slab.retain();
    path.held = { slab, offset, length, flushed: false };
    this.unflushed = true;
  }

  /** What is kept may leave as soon as its path is up. */
  flush(): void {
    if (!this.unflushed) return;
    this.unflushed = false;
    for (const { held } of this.paths.values()) if (held) held.flushed = true;
  }

  /** GIDs that the paths lead to. */
  gids(): string[] {
    return [...this.paths.values()].flatMap(({ gid }) => gid ?? []);
  }

  status(): PeerStatus[] {
    return [...this.paths.values()].map(({ member, up, reason }) => ({
      nodeId: member.nodeId,
      address: member.address,
      up,
      reason: up ? undefined : reason,
    }));
  }

  established(number: number, gid: string, node: number, queuePair: number, mtu: number): void {
    const path = this.byNumber[number];
    if (path === undefined) return;
    if (node !== path.member.nodeId) {
      this.fail(path, `node ${node} answers at ${path.member.address}`);
      return;
    }
    path.timer.stop();
    const held = path.held;
    Object.assign(path, {
      ...{ up: true, attempting: false, failures: 0, reason: '', held: undefined },
      ...{ gid, queuePair, mtu },
    });
    this.counters.add('paths_established');
    if (path.complained) this.log.info(`The path to node ${node} (${path.member.address}) is up`);
    path.complained = false;
    this.events.established(path, held);
    held?.slab.release();
  }

  failed(number: number, step: string, status: number): void {
    const path = this.byNumber[number];
    if (path !== undefined) this.fail(path, `${step}: ${nameOf(status)}`);
  }

  /** A member sets up its way to here. False if it is none. */
  requested(address: string, node: number, queuePair: number): boolean {
    const path = this.paths.get(node);
    if (path === undefined || !this.listed.check(address, familyOf(address))) {
      this.counters.add('paths_refused');
      return false;
    }
    if (path.up && path.queuePair !== queuePair) {
      this.counters.add('paths_renewed');
      this.down(path, 'the member has a new queue pair');
    }
    if (!path.up && !path.attempting) {
      path.failures = 0;
      this.attempt(path);
    }
    return true;
  }

  private add(member: ResolvedMember): void {
    let number = this.byNumber.indexOf(undefined, 1);
    if (number < 1) number = Math.max(1, this.byNumber.length);
    const timer = this.timers.timer(() => this.expired(path));
    const path: Path = new Path(number, member, timer);
    this.byNumber[number] = path;
    this.paths.set(member.nodeId, path);
    this.attempt(path);
  }

  private remove(path: Path): void {
    path.timer.stop();
    this.drop(path);
    this.endpoint?.cancel(path.number);
    this.byNumber[path.number] = undefined;
    this.paths.delete(path.member.nodeId);
  }

  private attempt(path: Path): void {
    if (this.endpoint === undefined) return;
    const { address, port } = path.member;
    path.attempting = true;
    const error = this.endpoint.connect(path.number, address, port || this.port, RESOLVE_TIMEOUT);
    if (error === 0) path.timer.start(ATTEMPT_TIMEOUT);
    else this.fail(path, nameOf(error));
  }

  private expired(path: Path): void {
    if (!path.attempting) {
      this.attempt(path);
      return;
    }
    this.endpoint?.cancel(path.number);
    this.counters.add('paths_timed_out');
    this.fail(path, `no answer within ${ATTEMPT_TIMEOUT} ms`);
  }

  private fail(path: Path, reason: string): void {
    this.counters.add('paths_failed');
    this.down(path, reason);
    if (!path.complained) {
      const { nodeId, address } = path.member;
      this.log.warn(`No path to node ${nodeId} (${address}) yet: ${reason}. Trying on.`);
    }
    path.complained = true;
    path.timer.start(Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(path.failures++, 10)));
  }

  private down(path: Path, reason: string): void {
    Object.assign(path, { up: false, attempting: false, reason });
  }

  private drop(path: Path): void {
    if (path.held === undefined) return;
    path.held.slab.release();
    path.held = undefined;
    this.counters.add('tx_dropped.no_path');
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function nameOf(error: number): string {
  return error > 0 ? getSystemErrorName(-error) : `status ${error}`;
}
