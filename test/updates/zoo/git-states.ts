import type { State } from './state.js';

/** What the working copy of a git source can be in. */
export const GIT_STATES: readonly State[] = [
  {
    state: 'as it was, and news',
    quick: true,
    make: (world) => world.push({ write: { 'a.c': 'int a = 2;\n' } }),
    outcome: { primary: 'builds', secondary: 'builds' },
  },
];
