/** `npm run example -- TEXT`: puts a line on the board of the daemon on this machine and prints what is on it. */
import { __Name__Client } from './client.js';

await using board = await __Name__Client.connect();
const last = await board.say(process.argv.slice(2).join(' ') || 'hello');
await using again = await __Name__Client.connect();
for await (const { number, node, text } of again.lines()) {
  console.log(`${number} node ${node}: ${text}`);
  if (number >= last) break;
}
