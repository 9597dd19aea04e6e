import type { Trace } from '../trace/trace.js';
import { DeliveryChecker } from './delivery-checker.js';
import { GroupChecker } from './group-checker.js';
import { MembershipChecker } from './membership-checker.js';
import { QuorumChecker } from './quorum-checker.js';

/** Attaches all checkers. */
export function watch(trace: Trace): void {
  for (const checker of [
    new MembershipChecker(),
    new DeliveryChecker(),
    new GroupChecker(),
    new QuorumChecker(),
  ])
    trace.attach(checker);
}
