import {
  CHANNEL_FD,
  type Clock,
  type Logger,
  type ProcessEnd,
  type ProcessGroup,
  type ProcessIdentity,
  type Processes,
  type Timer,
  type Timers,
} from '@coterie/sdk';
import { Variable, parseWord } from './channel.js';
import type { Terms } from './terms.js';

/** `ending`: it was told to end, or its leader has and others of its group have not; `pausing`: before a restart. */
export type Phase = 'waiting' | 'running' | 'ending' | 'pausing' | 'ended' | 'failed';

/** Why a program that runs is told to end. */
type Sentence = 'stop' | 'quorum' | 'silence' | 'failed' | 'renewal';

/** Milliseconds between looks at a group whose leader is gone. */
const LOOK = 50;

export interface Surroundings {
  readonly processes: Processes;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly quorate: () => boolean;
  /** Anything of {@link Supervision} that can be read has changed. */
  readonly changed: () => void;
  /** The program has said something. */
  readonly heard: () => void;
}

/** Keeps one program running on its terms, as SAM's parent process does (sam_parent_handler in lib/sam.c). */
export class Supervision {
  phase: Phase = 'ended';
  /** Why it is in that phase, in words; '' while it runs. */
  reason = '';
  /** How often it has been started, u32. */
  instance = 0;
  restarts = 0;
  /** How it ended last. */
  end: ProcessEnd | undefined;
  /** Between `start` and `stop` of a program with a channel; always, of others. */
  checking = false;
  /** The program has said `start` and waits for quorum. */
  startAsked = false;
  private readonly timer: Timer;
  private group: ProcessGroup | undefined;
  private leaderLives = false;
  private sentence: Sentence | undefined;
  private wanted = false;
  private killAt = 0;
  private startedAt = 0;
  private failuresInARow = 0;
  private warnSignal: string;
  private stored: Uint8Array | undefined;
  private finished: (() => void)[] = [];

  constructor(
    private terms: Terms,
    private readonly around: Surroundings,
  ) {
    this.warnSignal = terms.warnSignal;
    this.timer = around.timers.timer(() => this.expired());
  }

  /** Neither a process of the group lives nor will one be started. */
  get idle(): boolean {
    return this.phase === 'ended' || this.phase === 'failed';
  }

  /** Undefined while there is none. */
  get process(): ProcessIdentity | undefined {
    return this.group;
  }

  get requiresQuorum(): boolean {
    return this.terms.requiresQuorum;
  }

  start(): void {
    if (!this.idle) return;
    this.wanted = true;
    this.failuresInARow = 0;
    this.launch();
  }

  /** Goes on with a process that an earlier supervisor has started. False: it is gone. */
  adopt(identity: ProcessIdentity, instance: number): boolean {
    this.group = this.around.processes.adopt(identity, { ended: (end) => this.ended(end) });
    if (this.group === undefined) return false;
    this.instance = instance;
    this.wanted = this.leaderLives = this.checking = true;
    this.startedAt = this.around.clock.now();
    this.enter('running', '');
    return true;
  }

  /** Ends the program and all of its group; resolves once they are gone. */
  stop(): Promise<void> {
    if (this.idle) return Promise.resolve();
    this.wanted = false;
    const done = new Promise<void>((resolve) => this.finished.push(resolve));
    if (this.phase === 'running') this.warn('stop', 'it is told to stop');
    else if (this.phase !== 'ending') this.finish('ended', 'stopped');
    return done;
  }

  /** Ends the group at once: there is no time left. */
  kill(): void {
    this.wanted = false;
    this.timer.stop();
    this.group?.signal('SIGKILL');
  }

  /** From now on on other terms: what runs is ended, and started anew. */
  renew(terms: Terms): void {
    this.terms = terms;
    this.wanted = true;
    this.failuresInARow = 0;
    if (this.phase === 'running') this.warn('renewal', 'its configuration has changed');
    else if (this.phase === 'ending') this.sentence = 'renewal';
    else this.launch();
  }

  /** The verdict has changed. */
  quorumChanged(): void {
    if (!this.terms.requiresQuorum) return;
    if (!this.around.quorate()) {
      if (this.phase === 'running' && this.checking) this.warn('quorum', 'quorum is lost');
    } else if (this.phase === 'waiting') this.launch();
    else if (this.startAsked) this.beginChecking();
  }

  private get blocked(): boolean {
    return this.terms.requiresQuorum && !this.around.quorate();
  }

  private launch(): void {
    const { command, user, environment, health, interval, warnSignal } = this.terms;
    this.timer.stop();
    this.sentence = this.end = undefined;
    if (health !== 'library' && this.blocked) return this.enter('waiting', 'it waits for quorum');
    this.instance = (this.instance + 1) >>> 0;
    this.warnSignal = warnSignal;
    this.startedAt = this.around.clock.now();
    this.checking = health !== 'library';
    const channel = health !== 'exit';
    const told = {
      [Variable.instance]: `${this.instance}`,
      ...(channel ? { [Variable.descriptor]: `${CHANNEL_FD}`, [Variable.interval]: `${interval}` } : {}),
    };
    this.leaderLives = true;
    this.group = this.around.processes.start(
      { command, user, environment: { ...environment, ...told }, channel },
      { ended: (end) => this.ended(end), line: (text) => this.line(text) },
    );
    this.watch();
    this.enter('running', '');
  }

  private enter(phase: Phase, reason: string): void {
    this.phase = phase;
    this.reason = reason;
    this.around.changed();
  }

