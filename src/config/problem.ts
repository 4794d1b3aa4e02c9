import { shown } from '../text/shown.js';

/** Where a value stands in the configuration: table keys and array indices from the top. */
export type KeyPath = readonly (string | number)[];

/** Something that is wrong with a configuration, before it is known in which file and line. */
export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
}

/** Something that is wrong with a configuration, for a person to correct. */
export interface Problem {
  /** As it was given to the loader. */
  readonly file: string;
  /** As TOML writes it, for example `builds.gcc.stages.build.command`. */
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
  /** The command that fixes it, its words quoted for a shell; absent where an editor is needed. */
  readonly remedy?: string;
}

/** A key path as TOML would write it: `builds."gcc-12.3".stages.build.command[0]`. */
export function pathText(path: KeyPath): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      const written = /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
      return index === 0 ? written : `.${written}`;
    })
    .join('');
}

/** For a terminal or a mail: `stagelock.toml:12: builds.gcc.timeout: found 0, expected ...`; a remedy on a line of its own below. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const line = shown([place, ...(problem.path === undefined ? [] : [problem.path]), problem.message].join(': '));
  return problem.remedy === undefined ? line : `${line}\n  ${shown(problem.remedy)}`;
}

/** So many problems are corrected at a time; more would only push the first ones off the screen. */
const SHOWN = 50;

/** The first problems, one text each, and how many more there are. */
export function formatProblems(problems: readonly Problem[]): string[] {
  const more = problems.length - SHOWN;
  const rest = more <= 0 ? [] : [`and ${more} more ${more === 1 ? 'problem' : 'problems'}; all of them: check --json`];
  return [...problems.slice(0, SHOWN).map(formatProblem), ...rest];
}
