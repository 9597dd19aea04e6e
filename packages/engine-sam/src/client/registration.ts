import { empty, type Infer } from '@coterie/sdk';
import { connect, type Connection } from '@coterie/sdk/client';
import { Quorum, Register, Report, SERVICE, SamEvent, SamRequest } from '../client-wire.js';
import type { SamClientOptions } from './sam-client.js';

/** Milliseconds until a daemon that is gone is looked for again. */
const RETRY = 1000;

export interface Orders {
  /** The verdict has changed; without a daemon there is no quorum. */
  quorumChanged(): void;
  /** Somebody wants the program to end. */
  stop(): void;
}

/** Tells the daemon about a program that this process supervises, and hears of quorum and of orders from it. */
export class Registration {
  quorate = false;
  private connection: Connection | undefined;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;
  private last: Infer<typeof Report> | undefined;

  private constructor(
    private readonly options: SamClientOptions,
    private readonly about: Infer<typeof Register>,
    private readonly orders: Orders,
  ) {}

  /** @throws CoterieError COTERIE_E_CLIENT_*: there is no daemon, or it does not want the registration */
  static async open(
    options: SamClientOptions,
    about: Infer<typeof Register>,
    orders: Orders,
  ): Promise<Registration> {
    const registration = new Registration(options, about, orders);
    await registration.connect();
    return registration;
  }

  /** Without a daemon the report waits for the next one. */
  report(report: Infer<typeof Report>): void {
    this.last = report;
    void this.send(report);
  }

  /** Says a last word and no more. */
  async close(report: Infer<typeof Report> | undefined): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    if (report !== undefined) await this.send(report);
    await this.connection?.close();
  }

  private async send(report: Infer<typeof Report>): Promise<void> {
    // A connection that breaks is lost by `closed`, and everything is said again to the next daemon.
    await this.connection?.call(SamRequest.report, Report, report, empty).catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const connection = await connect({ ...this.options, service: SERVICE });
    connection.on(SamEvent.quorum, Quorum, ({ quorate }) => this.judge(quorate !== 0));
    connection.on(SamEvent.stop, empty, () => this.orders.stop());
    const { quorate } = await connection
      .call(SamRequest.register, Register, this.about, Quorum)
      .catch(async (error: unknown) => {
        await connection.close();
        throw error;
      });
    this.connection = connection;
    if (this.last !== undefined) void this.send(this.last);
    void connection.closed.then(() => this.lost());
    this.judge(quorate !== 0);
  }

  private judge(quorate: boolean): void {
    if (quorate === this.quorate) return;
    this.quorate = quorate;
    this.orders.quorumChanged();
  }

  private lost(): void {
    this.connection = undefined;
    if (this.closed) return;
    this.judge(false);
    this.tryAgain();
  }

  private tryAgain(): void {
    this.retry = setTimeout(() => {
      this.connect().catch(() => {
        if (!this.closed) this.tryAgain();
      });
    }, RETRY);
  }
}
