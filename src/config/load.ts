import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { errorText } from '../text/error-text.js';
import { ctestBeside } from './ctest-program.js';
import { ctestSubmissionOf } from './ctest-submission.js';
import { ctestUpdateOf } from './ctest-update.js';
import { cmakesOf, DART_CONFIGURATION, readDartConfiguration, tablesOf } from './dart-configuration.js';
import { buildName } from './detect.js';
import { explain } from './explanation.js';
import { Locations } from './location.js';
import { nightlyStartOfCTest } from './nightly-start.js';
import { type Finding, type KeyPath, type Problem, pathText } from './problem.js';
import type { Project } from './project.js';
import { resolveProject } from './resolve.js';
import { type ConfigTables, configSchema } from './schema.js';

/** The name that {@link findConfig} looks for. */
export const CONFIG_NAME = 'stagelock.toml';

/** A project ready to use, or everything that is wrong with its file. */
export type Loaded =
  | { readonly kind: 'loaded'; readonly project: Project }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** What a configuration means depends on where it is read. */
export interface Environment {
  /** The default of `project.site`. */
  readonly hostname: string;
}

/** Reads and checks `file`. A file that cannot be read is a problem like any other; nothing is thrown. */
export function loadProject(file: string, environment: Environment): Loaded {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return invalid([{ file, message: unreadable(error) }]);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return invalid([{ file, message: 'the file is not UTF-8 text, as a configuration must be' }]);
  }
  return basename(file) === DART_CONFIGURATION
    ? projectOfCTest(text, file, environment)
    : parseProject(text, file, environment);
}

/** The project of one build that a `DartConfiguration.tcl` describes. */
function projectOfCTest(text: string, file: string, { hostname }: Environment): Loaded {
  const dart = readDartConfiguration(text);
  const name = buildName(dart.get('BuildName') || basename(dirname(file)));
  const of = (key: string): string => dart.get(key) ?? '';
  const update = ctestUpdateOf(of);
  const submission = ctestSubmissionOf(of);
  const { tables, findings } = tablesOf(dart, { name, update, submission, ctest: ctestBeside(cmakesOf(dart)) });
  if (findings.length > 0) return invalid(findings.map(({ message }) => ({ file, message })));
  const resolved = resolveProject({
    file,
    tables,
    names: [name],
    removed: [],
    hostname,
    ctest: {
      nightlyStart: nightlyStartOfCTest(of('NightlyStartTime')),
      withoutUpdate: update.kind === 'update' ? undefined : update,
      unusedOptions: update.kind === 'update' ? (update.unused ?? []) : [],
      withoutSubmission: submission.kind === 'submit' ? undefined : submission,
      login: submission.kind === 'submit' ? submission.login : undefined,
    },
  });
  if (resolved.findings.length === 0) return { kind: 'loaded', project: resolved.project };
  return invalid(resolved.findings.map(({ message }) => ({ file, message })));
}

/** What {@link loadProject} makes of the text of `file`, whose path gives relative paths their place. */
export function parseProject(text: string, file: string, environment: Environment): Loaded {
  let tables: ReturnType<typeof parse>;
  try {
    tables = parse(text, { unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return invalid([{ file, line: error.line, message: syntaxMessage(error) }]);
  }
  const { project, findings } = judge(tables, text, resolve(file), environment);
  if (project !== undefined && findings.length === 0) return { kind: 'loaded', project };
  const lines = new Locations(text);
  const problems = findings.map(({ path, message }): Problem => {
    const line = lines.lineOf(path);
    return { file, ...(path.length > 0 && { path: pathText(path) }), ...(line !== undefined && { line }), message };
  });
  return invalid(problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
}

function judge(
  tables: ReturnType<typeof parse>,
  text: string,
  file: string,
  { hostname }: Environment,
): { readonly project?: Project; readonly findings: readonly Finding[] } {
  const names = buildNames(tables['builds'], text);
  const resolved = (right: ConfigTables, removed: readonly KeyPath[]) =>
    resolveProject({ file, tables: right, names, removed, hostname });
  // Compiling checkers, zod's default, costs more than it saves on one small file.
  const checked = configSchema.safeParse(tables, { jitless: true });
  if (checked.success) return resolved(checked.data, []);

  const { findings, rest, removed } = explain(checked.error.issues, tables);
  const remaining = configSchema.safeParse(rest, { jitless: true });
  if (!remaining.success) return { findings };
  return { findings: [...findings, ...resolved(remaining.data, removed).findings] };
}

/** In the order of the file, which JavaScript does not keep for keys that are whole numbers. */
function buildNames(builds: unknown, text: string): readonly string[] {
  if (typeof builds !== 'object' || builds === null) return [];
  const names = Object.keys(builds);
  if (!names.some((name) => /^[0-9]+$/.test(name))) return names;
  const lines = new Locations(text);
  const line = (name: string): number => lines.lineOf(['builds', name]) ?? 0;
  return names.sort((a, b) => line(a) - line(b));
}

/**
 * The configuration to use: `explicit` (relative to `start`) without a look whether it is there, else the
 * `stagelock.toml` in `start` or the nearest directory above it. Undefined when there is none.
 */
export function findConfig(start: string, explicit?: string): string | undefined {
  const first = resolve(start);
  if (explicit !== undefined) return resolve(first, explicit);
  for (let directory = first; ; directory = dirname(directory)) {
    const file = join(directory, CONFIG_NAME);
    if (isFile(file) && (directory === first || isTrusted(directory, file))) return file;
    if (directory === dirname(directory)) return undefined;
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** A configuration runs commands, so one that another user may have left in a directory like /tmp is not found from below it. */
function isTrusted(directory: string, file: string): boolean {
  const allMayWrite = (statSync(directory).mode & 0o002) !== 0;
  return !allMayWrite || statSync(file).uid === process.getuid?.();
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file; `stagelock init` writes one';
  if (code === 'EISDIR') return 'this is a directory, expected a file';
  if (code === 'EACCES') return 'this user has no permission to read the file';
  return `the file cannot be read: ${errorText(error)}`;
}

function syntaxMessage(error: TomlError): string {
  const reason = error.message.replace(/^Invalid TOML document: /, '').split('\n')[0];
  return `column ${error.column}: this is not TOML: ${reason}`;
}

function invalid(problems: readonly Problem[]): Loaded {
  return { kind: 'invalid', problems };
}
