import { empty, rest, struct, u32, type NodeId } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import * as lib from './client-wire.js';
import { CfgEvent, CfgRequest, Reply, Shutdown, type Link } from './client-wire.js';
import { ReloadAnswer, ReloadRequest, type ReloadResult } from './reload-wire.js';

export type { Link } from './client-wire.js';
export type { NodeReport, ReloadResult } from './reload-wire.js';

/** Service numbers of cfg and of the reload with its full answer. */
const CFG = 1;
const RELOAD = 72;

export type CfgClientOptions = Omit<ConnectOptions, 'service'>;

/** What this node knows of a node. */
export interface NodeState {
  readonly nodeId: NodeId;
  /** Is it on this node's ring? */
  readonly reachable: boolean;
  readonly link: Omit<Link, 'reachable'>;
}

/** `request`: only if no program minds; `regardless`: after all have been asked; `immediate`: nobody is asked. */
export type ShutdownKind = keyof typeof Shutdown;

/** Somebody wants the daemon to shut down: whoever hears of it has to answer. */
export interface ShutdownQuestion {
  readonly how: ShutdownKind;
  /** @param mind true: the daemon is to go on running; it then refuses a shutdown of kind `request` */
  answer(mind: boolean): Promise<void>;
}

/**
 * What concerns the daemons themselves: their addresses and links, reading the configuration again, shutdown. Every method
 * throws what `Connection.call` throws.
 */
export class CfgClient implements AsyncDisposable {
  private constructor(
    private readonly connection: Connection,
    private readonly options: CfgClientOptions,
  ) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: what `connect` of the SDK throws. */
  static async connect(options: CfgClientOptions = {}): Promise<CfgClient> {
    return new CfgClient(await connect({ ...options, service: CFG }), options);
  }

  async localNode(): Promise<NodeId> {
    const { node } = await this.connection.call(CfgRequest.localNode, empty, undefined, lib.LocalNode);
    return node;
  }

  /** State of a node of the nodelist, by default the local one; undefined if it is not in there. */
  async nodeState(nodeId?: NodeId): Promise<NodeState | undefined> {
    const query = { node: nodeId ?? (await this.localNode()), version: lib.STATUS_VERSION };
    const { node, tail } = await this.connection.call(
      CfgRequest.nodeStatus,
      lib.NodeStatusQuery,
      query,
      Status,
    );
    const found = lib.readLink(tail);
    if (found === undefined) return undefined;
    const { reachable, ...link } = found;
    return { nodeId: node, reachable, link };
  }

  /** The node is to stop at once. NOT_EXIST: it is not on the ring. `reason`: 255 bytes at most, for its log. */
  async kill(node: NodeId, reason: string): Promise<void> {
    await this.connection.call(CfgRequest.kill, lib.KillRequest, { node, reason }, empty);
  }

  /**
   * Shuts the local daemon down. ServiceError with BUSY: a program minds, or has not answered in time
   * (`cfg.shutdown_timeout`); EXIST: programs are being asked already.
   */
  async shutdown(how: ShutdownKind = 'request'): Promise<void> {
    await this.connection.call(CfgRequest.tryShutdown, lib.TryShutdown, { how: Shutdown[how] }, empty);
  }

  /**
   * Every node reads its corosync.conf again, and applies it unless one of them finds an error. ServiceError with TRY_AGAIN:
   * another reload is under way, or the ring has changed; TIMEOUT: a node has not answered within 10 s.
   */
  async reload(): Promise<ReloadResult> {
    await using reload = await connect({ ...this.options, service: RELOAD });
    const { result } = await reload.call(ReloadRequest.reload, empty, undefined, ReloadAnswer);
    return result;
  }

  /** The local daemon opens its log files by name again. */
  async reopenLogs(): Promise<void> {
    await this.connection.call(CfgRequest.reopenLogs, empty, undefined, empty);
  }

  /** Shutdowns that the local daemon asks about, until the loop ends. One that is not answered in time is refused. */
  async *shutdowns(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ShutdownQuestion, void> {
    await using connection = await connect({ ...this.options, ...options, service: CFG });
    const questions = connection.events(CfgEvent.shutdown, lib.ShutdownQuestion, options);
    await connection.call(CfgRequest.track, lib.Track, { flags: 0 }, empty);
    for await (const { how } of questions) {
      yield {
        how: kinds[how] ?? 'request',
        answer: async (mind) => {
          const reply = mind ? Reply.no : Reply.yes;
          await connection.call(CfgRequest.replyToShutdown, lib.ShutdownReply, { reply }, empty);
        },
      };
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

const Status = struct({ version: u32, node: u32, tail: rest });
const kinds = Object.keys(Shutdown) as readonly ShutdownKind[];
