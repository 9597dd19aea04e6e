import {
  ConfigurationFile,
  CsError,
  Logger,
  Timers,
  inject,
  type NodeId,
  type ReloadReport,
  type Timer,
  type Token,
} from '@coterie/sdk';
import type { NodeReport } from './reload-wire.js';

/** What a reload sends. Each is false if there is no room now. */
export interface ReloadMessages {
  check(round: number): boolean;
  verdict(asker: NodeId, round: number, report: ReloadReport): boolean;
}

/** How a reload ended for the program that asked: OK means that it is in force here. */
export type Done = (error: CsError, nodes: readonly NodeReport[]) => void;

interface Round {
  readonly number: number;
  /** Who has not said what its file would do. */
  readonly waiting: Set<NodeId>;
  readonly nodes: NodeReport[];
  readonly done: Done;
  applying: boolean;
}

/** Milliseconds that the nodes have to read their files. */
const PATIENCE = 10_000;
/** Milliseconds between attempts to send. */
const RETRY = 20;
/** Of a report that goes to other nodes: lines of a kind, and characters of a line. */
const LINES = 200;
const LINE = 400;

/**
 * A reload of the whole cluster, in two phases: every node reads its file and says what it would change; only if
 * none finds an error are all told to apply it. corosync's nodes have no first phase: they are just told.
 */
export class ClusterReload {
  /** Nodes that take part in the first phase. */
  participants: readonly NodeId[] = [];
  private messages!: ReloadMessages;
  private announce!: () => boolean;
  private round: Round | undefined;
  private rounds = 0;
  private readonly unsent: (() => boolean)[] = [];
  private readonly retry: Timer;
  private readonly timer: Timer;

  constructor(
    @inject(ConfigurationFile, { optional: true }) private readonly file: ConfigurationFile | undefined,
    @inject(Timers) timers: Timers,
    @inject(Logger) private readonly log: Logger,
  ) {
    this.retry = timers.timer(() => this.flush());
    this.timer = timers.timer(() => this.end(CsError.TIMEOUT));
  }

  /** @param announce sends corosync's message that makes every node apply its file */
  connect(announce: () => boolean): void {
    this.announce = announce;
  }

  connectChecks(messages: ReloadMessages): void {
    this.messages = messages;
  }

  /** `done` is called once. */
  begin(done: Done): void {
    if (this.file === undefined) return done(CsError.NOT_SUPPORTED, []);
    if (this.round !== undefined || this.participants.length === 0) return done(CsError.TRY_AGAIN, []);
    const number = (this.rounds = (this.rounds + 1) >>> 0);
    this.round = { number, waiting: new Set(this.participants), nodes: [], done, applying: false };
    this.timer.start(PATIENCE);
    this.send(() => this.messages.check(number));
  }

  /** Node `asker` wants to know what this node's file would change. */
  async check(asker: NodeId, round: number): Promise<void> {
    const report = await this.read((file) => file.check());
    this.send(() => this.messages.verdict(asker, round, shortened(report)));
  }

  verdict(from: NodeId, round: number, report: ReloadReport): void {
    const { round: own } = this;
    if (own?.number !== round || !own.waiting.delete(from)) return;
    own.nodes.push({ node: from, ...report });
    for (const error of report.errors) this.log.error(`no reload: on node ${from} ${error}`);
    if (own.waiting.size > 0) return;
    own.nodes.sort((a, b) => a.node - b.node);
    if (own.nodes.some(({ errors }) => errors.length > 0)) return this.end(CsError.INVALID_PARAM);
    own.applying = true;
    this.send(this.announce);
  }

  /** All nodes are to apply their files; `mine`: this node told them to. */
  async apply(mine: boolean): Promise<void> {
    const { errors } = await this.read((file) => file.reload());
    if (mine && this.round?.applying) this.end(errors.length > 0 ? CsError.INVALID_PARAM : CsError.OK);
  }

  /** Nodes may have left without having been heard, others may have come without having been asked. */
  ringChanged(): void {
    if (this.round?.applying === false) this.end(CsError.TRY_AGAIN);
  }

  private async read(how: (file: ConfigurationFile) => Promise<ReloadReport>): Promise<ReloadReport> {
    if (this.file === undefined) return failed('this node cannot read its file again');
    try {
      return await how(this.file);
    } catch (error) {
      return failed(String(error));
    }
  }

  private end(error: CsError): void {
    const { round } = this;
    if (round === undefined) return;
    this.round = undefined;
    this.timer.stop();
    round.done(error, round.nodes);
  }

  private send(message: () => boolean): void {
    this.unsent.push(message);
    this.flush();
  }

  private flush(): void {
    for (let next = this.unsent[0]; next !== undefined; next = this.unsent[0]) {
      if (!next()) return this.retry.start(RETRY);
      this.unsent.shift();
    }
  }
}

export const Reload = Symbol.for('@coterie/engine-cfg/ClusterReload@1') as Token<ClusterReload>;

function failed(why: string): ReloadReport {
  return { changed: [], warnings: [], errors: [why] };
}

function shortened({ changed, warnings, errors }: ReloadReport): ReloadReport {
  const few = (lines: readonly string[]) => lines.slice(0, LINES).map((line) => line.slice(0, LINE));
  return { changed: few(changed), warnings: few(warnings), errors: few(errors) };
}
