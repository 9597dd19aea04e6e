/** A program for test/planted: tries many bugs in one process, each in a graph of modules of its own. */
import { AssertionError } from 'node:assert';
import { register } from 'node:module';
import Mocha from 'mocha';
import { findBug } from '../planted/bugs.js';
import { PARAMETER } from './graphs.js';
import type { KnownBug } from './known-bug.js';

/** A bug, and the scenario or test that has to find it. */
export interface Attempt {
  readonly bug: string;
  /** Address of the built module: of an area, or of a suite. */
  readonly module: string;
  readonly scenario?: string;
  readonly test?: string;
}

/** What was found wrong. */
export interface Finding {
  /** An assertion about what the product does, rather than an error of another kind. */
  readonly property: boolean;
  readonly message: string;
}

/** Milliseconds that a test of a suite may take. */
const TIMEOUT = 30_000;

/** What each attempt found, in turn; null where that is nothing. */
export default async function tryPlanted(attempts: readonly Attempt[]): Promise<(Finding | null)[]> {
  const bugs = [...new Set(attempts.map(({ bug }) => bug))].map(findBug);
  const root = new URL('../../../', import.meta.url).href;
  register('./graphs.js', import.meta.url, { data: { bugs, root } });
  const findings: (Finding | null)[] = [];
  for (const attempt of attempts) {
    const url = new URL(attempt.module);
    url.searchParams.set(PARAMETER, attempt.bug);
    const { scenario, test } = attempt;
    findings.push(await (scenario === undefined ? runTest(url, test ?? '') : runScenario(url, scenario)));
  }
  return findings;
}

async function runScenario(module: URL, name: string): Promise<Finding | null> {
  const { rows } = (await import(module.href)) as { rows: readonly KnownBug[] };
  const scenario = rows.flatMap(({ scenarios = [] }) => scenarios).find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`${module.pathname} has no scenario "${name}"`);
  try {
    await scenario.run();
    return null;
  } catch (error) {
    return findingOf(error);
  }
}

/** Runs a test of a suite, and the hooks around it; several where a suite is there for several implementations. */
async function runTest(module: URL, title: string): Promise<Finding | null> {
  const pattern = new RegExp(`${title.replace(/[^\w\s]/g, '\\$&')}$`);
  const mocha = new Mocha({ reporter: Mocha.reporters.Base, timeout: TIMEOUT, grep: pattern });
  mocha.suite.emit('pre-require', globalThis, module.pathname, mocha);
  await import(module.href);
  let finding: Finding | null = null;
  let tests = 0;
  await new Promise((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('test', () => tests++);
    runner.on('fail', (_, error) => (finding ??= findingOf(error)));
  });
  mocha.dispose();
  if (tests === 0) throw new Error(`${module.pathname} has no test "${title}"`);
  return finding;
}

function findingOf(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return { property: error instanceof AssertionError, message };
}
