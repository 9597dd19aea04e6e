/** `node dist/example.js AMOUNT` adds to the counter; without an amount it shows the counter, and each change of it. */
import { Counter } from './client.js';

await using counter = await Counter.connect();
const [, , amount] = process.argv;
if (amount !== undefined) {
  console.log(`node ${counter.nodeId}: ${await counter.add(BigInt(amount))}`);
} else {
  const changes = counter.changes();
  console.log(`${await counter.read()}`);
  for await (const { value } of changes) console.log(`${value}`);
}
