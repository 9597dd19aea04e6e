import type { NodeId } from '@coterie/sdk';

/** A set of node ids: ascending, without duplicates. */
export type NodeSet = readonly NodeId[];

export function nodeSet(ids: Iterable<NodeId>): NodeSet {
  return [...new Set(ids)].sort((a, b) => a - b);
}

export function union(a: NodeSet, b: NodeSet): NodeSet {
  return nodeSet([...a, ...b]);
}

export function without(a: NodeSet, b: NodeSet): NodeSet {
  return a.filter((id) => !b.includes(id));
}

export function intersection(a: NodeSet, b: NodeSet): NodeSet {
  return a.filter((id) => b.includes(id));
}

export function isSubset(part: NodeSet, whole: NodeSet): boolean {
  return part.every((id) => whole.includes(id));
}

export function sameSet(a: NodeSet, b: NodeSet): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
