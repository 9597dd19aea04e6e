import { distance } from 'fastest-levenshtein';

/** ` Did you mean "token"?` if one of the names is near enough, else nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let least = Math.min(3, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best === undefined ? '' : ` Did you mean "${best}"?`;
}
