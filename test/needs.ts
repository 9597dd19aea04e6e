import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Something of the machine that a test cannot do without: undefined if it is there, else what is missing. */
export type Need = () => string | undefined;

export const root: Need = () => (process.getuid?.() === 0 ? undefined : 'root');

export function program(name: string): Need {
  return () => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
      return undefined;
    } catch {
      return `the program ${name}`;
    }
  };
}

export function file(path: string): Need {
  return () => (existsSync(path) ? undefined : path);
}

/**
 * `describe` for tests with needs. Where one is not met the tests are skipped and the title says why; with CI=true
 * a skip is taken for a failure.
 */
export function describeWith(
  needs: readonly Need[],
  title: string,
  tests: (this: Mocha.Suite) => void,
): void {
  const missing = needs.map((need) => need()).filter((reason) => reason !== undefined);
  if (missing.length === 0) describe(title, tests);
  else describe.skip(`${title} (skipped: this needs ${missing.join(', ')})`, tests);
}
