import type { Clock, Timer, Timers } from '@coterie/sdk';
import type { Schedule } from './schedule.js';

/** Bytes that a socket keeps for a process that does not read: net.core.rmem_default of Linux. */
const SOCKET_BUFFER = 212_992;
const WALL_START = 1_700_000_000_000;

/** An operating-system process in virtual time: it can be paused, stalled and killed. */
export class SimulatedProcess implements Clock, Timers {
  alive = true;
  /** Times that it has run: packets, requests of clients and timers that it has taken. */
  runs = 0;
  /** Milliseconds that the wall clock is wrong by. */
  wallOffset = 0;
  private pausedUntil = 0;
  /** What has become due while paused, in the order in which an event loop takes it: timers, then input. */
  private readonly held: Record<'timers' | 'input', (() => void)[]> = { timers: [], input: [] };
  private heldBytes = 0;
  private stalling = 0;
  /** While a callback stalls: how far the process is ahead of the schedule. */
  private ahead = 0;

  /** @param start what the monotonic clock shows when the schedule is at 0, milliseconds */
  constructor(
    readonly schedule: Schedule,
    private readonly start: number,
  ) {}

  now(): number {
    return this.start + this.schedule.now + this.ahead;
  }

  wall(): number {
    return WALL_START + this.schedule.now + this.ahead + this.wallOffset;
  }

  get paused(): boolean {
    return this.pausedUntil > this.schedule.now;
  }

  /** How much later than now what the process sends leaves it. */
  get lag(): number {
    return this.ahead;
  }

  /** Stops the process as SIGSTOP does. */
  pause(milliseconds: number): void {
    const until = this.schedule.now + milliseconds;
    if (until <= this.pausedUntil) return;
    this.pausedUntil = until;
    this.schedule.after(milliseconds, () => this.resume());
  }

  /** Its next callback takes so long: the clock moves meanwhile, and what it sends leaves late. */
  stall(milliseconds: number): void {
    this.stalling = milliseconds;
  }

  kill(): void {
    this.alive = false;
    this.held.timers.length = this.held.input.length = 0;
  }

  /** Something comes in from outside: `run` is called now, or when the process runs again. */
  input(run: () => void): void {
    this.enter('input', run);
  }

  /** As {@link input} for a packet of `bytes` bytes, which is lost if the socket has no room. */
  packet(bytes: number, run: () => void): void {
    if (this.paused) {
      if (this.heldBytes + bytes > SOCKET_BUFFER) return;
      this.heldBytes += bytes;
    }
    this.enter('input', run);
  }

  timer(expire: () => void): Timer {
    return new SimulatedTimer(this, expire);
  }

  /** @internal */
  expired(run: () => void): void {
    this.enter('timers', run);
  }

  private enter(phase: 'timers' | 'input', run: () => void): void {
    if (!this.alive) return;
    if (this.paused) {
      this.held[phase].push(run);
      return;
    }
    if (this.stalling > 0) {
      this.ahead = this.stalling;
      this.stalling = 0;
      this.pause(this.ahead);
    }
    this.runs++;
    run();
    this.ahead = 0;
  }

  private resume(): void {
    if (!this.alive || this.paused) return;
    this.heldBytes = 0;
    const timers = this.held.timers.splice(0);
    const input = this.held.input.splice(0);
    for (const run of timers) this.enter('timers', run);
    for (const run of input) this.enter('input', run);
  }
}

/** A restart only moves the deadline: most timers are restarted long before they run out. */
class SimulatedTimer implements Timer {
  running = false;
  private deadline = 0;
  /** When the happening that stands in the schedule comes; Infinity if none does. */
  private wake = Infinity;
  private readonly fire = () => this.fired();
  private readonly due = () => this.expireIfDue();

  constructor(
    private readonly process: SimulatedProcess,
    private readonly expire: () => void,
  ) {}

  start(milliseconds: number): void {
    this.deadline = this.process.schedule.now + this.process.lag + milliseconds;
    this.running = true;
    if (this.wake > this.deadline) this.arm();
  }

  stop(): void {
    this.running = false;
  }

  private arm(): void {
    this.wake = this.deadline;
    // Not after the difference: added up again it may come out a little less, and the timer would never run out.
    this.process.schedule.at(this.deadline, this.fire);
  }

  private fired(): void {
    const { now } = this.process.schedule;
    // An earlier deadline was armed meanwhile: its happening has replaced this one.
    if (now < this.wake) return;
    this.wake = Infinity;
    if (!this.running || !this.process.alive) return;
    if (now < this.deadline) this.arm();
    else this.process.expired(this.due);
  }

  private expireIfDue(): void {
    if (!this.running || this.process.schedule.now < this.deadline) return;
    this.running = false;
    this.expire();
  }
}
