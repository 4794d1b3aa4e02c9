import { availableParallelism } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { resolveCoordination } from './coordination.js';
import { parseCronExpression } from './cron-expression.js';
import { DEFAULTS } from './defaults.js';
import { milliseconds } from './duration.js';
import { faultOfFollowing } from './following.js';
import { resolveMail } from './mail.js';
import { type NightlyStart, nightlyStartOf } from './nightly-start.js';
import { resolveNotify } from './notify.js';
import type { Finding, KeyPath } from './problem.js';
import type {
  Build,
  GitUpdate,
  Primary,
  Project,
  Secondary,
  UpdateSource,
  UrlLogin,
  WithoutSubmission,
  WithoutUpdate,
} from './project.js';
import type { BuildTable, ConfigTables } from './schema.js';
import { secretVariablesOf } from './secret-variables.js';
import { collisionsOf } from './shared-source.js';
import { hasStages, reportTwoCommands, resolveStages } from './stages.js';
import { resolveSubmission } from './submission.js';
import { didYouMean } from './suggestion.js';

/** The tables of a file, each of which is right by itself. */
export interface Tables {
  /** Absolute path of the file. */
  readonly file: string;
  readonly tables: ConfigTables;
  /** Every build that the file names, also those whose tables were left out. */
  readonly names: readonly string[];
  /** What was left out of the tables because it was wrong by itself. */
  readonly removed: readonly KeyPath[];
  readonly hostname: string;
  /** What a `DartConfiguration.tcl` says that no table can. */
  readonly ctest?: {
    readonly nightlyStart: NightlyStart;
    readonly withoutUpdate: WithoutUpdate | undefined;
    readonly unusedOptions: readonly string[];
    readonly withoutSubmission: WithoutSubmission | undefined;
    readonly login: UrlLogin | undefined;
  };
}

const ONLY_PRIMARY = ['update', 'when_secondaries_build', 'secondaries_timeout', 'linger'] as const;
const ONLY_SECONDARY = ['update_timeout'] as const;

const NOT_CONFIGURED: WithoutUpdate = { kind: 'unversioned', message: 'no `update` is configured' };

/** Keys of `[update]` that not every version control system has. */
const KEYS_OF_SYSTEMS = [
  { key: 'remote', systems: ['git'] },
  { key: 'branch', systems: ['git', 'hg'] },
  { key: 'submodules', systems: ['git'] },
  { key: 'url', systems: ['svn'] },
  { key: 'options', systems: ['cvs'] },
] as const;

/**
 * Fills in defaults and inheritance, and finds everything that only shows between tables. The project is complete when
 * there are no findings.
 */
export function resolveProject(input: Tables): { readonly project: Project; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const resolution = new Resolution(input, (path, message) => findings.push({ path, message }));
  return { project: resolution.project(), findings };
}

type UpdateTable = NonNullable<BuildTable['update']>;

class Resolution {
  readonly #input: Tables;
  readonly #report: (path: KeyPath, message: string) => void;
  readonly #base: string;
  readonly #tables: Readonly<Record<string, BuildTable>>;
  readonly #defaults: NonNullable<ConfigTables['defaults']>;
  /** The paths of all that was left out; with thousands of them, each is asked for by its path. */
  readonly #removed: ReadonlySet<string>;
  /** And those of the tables around them. */
  readonly #aroundRemoved: ReadonlySet<string>;

  constructor(input: Tables, report: (path: KeyPath, message: string) => void) {
    this.#input = input;
    this.#report = report;
    this.#base = dirname(input.file);
    this.#tables = input.tables.builds ?? {};
    this.#defaults = input.tables.defaults ?? {};
    this.#removed = new Set(input.removed.map(keyOf));
    this.#aroundRemoved = new Set(input.removed.flatMap((path) => path.map((_, end) => keyOf(path.slice(0, end)))));
  }

