import { CoterieError } from '@coterie/sdk';
import { delay } from '../interop/until.js';

export interface BoardLine {
  readonly number: number;
  readonly node: number;
  readonly text: string;
}

/** The client of the engine that is generated, as far as it is used here. */
export interface Board extends AsyncDisposable {
  say(text: string): Promise<number>;
  lines(options: { limit: number }): AsyncIterable<BoardLine>;
}

export interface BoardClient {
  connect(options: { runDir: string }): Promise<Board>;
}

/** Milliseconds between two lines, and between two attempts to connect. */
const PACE = 15;
const LONGEST_BOARD = 10_000;

/** A program beside a daemon that puts lines on the board all the time, and connects again when it is cut off. */
export class Talker {
  /** The number that a line got, by its text. */
  readonly acknowledged = new Map<string, number>();
  /** The number of the line that was acknowledged last. */
  last = 0;
  private said = 0;
  private ending = false;
  private readonly over: Promise<void>;

  constructor(
    readonly node: number,
    private readonly client: BoardClient,
    private readonly runDir: string,
  ) {
    this.over = this.talk();
    this.over.catch(() => undefined);
  }

  /** @throws what it met and did not expect */
  end(): Promise<void> {
    this.ending = true;
    return this.over;
  }

  private async talk(): Promise<void> {
    while (!this.ending) {
      try {
        await using board = await this.client.connect({ runDir: this.runDir });
        while (!this.ending) {
          // A line whose acknowledgement does not come may stand on the board all the same: none is said again.
          const text = `${this.node}.${++this.said}`;
          this.last = await board.say(text);
          this.acknowledged.set(text, this.last);
          await delay(PACE);
        }
      } catch (error) {
        if (!(error instanceof CoterieError)) throw error;
        await delay(PACE);
      }
    }
  }
}

/** What stands on the board as one node shows it, up to a line. */
export async function boardOf(client: BoardClient, runDir: string, end: number): Promise<BoardLine[]> {
  await using board = await client.connect({ runDir });
  const lines: BoardLine[] = [];
  for await (const line of board.lines({ limit: LONGEST_BOARD })) {
    lines.push(line);
    if (line.number >= end) break;
  }
  return lines;
}
