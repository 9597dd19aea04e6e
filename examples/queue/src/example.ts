/** `node dist/example.js TEXT...` puts in a task for each text; without one it works tasks off, a third of a second each. */
import { setTimeout } from 'node:timers/promises';
import { WorkQueue } from './client.js';

await using queue = await WorkQueue.connect();
const texts = process.argv.slice(2);
for (const text of texts) console.log(`task ${await queue.put(text)} is in the queue`);
if (texts.length === 0) {
  for await (const { id, text } of queue.tasks()) {
    console.log(`task ${id} begins: ${text}`);
    await setTimeout(300);
    console.log(`task ${id} is done`);
  }
}