  project(): Project {
    const { file, names, tables } = this.#input;
    if (tables.project?.name === undefined) this.#missing(['project', 'name'], 'the project needs a `name`');
    if (names.length === 0) this.#missing(['builds'], 'the file defines no build, expected at least one [builds.NAME]');
    reportTwoCommands(this.#defaults.stages, ['defaults'], this.#report);
    this.#names();
    this.#directories();
    const builds = new Map<string, Build>();
    const primaries = new Map<string, Primary>();
    for (const [name, table] of Object.entries(this.#tables)) {
      if (!this.#isSecondary(name)) primaries.set(name, this.#primary(name, table));
    }
    for (const name of names) {
      const table = this.#tables[name];
      const build = table && (primaries.get(name) ?? this.#secondary(name, table, primaries));
      if (build !== undefined) builds.set(name, build);
    }
    this.#sources([...builds.values()].filter((build) => build.role === 'primary'));
    const { scheduler } = tables;
    const secretVariables = secretVariablesOf(tables);
    const around = {
      base: this.#base,
      report: this.#report,
      missing: (at: KeyPath, message: string): void => this.#missing(at, message),
      wrong: (at: KeyPath): boolean => this.#wrong(at),
      names,
      secretVariables,
    };
    return {
      file,
      name: tables.project?.name ?? '',
      mailto: tables.project?.mailto,
      scheduler: {
        timeZone: scheduler?.time_zone,
        randomDelayMs: milliseconds(scheduler?.random_delay ?? DEFAULTS.randomDelay),
        state: resolve(this.#base, scheduler?.state ?? `${basename(file).replace(/\.toml$/, '')}.state`),
        maxRuns: scheduler?.max_runs ?? Math.max(4, 2 * availableParallelism()),
        stopLimitMs: milliseconds(scheduler?.stop_limit ?? DEFAULTS.stopLimit),
      },
      mail: resolveMail(tables.mail, around),
      subscribers: resolveNotify(tables.notify, around),
      coordination: resolveCoordination(tables.coordination, {
        ...around,
        name: tables.project?.name ?? '',
        hostname: this.#input.hostname,
      }),
      secretVariables,
      builds,
    };
  }

  #isSecondary(name: string): boolean {
    return this.#tables[name]?.primary !== undefined || this.#wrong(['builds', name, 'primary']);
  }

  #primary(name: string, table: BuildTable): Primary {
    const path = ['builds', name];
    for (const key of ONLY_SECONDARY) {
      if (table[key] === undefined || table.follows !== undefined) continue;
      this.#report(
        [...path, key],
        `only secondaries and followers have \`${key}\`, and ${name} names neither a \`primary\` nor one that it \`follows\``,
      );
    }
    this.#follows(name, table);
    const source = table.source ?? this.#defaults.source;
    if (source === undefined && !this.#wrong(['defaults', 'source'])) {
      const message = 'the build needs a `source`, here or in [defaults], or the `primary` whose source it shares';
      this.#missing([...path, 'source'], message);
    }
    const common = this.#common(name, table);
    const update = this.#update(name, table);
    if (!hasStages(table, this.#defaults) && update === undefined && !this.#anyWrong(name, ['stages', 'update'])) {
      this.#report(path, 'the build has neither stages nor an update, so it does nothing');
    }
    const when = table.when_secondaries_build ?? this.#defaults.when_secondaries_build ?? DEFAULTS.whenSecondariesBuild;
    const timeout = table.secondaries_timeout ?? this.#defaults.secondaries_timeout ?? DEFAULTS.secondariesTimeout;
    if (
      when === 'abort' &&
      table.secondaries_timeout !== undefined &&
      !this.#anyWrong(name, ['when_secondaries_build'])
    ) {
      const message = 'the primary does not wait for secondaries unless it has `when_secondaries_build = "wait"`';
      this.#report([...path, 'secondaries_timeout'], message);
    }
    return {
      role: 'primary',
      ...common,
      source: resolve(this.#base, source ?? '.'),
      update,
      ...(update === undefined && { withoutUpdate: this.#input.ctest?.withoutUpdate ?? NOT_CONFIGURED }),
      whenSecondariesBuild: when === 'abort' ? { kind: 'abort' } : { kind: 'wait', timeoutMs: milliseconds(timeout) },
      keepUpdatesMs: (this.#input.tables.project?.keep_updates ?? DEFAULTS.keepUpdates) * 86_400_000,
      lingerMs: milliseconds(table.linger ?? this.#defaults.linger ?? DEFAULTS.linger),
      ...(table.follows !== undefined && {
        follows: { primary: table.follows, updateTimeoutMs: this.#updateTimeoutMs(table) },
      }),
    };
  }

  #secondary(name: string, table: BuildTable, primaries: ReadonlyMap<string, Primary>): Secondary | undefined {
    const path = ['builds', name];
    for (const key of ONLY_PRIMARY) {
      if (table[key] === undefined || table.primary === undefined) continue;
      this.#report([...path, key], `only a primary has \`${key}\`, and ${name} is a secondary of ${table.primary}`);
    }
    this.#follows(name, table);
    const common = this.#common(name, table);
    if (!hasStages(table, this.#defaults) && !this.#anyWrong(name, ['stages'])) {
      this.#report(path, 'the build has no stages, so it does nothing');
    }
    const primary = this.#primaryOf(name, table, primaries);
    if (primary === undefined) return undefined;
    const known = !this.#anyWrong(primary.name, ['source']) && this.#sourceOf(primary.name) !== undefined;
    if (known && table.source !== undefined && resolve(this.#base, table.source) !== primary.source) {
      const message = `${name} shares the source of its primary ${primary.name}, which is ${primary.source}; remove this key`;
      this.#report([...path, 'source'], message);
    }
    return {
      role: 'secondary',
      ...common,
      source: primary.source,
      primary,
      updateTimeoutMs: this.#updateTimeoutMs(table),
    };
  }

  #updateTimeoutMs(table: BuildTable): number {
    return milliseconds(table.update_timeout ?? this.#defaults.update_timeout ?? DEFAULTS.updateTimeout);
  }

  #follows(name: string, table: BuildTable): void {
    if (table.follows === undefined) return;
    const update = table.update ?? this.#defaults.update;
    const fault = faultOfFollowing({ name, table, update, primary: this.#tables[table.follows] });
    if (fault !== undefined && !this.#anyWrong(name, ['update'])) this.#report(fault.path, fault.message);
    if (this.#input.tables.coordination === undefined && !this.#wrong(['coordination'])) {
      const message = 'a follower needs `[coordination]`, which says where the updates of its primary are';
      this.#report(['builds', name, 'follows'], message);
    }
  }

  #primaryOf(name: string, table: BuildTable, primaries: ReadonlyMap<string, Primary>): Primary | undefined {
    const wanted = table.primary;
    if (wanted === undefined) return undefined;
    const path = ['builds', name, 'primary'];
    const others = [...primaries.keys()].filter((other) => other !== name);
    const choice = others.length === 0 ? '' : `; primaries are ${others.join(', ')}`;
    if (wanted === name) {
      this.#report(path, `the build names itself as its primary${choice || '; remove this key to make it a primary'}`);
    } else if (!this.#input.names.includes(wanted)) {
      this.#report(path, `there is no build "${wanted}"${didYouMean(wanted, others) || choice}`);
    } else if (this.#tables[wanted] !== undefined && this.#isSecondary(wanted)) {
      const primary = this.#tables[wanted]?.primary;
      const message = `"${wanted}" is a secondary itself and has no source of its own`;
      const better = primary !== undefined && primaries.has(primary) && primary !== name;
      this.#report(path, better ? `${message}; did you mean its primary \`${primary}\`?` : `${message}${choice}`);
    }
    return primaries.get(wanted);
  }

  #sourceOf(primary: string): string | undefined {
    return this.#tables[primary]?.source ?? this.#defaults.source;
  }

  #common(name: string, table: BuildTable) {
    const { project } = this.#input.tables;
    const path = ['builds', name];
    if (table.directory === undefined) this.#missing([...path, 'directory'], 'the build needs a `directory`');
    reportTwoCommands(table.stages, path, this.#report);
    const directory = resolve(this.#base, table.directory ?? '.');
    const report = (at: KeyPath, message: string): void => {
      const tables = [at, ['defaults', ...at.slice(2)]];
      if (!tables.some((stage) => this.#wrong([...stage, 'command']) || this.#wrong([...stage, 'shell']))) {
        this.#report(at, message);
      }
    };
    return {
      name,
      reportName: table.report_name ?? name,
      site: project?.site ?? this.#input.hostname,
      directory,
      model: table.model ?? this.#defaults.model ?? DEFAULTS.model,
      nightlyStart: this.#input.ctest?.nightlyStart ?? nightlyStartOf(project?.nightly_start ?? DEFAULTS.nightlyStart),
      ...this.#schedule(name, table),
      watch: (table.watch ?? []).map((path) => resolve(this.#base, path)),
      quietMs: milliseconds(table.quiet ?? DEFAULTS.quiet),
      keepLogs: table.keep_logs ?? this.#defaults.keep_logs ?? DEFAULTS.keepLogs,
      strategy: project?.strategy ?? DEFAULTS.strategy,
      sectionTimeoutMs: milliseconds(project?.lock_timeout ?? DEFAULTS.lockTimeout),
      stages: resolveStages(name, table, this.#defaults, { directory, report }),
      unusedOptions: this.#input.ctest?.unusedOptions ?? [],
      ...(this.#input.ctest?.withoutSubmission !== undefined && {
        withoutSubmission: this.#input.ctest.withoutSubmission,
      }),
      submission: resolveSubmission(name, table.submit, this.#defaults.submit, {
        base: this.#base,
        login: this.#input.ctest?.login,
        report: this.#report,
        missing: (at, message) => {
          if (!this.#wrong(['defaults', ...at.slice(2)])) this.#missing(at, message);
        },
      }),
    };
  }

  /** Secondaries come some seconds after their primary, so that they find its `update` and wait for its end. */
  #schedule(name: string, table: BuildTable): { readonly schedule: string | undefined; readonly offsetMs: number } {
    const { schedule = table.primary === undefined ? undefined : this.#tables[table.primary]?.schedule } = table;
    if (table.schedule !== undefined) {
      const parsed = parseCronExpression(table.schedule);
      if ('problem' in parsed) this.#report(['builds', name, 'schedule'], parsed.problem);
    }
    const offset = table.offset ?? (table.primary === undefined ? '0 s' : DEFAULTS.offset);
    return { schedule: schedule?.trim().split(/\s+/).join(' '), offsetMs: milliseconds(offset) };
  }

  #update(name: string, table: BuildTable): UpdateSource | undefined {
    if (table.update === undefined && this.#defaults.update === undefined) return undefined;
    const update = { ...this.#defaults.update, ...table.update };
    const type = update.type ?? 'git';
    for (const { key, systems } of KEYS_OF_SYSTEMS) {
      if (table.update?.[key] === undefined || systems.some((system) => system === type)) continue;
      const message = `only ${systems.join(' and ')} updates have \`${key}\`, and this one is of type "${type}"`;
      this.#report(['builds', name, 'update', key], message);
    }
    const [program, ...rest] = update.command ?? [];
    const { client } = update;
    const common = {
      ...(program !== undefined && { command: [program, ...rest] as const }),
      ...(update.version_only === true && { versionOnly: true }),
      ...(client !== undefined && { client: client.includes('/') ? resolve(this.#base, client) : client }),
    };
    if (
      type === 'git' &&
      program === undefined &&
      update.version_only !== true &&
      update.branch === undefined &&
      !this.#wrong(['defaults', 'update', 'branch'])
    ) {
      const message = 'the update needs the `branch` of the remote to follow';
      this.#missing(['builds', name, 'update', 'branch'], message);
    }
    const mode = update.mode ?? DEFAULTS.mode;
    const timeoutMs = milliseconds(update.timeout ?? DEFAULTS.fetchTimeout);
    switch (type) {
      case 'git':
        return {
          type,
          remote: update.remote ?? DEFAULTS.remote,
          branch: update.branch ?? '',
          submodules: this.#submodules(update),
          mode,
          timeoutMs,
          ...common,
        };
      case 'svn':
        return { type, url: update.url?.replace(/\/+$/, ''), mode, timeoutMs, ...common };
      case 'hg':
        return { type, branch: update.branch ?? DEFAULTS.hgBranch, mode, timeoutMs, ...common };
      case 'cvs':
        return { type, options: update.options ?? DEFAULTS.cvsOptions, mode, timeoutMs, ...common };
    }
  }

  /** As after CTest's GITUpdateCustom, they follow a command of a `DartConfiguration.tcl`, too. */
  #submodules({ submodules, command, version_only }: UpdateTable): GitUpdate['submodules'] {
    if (version_only === true) return 'none';
    if (submodules === true) return 'all';
    return command === undefined || this.#input.ctest !== undefined ? 'initialised' : 'none';
  }

  /** On a file system without case, `running.GCC` and `running.gcc` are one lock. */
  #names(): void {
    const seen = new Map<string, string>();
    for (const name of this.#input.names) {
      const other = seen.get(name.toLowerCase());
      if (other === undefined) seen.set(name.toLowerCase(), name);
      else
        this.#report(['builds', name], `the name differs from "${other}" only in case, which some file systems ignore`);
    }
  }

  #directories(): void {
    const seen = new Map<string, string>();
    for (const [name, { directory }] of Object.entries(this.#tables)) {
      if (directory === undefined) continue;
      const absolute = resolve(this.#base, directory);
      const other = seen.get(absolute);
      if (other === undefined) seen.set(absolute, name);
      else this.#report(['builds', name, 'directory'], `${absolute} is already the directory of build "${other}"`);
    }
  }

  /** Each of two primaries would move the source under the builds of the other. */
  #sources(primaries: readonly Primary[]): void {
    const known = primaries.filter(({ name }) => !this.#anyWrong(name, ['source', 'update']) && this.#sourceOf(name));
    const told = new Set<string>();
    for (const { first, second, how } of collisionsOf(known)) {
      const what = `${first.name} and ${second.name} are both primaries and both ${how}, but a source has one primary`;
      const mend = `make ${second.name} a secondary of ${first.name} (\`primary = ${JSON.stringify(first.name)}\` instead of its own \`source\` and \`update\`), or give it a checkout of its own`;
      for (const { name } of [first, second]) {
        if (!told.has(name)) this.#report(['builds', name], `${what}; ${mend}`);
        told.add(name);
      }
    }
  }

  /** Reports that something is missing, unless it is there and was wrong. */
  #missing(path: KeyPath, message: string): void {
    if (!this.#wrong(path)) this.#report(path, message);
  }

  /** Whether the value at this path, or a table around it, was left out. */
  #wrong(path: KeyPath): boolean {
    return path.some((_, index) => this.#removed.has(keyOf(path.slice(0, index + 1))));
  }

  /** Whether anything of these keys of a build or of `[defaults]` was left out, the keys themselves or parts of them. */
  #anyWrong(name: string, keys: readonly string[]): boolean {
    const paths = keys.flatMap((key) => [
      ['builds', name, key],
      ['defaults', key],
    ]);
    return paths.some((path) => this.#wrong(path) || this.#aroundRemoved.has(keyOf(path)));
  }
}

/** A path as one text. */
const keyOf = (path: KeyPath): string => JSON.stringify(path);