  /** (Re)starts the time that silence may take. */
  private watch(): void {
    const { health, interval } = this.terms;
    if (this.checking && health !== 'exit' && interval > 0) this.timer.start(interval);
  }

  private warn(sentence: Sentence, why: string): void {
    this.sentence = sentence;
    this.startAsked = false;
    this.killAt = this.around.clock.now() + this.terms.killTimeout;
    this.around.log.info(`process ${this.group?.pid}: ${why}`);
    this.group?.signal(this.warnSignal);
    this.timer.start(this.terms.killTimeout);
    this.enter('ending', why);
  }

  private expired(): void {
    if (this.phase === 'pausing') this.launch();
    else if (this.phase === 'running') {
      this.warn('silence', `it has been silent for ${this.terms.interval} ms`);
    } else if (this.phase === 'ending') this.press();
  }

  /** Looks whether all of the group is gone; kills what is left when its time is over. */
  private press(): void {
    if (!this.leaderLives && !this.group?.signal(undefined)) return this.settle();
    if (this.around.clock.now() >= this.killAt) {
      this.group?.signal('SIGKILL');
      // None of those that are left will run again.
      if (!this.leaderLives) return this.settle();
    }
    this.timer.start(LOOK);
  }

  private ended(end: ProcessEnd): void {
    this.leaderLives = false;
    this.end = end;
    this.timer.stop();
    if (!this.group?.signal(undefined)) return this.settle();
    if (this.phase !== 'ending') {
      this.killAt = this.around.clock.now() + this.terms.killTimeout;
      this.group.signal(this.warnSignal);
      this.enter('ending', 'processes that it has started are told to end');
    }
    this.timer.start(LOOK);
  }

  /** All of the group is gone: what next? */
  private settle(): void {
    const failure = this.failure();
    const { sentence } = this;
    this.group = undefined;
    this.startAsked = this.checking = false;
    const { policy } = this.terms;
    if (!this.wanted) this.finish('ended', 'stopped');
    else if (sentence === 'renewal') {
      this.tellFinished();
      this.launch();
    } else if (sentence === 'quorum') {
      if (policy === 'restart') this.launch();
      else this.finish('failed', 'quorum was lost');
    } else if (failure === undefined) this.finish('ended', 'it has ended by itself');
    else if (policy === 'quit' || sentence === 'failed') this.finish('failed', failure);
    else this.retry(failure);
  }

  /** Undefined: it has ended in good order. */
  private failure(): string | undefined {
    const { end, sentence } = this;
    if (sentence === 'silence') return `it was silent for ${this.terms.interval} ms`;
    if (sentence === 'failed') return 'it said that it has failed';
    if (end?.kind === 'not-started') return `it could not be started: ${end.reason}`;
    if (!this.checking) return undefined;
    if (end?.kind === 'exit' && end.code === 0 && this.terms.health !== 'library') return undefined;
    if (end?.kind === 'exit') return `it ended with exit code ${end.code}`;
    return end?.kind === 'signal' ? `it was ended by ${end.signal}` : 'it has ended';
  }

  private retry(failure: string): void {
    const { backoff, backoffMax, maxRestarts } = this.terms;
    if (this.around.clock.now() - this.startedAt > backoffMax) this.failuresInARow = 0;
    if (this.failuresInARow >= maxRestarts) {
      return this.finish('failed', `${failure}, after ${maxRestarts} restarts in a row`);
    }
    const pause = Math.min(backoffMax, backoff * 2 ** this.failuresInARow++);
    this.restarts++;
    this.around.log.warn(`${failure}; it is started again in ${pause} ms`);
    this.timer.start(pause);
    this.enter('pausing', failure);
  }

  private finish(phase: 'ended' | 'failed', reason: string): void {
    this.wanted = false;
    this.timer.stop();
    if (phase === 'failed') this.around.log.error(`not started again: ${reason}`);
    this.enter(phase, reason);
    this.tellFinished();
  }

  private tellFinished(): void {
    for (const resolve of this.finished.splice(0)) resolve();
  }

  private line(text: string): void {
    const word = parseWord(text);
    const say = (answer: string) => this.group?.say(answer);
    this.around.heard();
    if (this.phase === 'running' && this.timer.running) this.watch();
    switch (word.kind) {
      case 'beat':
        return;
      case 'start':
        return this.beginChecking();
      case 'stop':
        if (this.phase === 'running') this.timer.stop();
        this.checking = this.startAsked = false;
        this.around.changed();
        return say('ok');
      case 'failed':
        if (this.phase === 'running') this.condemn();
        return;
      case 'warn':
        this.warnSignal = word.signal;
        return say('ok');
      case 'store':
        this.stored = word.data;
        return say('ok');
      case 'load':
        return say(`ok ${Buffer.from(this.stored ?? []).toString('base64')}`.trimEnd());
      case 'refused':
        return say(`refused ${word.reason}`);
    }
  }

  /** The program has said `start`: it hears back when it may go on. */
  private beginChecking(): void {
    if (this.phase !== 'running') return;
    this.startAsked = this.blocked;
    if (!this.startAsked) {
      this.checking = true;
      this.watch();
      this.group?.say('ok');
    }
    this.around.changed();
  }

  /** As sam_mark_failed: without a warning, and for good. */
  private condemn(): void {
    this.sentence = 'failed';
    this.killAt = this.around.clock.now();
    this.enter('ending', 'it said that it has failed');
    this.press();
  }
}
