import { Socket } from 'node:net';
import { CoterieError } from '@coterie/sdk';
import { Variable } from '../supervision/channel.js';
import { ownTime } from './time.js';

/** A check asks so often within the time that silence may take. */
const CHECKS_PER_INTERVAL = 3;

interface Question {
  resolve(data: string): void;
  reject(error: CoterieError): void;
}

/** This process as the one that is supervised; `register` makes it. */
export class Supervised {
  /** How often the program has been started, from 1. */
  readonly instance: number;
  /** Milliseconds that it may be silent once it has started; 0: as long as it likes. */
  readonly interval: number;
  private readonly socket: Socket;
  private readonly questions: Question[] = [];
  private rest = '';
  private started = false;
  private check: (() => unknown) | undefined;
  private readonly rhythm = ownTime.timer(() => void this.checkHealth());

  /** @param environment has what the supervisor has told; it is taken out, so that no child believes it is meant. */
  constructor(environment: NodeJS.ProcessEnv) {
    this.instance = Number(environment[Variable.instance]);
    this.interval = Number(environment[Variable.interval]);
    this.socket = new Socket({
      fd: Number(environment[Variable.descriptor]),
      readable: true,
      writable: true,
    });
    for (const name of Object.values(Variable)) delete environment[name];
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => this.heard(text));
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => this.lost());
    // To be supervised keeps no program alive.
    this.socket.unref();
  }

  /** From here on silence, and any end, is a failure. Resolves once there is quorum, if that is required. */
  async start(): Promise<void> {
    await this.ask('start');
    this.started = true;
    if (this.check !== undefined) await this.checkHealth();
  }

  /** From here on the program may be silent, and end. */
  async stop(): Promise<void> {
    this.started = false;
    this.rhythm.stop();
    await this.ask('stop');
  }

  /** A sign of life: after {@link start}, one at least every {@link interval} milliseconds. */
  beat(): void {
    this.socket.write('beat\n');
  }

  /**
   * Event-driven health checks instead: `check` is called three times an interval while the program has started. It
   * must say within the interval that all is well, by any answer but false; throwing says that it is not.
   */
  healthCheck(check: () => unknown): void {
    if (this.interval === 0) {
      throw new CoterieError(
        'COTERIE_E_SAM_INTERVAL',
        'health checks need an interval: register({ interval })',
      );
    }
    this.check = check;
    if (this.started) void this.checkHealth();
  }

  /** Ends this process for good, whatever the policy: it is killed without a warning and recorded as failed. */
  markFailed(): void {
    this.socket.write('failed\n');
  }

  /** The signal that asks this process to end; SIGTERM unless told. */
  async setWarnSignal(signal: NodeJS.Signals): Promise<void> {
    await this.ask(`warn ${signal}`);
  }

  /** Keeps data for the instances to come, up to 1 MiB; none deletes what is kept. */
  async store(data: Uint8Array | undefined): Promise<void> {
    await this.ask(`store ${Buffer.from(data ?? []).toString('base64')}`);
  }

  /** What was stored last, by this instance or an earlier one. */
  async restore(): Promise<Uint8Array | undefined> {
    const data = await this.ask('load');
    return data === '' ? undefined : Buffer.from(data, 'base64');
  }

  private async checkHealth(): Promise<void> {
    this.rhythm.stop();
    const { check } = this;
    if (check === undefined || !this.started) return;
    try {
      // An answer that never comes is silence, as an event loop that does not turn is.
      if ((await check()) !== false) this.beat();
    } catch {
      // Not well; the supervisor hears it from the silence.
    }
    if (this.started) this.rhythm.start(this.interval / CHECKS_PER_INTERVAL);
  }

  private ask(question: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.questions.push({ resolve, reject });
      this.socket.ref();
      this.socket.write(`${question}\n`);
    });
  }

  private heard(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const question = this.questions.shift();
      const [answer, ...words] = line.split(' ');
      if (answer === 'ok') question?.resolve(words.join(' '));
      else
        question?.reject(
          new CoterieError('COTERIE_E_SAM_REFUSED', `the supervisor refuses: ${words.join(' ')}`),
        );
    }
    if (this.questions.length === 0) this.socket.unref();
  }

  /** Nobody would restart or end this process any more: it ends as if it were told to. */
  private lost(): void {
    const gone = new CoterieError('COTERIE_E_SAM_LOST', 'the supervisor is gone');
    for (const { reject } of this.questions.splice(0)) reject(gone);
    process.kill(process.pid, 'SIGTERM');
  }
}
