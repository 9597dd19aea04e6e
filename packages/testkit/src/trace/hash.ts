const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

/** FNV-1a of the text's character codes, on top of `seed`. */
export function hashText(text: string, seed = 0): number {
  let hash = BASIS ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  return hash >>> 0;
}
