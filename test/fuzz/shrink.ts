/** Does this still fail as it did? */
export type Fails = (inputs: readonly Uint8Array[]) => Promise<boolean>;

/** Attempts, so that what takes long to run is not shrunk for ever. */
const ATTEMPTS = 1500;

/** Fewer and shorter inputs that still fail: first whole inputs go, then parts of them, then bytes become zero. */
export async function shrink(inputs: readonly Uint8Array[], fails: Fails): Promise<readonly Uint8Array[]> {
  const patience = { left: ATTEMPTS };
  let all = await without(inputs, patience, fails);
  for (let i = 0; i < all.length; i++) {
    const put = (input: readonly number[]) => all.with(i, Uint8Array.from(input));
    const shorter = await without([...all[i]!], patience, (input) => fails(put(input)));
    all = put(await zeroed(shorter, patience, (input) => fails(put(input))));
  }
  return all;
}

/** Delta debugging: leaves out ever smaller runs of items as long as the rest still fails. */
async function without<T>(
  items: readonly T[],
  patience: { left: number },
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let rest = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the front: what did harm is mostly the last of many inputs.
    for (let at = 0; at < rest.length;) {
      if (patience.left-- <= 0) return rest;
      const fewer = [...rest.slice(0, at), ...rest.slice(at + size)];
      if (await fails(fewer)) rest = fewer;
      else at += size;
    }
  }
  return rest;
}

async function zeroed(
  bytes: readonly number[],
  patience: { left: number },
  fails: (bytes: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  let simpler = bytes;
  for (let at = 0; at < bytes.length && patience.left > 0; at++) {
    if (simpler[at] === 0) continue;
    patience.left--;
    const tried = simpler.with(at, 0);
    if (await fails(tried)) simpler = tried;
  }
  return simpler;
}
