import type { NodeId } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';

/** Something that would make this part of the cluster quorate, or make it lose its quorum. */
export interface QuorumChange {
  readonly what: 'join' | 'loss' | 'cancel-wait-for-all' | 'expected-votes';
  /** Nodes that come or go, all of them. */
  readonly nodes: readonly NodeId[];
  /** Votes to expect. */
  readonly votes?: number;
}

/** Why this part of the cluster is (not) quorate, and what would change it, each of them alone. */
export interface Explanation {
  readonly quorate: boolean;
  readonly reason: string;
  readonly changes: readonly QuorumChange[];
}

const nodes = { type: 'array', items: { type: 'integer' } };
export const ExplanationText = json<Explanation>({
  type: 'object',
  properties: {
    quorate: { type: 'boolean' },
    reason: { type: 'string' },
    changes: {
      type: 'array',
      items: {
        type: 'object',
        properties: { what: { type: 'string' }, nodes, votes: { type: 'integer' } },
        required: ['what', 'nodes'],
      },
    },
  },
  required: ['quorate', 'reason', 'changes'],
});
