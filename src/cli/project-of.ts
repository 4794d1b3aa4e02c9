import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { chooseBuild } from '../config/build-of.js';
import { DART_CONFIGURATION } from '../config/dart-configuration.js';
import { findConfig } from '../config/load.js';
import { formatProblems, type Problem } from '../config/problem.js';
import type { Build, Project } from '../config/project.js';
import { EXIT, Refusal } from './exit.js';
import { loadTrusted } from './trusted-configuration.js';

/** Where the configuration is, as every command takes it. */
export interface GlobalOptions {
  readonly config?: string;
  /** A build directory that CMake has configured for CTest, instead of a configuration. */
  readonly buildDir?: string;
}

/** The configuration file that is meant. */
export function configFileOf(options: GlobalOptions): string {
  if (options.buildDir !== undefined) {
    if (options.config !== undefined) throw new Refusal(EXIT.usage, 'give either --config or --build-dir');
    const file = resolve(options.buildDir, DART_CONFIGURATION);
    if (existsSync(file)) return file;
    throw new Refusal(EXIT.usage, `there is no ${file}; CMake writes it for a project with include(CTest)`);
  }
  const file = findConfig(process.cwd(), options.config ?? process.env['STAGELOCK_CONFIG']);
  if (file !== undefined) return file;
  throw new Refusal(
    EXIT.usage,
    `there is no stagelock.toml in ${process.cwd()} or above it; name one with --config FILE, or write one with stagelock init`,
  );
}

/** The same for a command that also works when the named file is gone, since its project was moved or removed. */
export function configPathOf(options: GlobalOptions): string {
  const named = options.buildDir === undefined ? (options.config ?? process.env['STAGELOCK_CONFIG']) : undefined;
  return named === undefined ? configFileOf(options) : resolve(named);
}

/** The project that is meant; with every problem of its configuration if it has any. */
export function projectOf(options: GlobalOptions): Project {
  const loaded = loadTrusted(configFileOf(options));
  if (loaded.kind === 'loaded') return loaded.project;
  throw new Refusal(EXIT.usage, problemText(loaded.problems));
}

/** The build that is meant. */
export function buildOf(project: Project, name: string | undefined): Build {
  const choice = chooseBuild(project, name);
  if (choice.kind === 'chosen') return choice.build;
  throw new Refusal(EXIT.usage, choice.message);
}

function problemText(problems: readonly Problem[]): string {
  const lines = formatProblems(problems).map((text) => `  ${text.replaceAll('\n', '\n  ')}`);
  return `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`;
}
