/** A program that registers itself; what it does then is told by its argument. Each line begins with the instance. */
import { register } from '../../dist/client/index.js';

const [, , deed = '', runDir, ...flags] = process.argv;
const sam = await register(
  {
    // A busy machine may keep a program, or its supervisor, waiting for a second.
    ...{ interval: 2000, killTimeout: 2000, backoff: 50, maxRestarts: 3 },
    requiresQuorum: flags.includes('quorum'),
    policy: flags.includes('quit') ? 'quit' : 'restart',
  },
  runDir === undefined ? {} : { runDir },
);
const say = (line: string) => console.log(`${sam.instance} ${line}`);
const forever = () => void setInterval(() => undefined, 1000);

switch (deed) {
  case 'data': {
    const kept = await sam.restore();
    say(kept === undefined ? 'nothing' : Buffer.from(kept).toString());
    await sam.store(Buffer.from(`from ${sam.instance}`));
    await sam.start();
    if (sam.instance < 3) process.exit(0);
    await sam.stop();
    process.exit(7);
    break;
  }
  case 'end-before-start':
    process.exit(5);
    break;
  case 'beat': {
    await sam.start();
    // More beats than fit into one interval, then silence.
    let beats = 0;
    const timer = setInterval(() => {
      if (sam.instance === 1 && beats >= 10) return;
      sam.beat();
      if (++beats < 10) return;
      if (sam.instance === 1) return say('silent');
      clearInterval(timer);
      void sam.stop().then(() => process.exit(0));
    }, 250);
    break;
  }
  case 'ill': {
    await sam.setWarnSignal('SIGUSR1');
    process.on('SIGUSR1', () => say('warned'));
    let checks = 0;
    sam.healthCheck(() => {
      say(`check ${++checks}`);
      if (sam.instance === 2 && checks === 5) void sam.stop().then(() => process.exit(0));
      return sam.instance === 2 || checks < 3;
    });
    await sam.start();
    forever();
    break;
  }
  case 'stuck':
    await sam.start();
    sam.healthCheck(() => true);
    if (sam.instance === 2) await sam.stop().then(() => process.exit(0));
    say('stuck');
    setImmediate(() => {
      for (;;);
    });
    break;
  case 'mark':
    await sam.start();
    sam.markFailed();
    forever();
    break;
  case 'stay':
    await sam.start();
    say(`started ${process.pid}`);
    sam.healthCheck(() => true);
    forever();
    break;
}
