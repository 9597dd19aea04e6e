/** What `npm run stryker` found, by file of packages/totem/dist: mutants, and those that no test noticed. */
export const operatorMutation: readonly (readonly [file: string, mutants: number, survived: number])[] = [
  ['groups/assemble.js', 128, 6],
  ['wire/orf-token.js', 96, 2],
  ['wire/sequence.js', 14, 0],
];
