/** `node dist/example.js [NAME [ROOM]]` says in the room what is typed, and shows what everybody says, until Ctrl-D. */
import { createInterface } from 'node:readline';
import { CpgClient, type Process } from '@coterie/engine-cpg/client';
import { decode, encode } from './line.js';

const [, , name = 'somebody', room = 'lobby'] = process.argv;
await using cpg = await CpgClient.connect();
const group = await cpg.join(`chat/${room}`);
const typed = createInterface({ input: process.stdin });
typed.on('line', (text) => void group.send(encode({ name, text: text.replace(/\p{Cc}/gu, ' ') })));
typed.on('close', () => void group.leave());

const names = new Map<string, string>();
for await (const event of group) {
  if (event.type === 'deliver') {
    const line = decode(event.data);
    if (line === undefined) continue;
    names.set(key(event.from), line.name);
    console.log(`${line.name}: ${line.text}`);
  } else if (event.type === 'configuration') {
    for (const process of event.joined) console.log(`* ${called(process)} came`);
    for (const process of event.left) console.log(`* ${called(process)} went (${process.reason})`);
    console.log(`* ${event.members.length} in ${group.name}`);
  }
}

/** By the name that it has said something under. */
function called(process: Process): string {
  return names.get(key(process)) ?? key(process);
}

function key({ nodeId, pid }: Process): string {
  return `${nodeId}:${pid}`;
}
