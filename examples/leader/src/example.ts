/** `node dist/example.js [NAME]` takes part in an election, and says who leads, until Ctrl-C. */
import { once } from 'node:events';
import { campaign } from './campaign.js';

const [, , name = 'example'] = process.argv;
const stop = new AbortController();
void once(process, 'SIGINT').then(() => stop.abort());
await campaign(
  name,
  ({ leader, mine }) => {
    if (mine) console.log('I lead');
    else console.log(leader ? `process ${leader.pid} on node ${leader.nodeId} leads` : 'nobody leads');
  },
  { signal: stop.signal },
);
