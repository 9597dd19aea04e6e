import { builtinModules } from 'node:module';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What the sources of a package may import of ours: the arrows of docs/architecture.md, which only run downwards. */
const arrows = {
  sdk: [],
  totem: ['sdk'],
  core: ['sdk', 'totem'],
  testkit: ['sdk', 'totem', 'core', 'engine-confdb', 'engine-cpg', 'engine-quorum'],
  '{engine,transport,ipc}-*': ['sdk'],
  'create-coterie': ['sdk'],
};

const outsideOwnPackage = {
  regex: '^\\.\\./.*/(src|dist|test)/',
  message: 'Import another package by its name.',
};

function onlyOurs(allowed) {
  const pattern = allowed.length > 0 ? `^@coterie/(?!(?:${allowed.join('|')})(?:/|$))` : '^@coterie/';
  const reach =
    allowed.length > 0 ? `only ${allowed.map((name) => `@coterie/${name}`).join(', ')}` : 'nothing of ours';
  return { regex: pattern, message: `This package may import ${reach}: dependencies run downwards only.` };
}

const noNode = {
  regex: `^(node:|(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})(/|$))`,
  message: 'Pure code: get it through a port of the SDK.',
};

/** The same with what computes only: paths and their spelling. */
const noNodeInput = { ...noNode, regex: `^(?!node:(path|url|util)$)${noNode.regex.slice(1)}` };

const impureGlobals = [
  ...['process', 'performance', 'console', 'fetch', 'crypto', 'globalThis', 'global', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'queueMicrotask'],
];

const sansIo = {
  'no-restricted-globals': [
    'error',
    ...impureGlobals.map((name) => ({ name, message: 'Pure code: get it through a port of the SDK.' })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Use the Clock port.' },
    { object: 'Math', property: 'random', message: 'Use the Random port.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use the Clock port.' },
  ],
};

function imports(...patterns) {
  return { 'no-restricted-imports': ['error', { patterns }] };
}

export default defineConfig(
  {
    ignores: [
      '**/node_modules/',
      '**/dist/',
      '**/dist-test/',
      '**/build/',
      '**/prebuilds/',
      'coverage/',
      'apidocs/',
      'templates/',
    ],
  },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-fallthrough': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-unused-expressions': 'off',
      '@typescript-eslint/no-unused-expressions': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A token and the type it stands for share a name; so do a constant object and its values' type.
      '@typescript-eslint/no-redeclare': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  { files: ['packages/*/src/**/*.ts'], ignores: ['packages/cli/**'], rules: { 'no-console': 'error' } },
  ...Object.entries(arrows).map(([name, allowed]) => ({
    files: [`packages/${name}/src/**/*.ts`],
    rules: imports(outsideOwnPackage, onlyOurs(allowed)),
  })),
  {
    // As anybody's: examples may import what a plugin or a program of a user imports.
    files: ['examples/*/src/**/*.ts'],
    rules: imports(outsideOwnPackage, onlyOurs(['sdk', 'engine-[a-z]+/client'])),
  },
  {
    files: ['packages/totem/src/**/*.ts'],
    rules: { ...sansIo, ...imports(outsideOwnPackage, onlyOurs(arrows.totem), noNode) },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/adapters/**'],
    rules: { ...sansIo, ...imports(outsideOwnPackage, onlyOurs(arrows.core), noNodeInput) },
  },
);
