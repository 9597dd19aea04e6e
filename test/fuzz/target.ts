import type { Prng } from '@coterie/testkit';
import type { Source } from './source.js';

/** Something that takes input from outside, with what makes such input hostile. */
export interface Target {
  readonly name: string;
  /** What its inputs are, in a few words. */
  readonly about: string;
  /** Inputs of a campaign of full size. */
  readonly inputs: number;
  /** Inputs of one run at most. */
  readonly length: number;
  /** Does each input count for itself? Else what a run finds takes all inputs before it to find again. */
  readonly stateless: boolean;
  /** Takes the inputs of one run. Throws if one of them does what none may do. */
  play(source: Source): void | Promise<void>;
}

export interface DecoderParts {
  readonly name: string;
  readonly about: string;
  readonly inputs: number;
  /** An input, valid until the next one is made. */
  generate(random: Prng): Uint8Array;
  /** Decodes it and says in a word what came of it. */
  decode(input: Uint8Array): string;
}

/** A target without memory. */
export function decoder({ generate, decode, ...about }: DecoderParts): Target {
  return {
    ...about,
    length: 10_000,
    stateless: true,
    play(source) {
      for (let input = source.next(generate); input !== undefined; input = source.next(generate)) {
        const began = performance.now();
        const outcome = decode(input);
        source.took(performance.now() - began, outcome);
      }
    },
  };
}
