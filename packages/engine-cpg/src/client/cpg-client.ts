import { CsError, empty, type NodeId } from '@coterie/sdk';
import { connect, type ConnectOptions, type Connection } from '@coterie/sdk/client';
import {
  ClientRequest,
  IterationHandle,
  IterationItem,
  IterationRequest,
  IterationType,
  MembershipRequest,
  MembershipResponse,
} from '../client-messages.js';
import { unbounded } from '../group-name.js';
import type { Process } from './events.js';
import { Group, type JoinOptions } from './group.js';
import { decodeName, encodeName } from './names.js';
import { isAnswer } from './patience.js';

const SERVICE = 2;

/** Where the daemon is: `path` or `runDir`, by default where every client looks. */
export type CpgConnectOptions = Omit<ConnectOptions, 'service'>;

/**
 * The closed process groups of the local node. Each membership has a connection of its own, as the service asks
 * for; this object's own connection serves questions.
 */
export class CpgClient implements AsyncDisposable {
  private readonly joined = new Set<Group>();

  private constructor(
    private readonly connection: Connection,
    private readonly where: Pick<ConnectOptions, 'path' | 'runDir'>,
  ) {}

  /** @throws what `connect` of '@coterie/sdk/client' throws; TRY_AGAIN while the node has not synchronised yet. */
  static async connect({ signal, ...where }: CpgConnectOptions = {}): Promise<CpgClient> {
    const connection = await connect({ ...where, ...(signal && { signal }), service: SERVICE });
    return new CpgClient(connection, where);
  }

  /** Of the local node. */
  get nodeId(): NodeId {
    return this.connection.nodeId;
  }

  /** Resolves when the connection is gone: with why it was lost, or undefined after {@link close}. */
  get closed(): Connection['closed'] {
    return this.connection.closed;
  }

  /**
   * Joins a group, which exists as long as it has members. Resolves when this process is a member.
   *
   * @param name up to 128 bytes; text is taken as UTF-8.
   * @throws ServiceError EXIST (this process is a member already; with another `pid` it can be one twice),
   * NAME_TOO_LONG, NO_RESOURCES (the group has 128 members), TRY_AGAIN.
   */
  async join(name: string | Uint8Array, options: JoinOptions = {}): Promise<Group> {
    const key = encodeName(name);
    const { signal } = options;
    const connection = await connect({ ...this.where, ...(signal && { signal }), service: SERVICE });
    const group = new Group(connection, key, options);
    try {
      await group.enter(signal);
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.joined.add(group);
    void group.closed.then(() => this.joined.delete(group));
    return group;
  }

  /** The members of a group, by node id and pid; none if there is no such group. */
  async membership(name: string | Uint8Array): Promise<Process[]> {
    const { members } = await this.connection.call(
      ClientRequest.MEMBERSHIP,
      MembershipRequest,
      { group: unbounded(encodeName(name)) },
      MembershipResponse,
    );
    return members.map(({ nodeId, pid }) => ({ nodeId, pid }));
  }

  /** Every process in every group of the ring, group by group, as they were at the first step. */
  async *groups(): AsyncGenerator<Process & { readonly group: string }, undefined> {
    const { connection } = this;
    const handle = await connection.call(
      ClientRequest.ITERATION_INITIALIZE,
      IterationRequest,
      { group: unbounded(''), type: IterationType.ALL },
      IterationHandle,
    );
    try {
      for (;;) {
        const item = await connection.call(
          ClientRequest.ITERATION_NEXT,
          IterationHandle,
          handle,
          IterationItem,
        );
        yield { group: decodeName(item.group), nodeId: item.nodeId, pid: item.pid };
      }
    } catch (error) {
      if (!isAnswer(error, CsError.NO_SECTIONS)) throw error;
    } finally {
      await connection.call(ClientRequest.ITERATION_FINALIZE, IterationHandle, handle, empty).catch(() => {});
    }
  }

  /** Leaves all groups joined through this object, and disconnects. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.joined, (group) => group[Symbol.asyncDispose]()));
    await this.connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
