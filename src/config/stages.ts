import { resolve } from 'node:path';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import type { KeyPath } from './problem.js';
import type { Command, Stage } from './project.js';
import type { BuildTable, ConfigTables, StageTable } from './schema.js';
import { didYouMean } from './suggestion.js';

type Defaults = NonNullable<ConfigTables['defaults']>;
type Report = (path: KeyPath, message: string) => void;

/**
 * The stages of a build in the order in which they run: those of `[defaults]`, then its own further ones, each in the
 * order of the file. The build's keys replace single keys of a default stage; environments are merged, and what a
 * stage sets prevails over what a build or `[defaults]` sets for all stages.
 */
export function resolveStages(
  name: string,
  build: BuildTable,
  defaults: Defaults,
  { directory, report }: { readonly directory: string; readonly report: Report },
): readonly Stage[] {
  const inherited = defaults.stages ?? {};
  const own = build.stages ?? {};
  const stages: Stage[] = [];
  for (const stage of new Set([...Object.keys(inherited), ...Object.keys(own)])) {
    const table = mergeStage(inherited[stage] ?? {}, own[stage] ?? {});
    const path = ['builds', name, 'stages', stage];
    const command = commandOf(table);
    if (command === undefined) {
      // A stage that is only switched off, or only given an environment, was meant to be one of [defaults].
      const hint = inherited[stage] === undefined ? didYouMean(stage, Object.keys(inherited)) : '';
      report(path, `the stage has neither \`command\` nor \`shell\`, here or in [defaults.stages.${stage}]${hint}`);
    } else if (table.enabled !== false) {
      stages.push({
        name: stage,
        command,
        directory: resolve(directory, table.directory ?? '.'),
        environment: { ...defaults.environment, ...build.environment, ...table.environment },
        timeoutMs: milliseconds(table.timeout ?? build.timeout ?? defaults.timeout ?? DEFAULTS.timeout),
        graceMs: milliseconds(table.grace ?? build.grace ?? defaults.grace ?? DEFAULTS.grace),
        onFailure: table.on_failure ?? DEFAULTS.onFailure,
        mayLeave: table.may_leave ?? DEFAULTS.mayLeave,
        errors: table.errors ?? DEFAULTS.errors,
        report: table.report ?? (isReported(stage) ? stage : 'none'),
        junit: table.junit === undefined ? undefined : resolve(directory, table.directory ?? '.', table.junit),
      });
    }
  }
  return stages;
}

/** Whether a build has a stage that is not switched off, be it right or wrong. */
export function hasStages(build: BuildTable, defaults: Defaults): boolean {
  const inherited = defaults.stages ?? {};
  const own = build.stages ?? {};
  const names = [...Object.keys(inherited), ...Object.keys(own)];
  return names.some((stage) => (own[stage]?.enabled ?? inherited[stage]?.enabled) !== false);
}

/** Says which stages of a table have both a `command` and a `shell`; `path` is that of the table. */
export function reportTwoCommands(stages: BuildTable['stages'], path: KeyPath, report: Report): void {
  for (const [stage, table] of Object.entries(stages ?? {})) {
    if (table.command !== undefined && table.shell !== undefined) {
      report([...path, 'stages', stage, 'shell'], 'found both `command` and `shell`, expected exactly one of them');
    }
  }
}

/** Stages of these names are reported as what they are called. */
function isReported(name: string): name is 'configure' | 'build' | 'test' {
  return name === 'configure' || name === 'build' || name === 'test';
}

function mergeStage(inherited: StageTable, own: StageTable): StageTable {
  const { command, shell, ...rest } = inherited;
  const base = own.command === undefined && own.shell === undefined ? inherited : rest;
  return { ...base, ...own, environment: { ...inherited.environment, ...own.environment } };
}

function commandOf(table: StageTable): Command | undefined {
  const [program, ...rest] = table.command ?? [];
  if (program !== undefined) return { kind: 'argv', argv: [program, ...rest] };
  return table.shell === undefined ? undefined : { kind: 'shell', script: table.shell };
}
