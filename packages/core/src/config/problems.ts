import type { ErrorCode } from '@coterie/sdk';
import type { Problem } from './configuration.js';

/** Collects what is wrong with one file. */
export class Problems {
  readonly list: Problem[] = [];

  constructor(readonly file: string) {}

  error(code: ErrorCode, line: number, message: string): void {
    this.list.push({ code, severity: 'error', file: this.file, line, message });
  }

  warning(code: ErrorCode, line: number, message: string): void {
    this.list.push({ code, severity: 'warning', file: this.file, line, message });
  }

  get failed(): boolean {
    return this.list.some(({ severity }) => severity === 'error');
  }
}

/** `corosync.conf:14: [COTERIE_E_...] message`: one line for people. */
export function formatProblem({ code, severity, file, line, message }: Problem): string {
  const where = line > 0 ? `${file}:${line}` : file;
  return `${where}: ${severity}: ${message} [${code}]`;
}
