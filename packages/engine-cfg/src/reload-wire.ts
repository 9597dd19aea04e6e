import { safeU64, struct, u32, type ReloadReport } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';

/** Requests of the service `reload`. */
export const ReloadRequest = { reload: 0 } as const;
export const ReloadResponse = { reload: 0 } as const;

/** Messages among the members. */
export const ReloadMessage = { present: 0, check: 1, verdict: 2 } as const;

const lines = { type: 'array', items: { type: 'string' } };
const report = {
  type: 'object',
  properties: { changed: lines, warnings: lines, errors: lines },
  required: ['changed', 'warnings', 'errors'],
};

/** Who takes part, on the ring that is being synchronised. */
export const Present = struct({ ring: struct({ representative: u32, sequence: safeU64 }) });
/** Every member is to read its file; `round` is the sender's number for it. */
export const Check = struct({ round: u32 });
/** What a member's file would change, for the node that asked. */
export const Verdict = struct({ asker: u32, round: u32, report: json<ReloadReport>(report) });

/** What a reload did to a node, or would have done. */
export interface NodeReport extends ReloadReport {
  readonly node: number;
}

/** What became of a reload: if it was not applied, nothing has changed anywhere. */
export interface ReloadResult {
  readonly applied: boolean;
  readonly nodes: readonly NodeReport[];
}

const nodeReport = {
  ...report,
  properties: { node: { type: 'integer' }, ...report.properties },
  required: ['node', ...report.required],
};
export const ReloadAnswer = struct({
  result: json<ReloadResult>({
    type: 'object',
    properties: { applied: { type: 'boolean' }, nodes: { type: 'array', items: nodeReport } },
    required: ['applied', 'nodes'],
  }),
});
