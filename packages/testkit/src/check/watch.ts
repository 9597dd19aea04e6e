import type { Trace } from '../trace/trace.js';
import { DaemonChecker } from './daemon-checker.js';
import { DeliveryChecker } from './delivery-checker.js';
import { GroupChecker } from './group-checker.js';
import { LivenessChecker } from './liveness-checker.js';
import { MembershipChecker } from './membership-checker.js';
import { QuorumChecker } from './quorum-checker.js';
import { RestChecker } from './rest-checker.js';

/** Default of max_messages. */
const MAX_MESSAGES = 17;

/** Attaches the checkers of safety: what holds at any moment, whatever happens to the nodes. */
export function watch(trace: Trace, maxMessages = MAX_MESSAGES): void {
  for (const checker of [
    new MembershipChecker(),
    new DeliveryChecker(),
    new GroupChecker(),
    new QuorumChecker(),
    new DaemonChecker(maxMessages),
  ])
    trace.attach(checker);
}

/** Attaches the checkers of what has to come once it is quiet. */
export function watchRest(trace: Trace): void {
  trace.attach(new LivenessChecker());
  trace.attach(new RestChecker());
}
