import type { Logger } from '@coterie/sdk';

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
}

/** A logger that keeps what it is told. */
export class RecordedLog implements Logger {
  readonly lines: LoggedLine[] = [];
  readonly error = this.at('error');
  readonly warn = this.at('warn');
  readonly info = this.at('info');
  readonly debug = this.at('debug');
  readonly trace = this.at('trace');

  enabled(): boolean {
    return true;
  }

  private at(level: string) {
    return (message: string): void => void this.lines.push({ level, message });
  }
}
