/** The hashes of the traces of seeds from the first argument to the second, as JSON. */
import { runSchedule } from '@coterie/testkit';

const [from, to] = process.argv.slice(2).map(Number) as [number, number];
const hashes: number[] = [];
for (let seed = from; seed <= to; seed++) hashes.push((await runSchedule(seed)).trace.hash());
process.stdout.write(JSON.stringify(hashes));
