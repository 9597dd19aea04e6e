import { impossible, ringEvents, ringStates, type Results } from '@coterie/testkit';
import { paint } from '../paint.js';

/** Milliseconds between two looks of the bar; between two lines where nobody looks at a terminal. */
const REDRAW = 250;
const LINE = 10_000;
const WIDTH = 24;

/** Pairs of a state and an event that can be. */
const POSSIBLE = ringStates.reduce(
  (sum, state) => sum + ringEvents.filter((event) => impossible(state, event) === undefined).length,
  0,
);

/** Shows on standard error how far a campaign has come: a bar on a terminal, else a line now and then. */
export class Progress {
  private readonly began = performance.now();
  private readonly doneBefore: number;
  private readonly terminal = process.stderr.isTTY;
  private shown = -Infinity;

  /** @param total schedules that are to be done in the end, those of earlier runs among them */
  constructor(
    private readonly results: Results,
    private readonly total: number,
    private readonly done: () => number,
  ) {
    this.doneBefore = done();
    if (!this.terminal) this.shown = this.began;
  }

  /** To be called after each schedule. */
  update(): void {
    const now = performance.now();
    if (now - this.shown < (this.terminal ? REDRAW : LINE)) return;
    this.shown = now;
    this.write(this.terminal ? `\r\x1b[2K${this.bar()} ${this.line()}` : `${this.line()}\n`);
  }

  /** Takes the bar away: something else is to be shown, or the campaign is over. */
  clear(): void {
    if (this.terminal) this.write('\r\x1b[2K');
    this.shown = -Infinity;
  }

  private write(text: string): void {
    process.stderr.write(text);
  }

  private bar(): string {
    const full = Math.floor((WIDTH * this.done()) / Math.max(1, this.total));
    return `${'█'.repeat(full)}${paint.quiet('░'.repeat(WIDTH - full))}`;
  }

  private line(): string {
    const { figures, failures, pairs } = this.results;
    const done = this.done();
    const rate = (done - this.doneBefore) / ((performance.now() - this.began) / 1000);
    const left = rate > 0 ? duration((this.total - done) / rate) : '?';
    return [
      `${done}/${this.total}`,
      `${rate.toFixed(1)}/s, ${left} left`,
      `${short(figures.events)} events`,
      `${short(figures.packets)} packets`,
      `${duration(figures.simulated / 1000)} simulated`,
      `coverage ${pairs}/${POSSIBLE}`,
      failures.length === 0 ? 'no failures' : paint.bad(`${failures.length} failures`),
    ].join(' · ');
  }
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** Seconds in the largest unit that fits. */
export function duration(seconds: number): string {
  const [name, size] = units.find(([, each]) => seconds >= 2 * each) ?? ['s', 1];
  return `${Math.round(seconds / size)} ${name}`;
}

/** 12345678 as 12.3M. */
function short(count: number): string {
  const [name, size] = (
    [
      ['G', 1e9],
      ['M', 1e6],
      ['k', 1e3],
    ] as const
  ).find(([, each]) => count >= each) ?? ['', 1];
  return size === 1 ? `${count}` : `${(count / size).toFixed(1)}${name}`;
}
