import { CsError, type Client, type Timer, type Timers } from '@coterie/sdk';
import { CfgEvent, CfgResponse, Shutdown, ShutdownQuestion } from './client-wire.js';

/** A shutdown that programs are being asked about. */
interface Poll {
  readonly asker: Client;
  readonly how: number;
  /** Who has not answered yet. */
  readonly waiting: Set<Client>;
  refused: boolean;
}

/**
 * Asks the programs that track shutdowns, all but the one that wants it, whether they mind (exec/cfg.c,
 * check_shutdown_status). One that goes away does not mind; one that does not answer in time does.
 */
export class ShutdownPoll {
  private readonly trackers = new Set<Client>();
  private readonly timer: Timer;
  private poll: Poll | undefined;

  /**
   * @param patience milliseconds that programs have to answer
   * @param agreed nobody minds, or nobody is in a position to
   */
  constructor(
    timers: Timers,
    private readonly patience: () => number,
    private readonly agreed: () => void,
  ) {
    this.timer = timers.timer(() => this.decide('late'));
  }

  /** Answers the asker at once or when all have been heard. */
  begin(asker: Client, how: number): void {
    if (this.poll !== undefined) return asker.respond(CfgResponse.tryShutdown, CsError.EXIST);
    const waiting = new Set([...this.trackers].filter((client) => client !== asker));
    this.poll = { asker, how, waiting, refused: false };
    this.timer.start(this.patience());
    for (const client of waiting) this.ask(client, how);
    this.decide('answered');
  }

  /** From now on the program wants to be asked, about a shutdown under way too. */
  track(client: Client): void {
    if (this.trackers.has(client)) return;
    this.trackers.add(client);
    if (this.poll === undefined || client === this.poll.asker) return;
    this.poll.waiting.add(client);
    this.ask(client, this.poll.how);
  }

  /** CS_ERR number for the program that answers. */
  reply(client: Client, yes: boolean): CsError {
    if (this.poll === undefined) return CsError.ACCESS;
    if (this.poll.waiting.delete(client) && !yes) this.poll.refused = true;
    this.decide('answered');
    return CsError.OK;
  }

  /** The program does not want to be asked any more. */
  forget(client: Client): void {
    this.trackers.delete(client);
    this.poll?.waiting.delete(client);
    this.decide('answered');
  }

  /** The program is gone, and with it the shutdown if it was the one that wanted it. */
  gone(client: Client): void {
    if (this.poll?.asker === client) {
      this.poll = undefined;
      this.timer.stop();
    }
    this.forget(client);
  }

  private ask(client: Client, how: number): void {
    client.dispatch(CfgEvent.shutdown, ShutdownQuestion, { how });
  }

  private decide(why: 'answered' | 'late'): void {
    const { poll } = this;
    if (poll === undefined || (why === 'answered' && poll.waiting.size > 0)) return;
    this.poll = undefined;
    this.timer.stop();
    const minded = poll.refused || why === 'late';
    const goes = !minded || poll.how === Shutdown.regardless;
    poll.asker.respond(CfgResponse.tryShutdown, goes ? CsError.OK : CsError.BUSY);
    if (goes) this.agreed();
  }
}
