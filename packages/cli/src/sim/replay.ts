import { readFileSync } from 'node:fs';
import { CoterieError } from '@coterie/sdk';
import {
  decodeScript,
  describeScript,
  runNamed,
  runSchedule,
  runScript,
  type Run,
  type Script,
} from '@coterie/testkit';

/** A schedule that has been run once more. */
export interface Replayed {
  /** Seed, name or file. */
  readonly name: string;
  readonly run: Run;
  /** Of random schedules: in words. */
  readonly description?: string;
}

/** Runs the random schedule of a seed, or the systematic one of a name. @throws CoterieError COTERIE_E_SIM_SCHEDULE */
export async function replay(name: string): Promise<Replayed> {
  if (/^\d+$/.test(name) && Number(name) < 2 ** 32) {
    const run = await runSchedule(Number(name));
    return { name, run, description: describeScript(run.script) };
  }
  try {
    return { name, run: await runNamed(name) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CoterieError('COTERIE_E_SIM_SCHEDULE', error.message);
  }
}

/** Runs the schedule of a file. @throws CoterieError COTERIE_E_SIM_SCHEDULE */
export async function replayFile(file: string): Promise<Replayed> {
  const script = readScript(file);
  return { name: file, run: await runScript(script), description: describeScript(script) };
}

function readScript(file: string): Script {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CoterieError('COTERIE_E_SIM_SCHEDULE', (error as Error).message);
  }
  const decoded = decodeScript(bytes);
  if (decoded.ok) return decoded.value;
  throw new CoterieError('COTERIE_E_SIM_SCHEDULE', `${file}: ${decoded.reason}`);
}
