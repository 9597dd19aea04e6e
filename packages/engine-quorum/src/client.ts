import { empty, sameRing, type Infer, type NodeId, type RingId } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import { ExplanationText, type Explanation } from './explanation.js';
import {
  Model,
  NodelistNotification,
  ProviderType,
  Quorate,
  QuorumEvent,
  QuorumNotification,
  QuorumRequest,
  Track,
  TrackFlags,
} from './quorum-wire.js';
import { Info, InfoFlag, InfoOf, SetExpected, SetVotes, VoteRequest } from './votequorum-wire.js';

/** Service numbers of the quorum service and of votequorum. */
const QUORUM = 3;
const VOTEQUORUM = 5;

export type { Explanation, QuorumChange } from './explanation.js';

export type QuorumClientOptions = Omit<ConnectOptions, 'service'>;

/** A verdict about the part of the cluster this node is in, and who came and went since the one before. */
export interface QuorumState {
  readonly quorate: boolean;
  readonly ring: RingId;
  readonly members: readonly NodeId[];
  /** A node that went and came back meanwhile is in both. */
  readonly joined: readonly NodeId[];
  readonly left: readonly NodeId[];
}

/** A node's votes as the local node knows them, and the local node's view of the cluster. */
export interface VoteInfo {
  readonly nodeId: NodeId;
  readonly state: 'member' | 'dead' | 'leaving';
  readonly votes: number;
  readonly expectedVotes: number;
  readonly highestExpected: number;
  readonly totalVotes: number;
  /** Votes that quorum takes. */
  readonly quorum: number;
  readonly flags: Readonly<Record<keyof typeof InfoFlag, boolean>>;
  readonly device: { readonly name: string; readonly votes: number };
}

/**
 * Asks and watches the quorum service, and votequorum where it is the provider. Every method throws what
 * `Connection.call` throws.
 */
export class QuorumClient implements AsyncDisposable {
  private votequorum: Promise<Connection> | undefined;

  private constructor(
    private readonly connection: Connection,
    private readonly options: QuorumClientOptions,
  ) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: what `connect` of the SDK throws. */
  static async connect(options: QuorumClientOptions = {}): Promise<QuorumClient> {
    return new QuorumClient(await connect({ ...options, service: QUORUM }), options);
  }

  /** Is the part of the cluster this node is in allowed to go on? */
  async quorate(): Promise<boolean> {
    const { quorate } = await this.connection.call(QuorumRequest.quorate, empty, undefined, Quorate);
    return quorate !== 0;
  }

  /** Does a provider decide? Without one every part is quorate. */
  async hasProvider(): Promise<boolean> {
    const { type } = await this.connection.call(QuorumRequest.type, empty, undefined, ProviderType);
    return type !== 0;
  }

  /**
   * The state now, then each later one, over a connection of its own that ends with the loop. Throws the reason
   * when the daemon goes away.
   */
  async *watch(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<QuorumState, void> {
    await using connection = await connect({ ...this.options, ...options, service: QUORUM });
    const nodelists: Infer<typeof NodelistNotification>[] = [];
    connection.on(QuorumEvent.nodelist, NodelistNotification, (nodelist) => nodelists.push(nodelist));
    const verdicts = connection.events(QuorumEvent.quorum, QuorumNotification, options);
    await connection.call(QuorumRequest.modelType, Model, { model: 1 }, ProviderType);
    await connection.call(QuorumRequest.trackStart, TrackFlags, { flags: Track.changes }, empty);
    let known: readonly NodeId[] = [];
    for await (const { quorate, ring, members } of verdicts) {
      // Synchronisations that were cut short leave node lists without a verdict: they count for the next one.
      const upTo = nodelists.findLastIndex((nodelist) => sameRing(nodelist.ring, ring));
      const since = nodelists.splice(0, upTo + 1);
      const joined = members.filter((id) => since.some((nodelist) => nodelist.joined.includes(id)));
      const left = known.filter((id) => since.some((nodelist) => nodelist.left.includes(id)));
      known = members;
      yield { quorate: quorate !== 0, ring, members, joined, left };
    }
  }

  /** Why this node's part of the cluster is (not) quorate, and what would change it. */
  explain(): Promise<Explanation> {
    return this.connection.call(QuorumRequest.explain, empty, undefined, ExplanationText);
  }

  /** Votes of a node, by default the local one. ServiceError with NOT_EXIST: a node never heard of. */
  async info(nodeId: NodeId = 0): Promise<VoteInfo> {
    const votes = await this.voting();
    const info = await votes.call(VoteRequest.info, InfoOf, { nodeId }, Info);
    const { deviceName, deviceVotes, flags, state, ...numbers } = info;
    return {
      ...numbers,
      state: state === 1 ? 'member' : state === 2 ? 'dead' : 'leaving',
      flags: readFlags(flags),
      device: { name: deviceName, votes: deviceVotes },
    };
  }

  /** Sets the votes that the cluster expects. INVALID_PARAM: fewer than there are, or quorum would be lost. */
  async setExpected(votes: number): Promise<void> {
    await (await this.voting()).call(VoteRequest.setExpected, SetExpected, { votes }, empty);
  }

  /** Sets the votes of a node. NAME_NOT_FOUND: a node never heard of; INVALID_PARAM: quorum would be lost. */
  async setVotes(nodeId: NodeId, votes: number): Promise<void> {
    await (await this.voting()).call(VoteRequest.setVotes, SetVotes, { votes, nodeId }, empty);
  }

  async close(): Promise<void> {
    await this.connection.close();
    const votequorum = await this.votequorum?.catch(() => undefined);
    await votequorum?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** ServiceError with NOT_EXIST: votequorum is not the provider. */
  private voting(): Promise<Connection> {
    this.votequorum ??= connect({ ...this.options, service: VOTEQUORUM }).catch((error: unknown) => {
      this.votequorum = undefined;
      throw error;
    });
    return this.votequorum;
  }
}

function readFlags(flags: number): VoteInfo['flags'] {
  const bits = Object.entries(InfoFlag).map(([name, bit]) => [name, (flags & bit) !== 0]);
  return Object.fromEntries(bits) as Record<keyof typeof InfoFlag, boolean>;
}
