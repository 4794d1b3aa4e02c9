import { readFileSync } from 'node:fs';
import type { Argv } from '../../src/compile/argv.js';
import type { Plan } from '../../src/compile/plan.js';

/** One command line and how it is to be run: what both planners, of TypeScript and of C, have to agree on. */
export interface CommandLine {
  readonly about: string;
  readonly argv: Argv;
  /** With it, `link --target=...`; else `launch`. */
  readonly target?: string;
  /** Response files. */
  readonly files?: Readonly<Record<string, string>>;
  /** With `PID` and `RANDOM` in the name of the temporary. */
  readonly plan: Plan;
  /** Where the native front leaves the planning to TypeScript. */
  readonly native?: { readonly kind: 'typescript' };
}

export const UNIQUE = { pid: 'PID', random: 'RANDOM' };

export const COMMAND_LINES: readonly CommandLine[] = JSON.parse(
  readFileSync(new URL('command-lines.json', import.meta.url), 'utf8'),
);
