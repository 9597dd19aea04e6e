import { CsError, type Client, type ClientFiles } from '@coterie/sdk';
import { DELIVER_RING, Fragment, MAX_MESSAGE, type PartialMcastRequest } from './client-messages.js';
import { Iterations } from './iterations.js';
import { SharedBuffers } from './shared-buffers.js';

/**
 * Where a connection stands with its one group (exec/cpg.c, enum cpd_state). A join or leave is `joining` or
 * `leaving` from the request until the message has come back from the ring. A connection that has left stays
 * `left` to its end: it cannot join again.
 */
export type ConnectionState = 'unjoined' | 'joining' | 'joined' | 'leaving' | 'left';

/** A local process's connection to the engine. */
export class Connection {
  state: ConnectionState = 'unjoined';
  /** Valid from `joining` on. */
  group = '';
  pid = 0;
  /** The client wants the ring's members after its first configuration, and has not got them. */
  wantsRing = false;
  readonly iterations = new Iterations();
  readonly buffers: SharedBuffers;

  /** Configurations dispatched, and how many there were when the fragmented message being sent began. */
  private configurations = 0;
  private configurationsAtFirst = 0;
  /** Of the fragmented message being sent. */
  private total = 0;
  private sent = 0;

  constructor(
    readonly client: Client,
    files: ClientFiles | undefined,
  ) {
    this.buffers = new SharedBuffers(files);
  }

  get member(): boolean {
    return this.state === 'joining' || this.state === 'joined';
  }

  join(group: string, pid: number, flags: number): void {
    this.state = 'joining';
    this.group = group;
    this.pid = pid;
    this.wantsRing = (flags & DELIVER_RING) !== 0;
  }

  configurationSent(): void {
    this.configurations++;
  }

  /**
   * May this fragment be sent? TRY_AGAIN: its client has to read first. INTERRUPT after a configuration change since the first one: members could no
   * longer put the message together. Lengths are checked here because a receiving libcpg does not.
   */
  fragment({ type, total, data }: PartialMcastRequest): CsError {
    if (type === Fragment.FIRST) {
      this.configurationsAtFirst = this.configurations;
      this.total = total;
      this.sent = 0;
    }
    if (this.configurations !== this.configurationsAtFirst) return CsError.INTERRUPT;
    if (!this.member) return CsError.NOT_EXIST;
    // It will read nothing until the last fragment has been taken: the time to wait is before the first.
    if (type === Fragment.FIRST && this.client.behind) return CsError.TRY_AGAIN;
    const known = type === Fragment.FIRST || type === Fragment.CONTINUED || type === Fragment.LAST;
    const fits = total === this.total && this.sent + data.length <= total && data.length <= MAX_MESSAGE;
    return known && fits ? CsError.OK : CsError.INVALID_PARAM;
  }

  fragmentSent(length: number): void {
    this.sent += length;
  }
}
