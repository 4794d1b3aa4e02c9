#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { casObjdir, variantParts } from '../cleanup/cas-objdir.js';
import { cleanUp } from '../cleanup/cleanup.js';
import { type CtSurroundings, gitRootOf, readConfiguration } from '../cleanup/ct-conf.js';
import type { Finding } from '../cleanup/finding.js';
import { withoutIdleOptions } from '../cleanup/idle-options.js';
import { ProgressBar } from '../cleanup/progress-bar.js';
import { describeFinding, isClean, summarise, toJson } from '../cleanup/report.js';
import { rootsOf } from '../cleanup/roots.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { settingsFromEnvironment } from '../locks/index.js';
import { errorText } from '../text/error-text.js';
import { jsonText } from '../text/json.js';
import { shown, shownLines } from '../text/shown.js';
import { VERSION } from '../version.js';
import { HELP } from './cleanup-help.js';

/** The command line is not one of ours. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Values = ReturnType<typeof parseOptions>;

async function main(args: readonly string[]): Promise<number> {
  try {
    const values = parseOptions(args);
    if (values.help || values.version) {
      process.stdout.write(values.help ? HELP : `ct-cleanup-locks ${VERSION} (stagelock)\n`);
      return 0;
    }
    return await cleanUpCommand(values);
  } catch (error) {
    warn(describe(error));
    return 1;
  }
}

async function cleanUpCommand(values: Values): Promise<number> {
  const began = performance.now();
  const configured = values.objdir.length === 0 ? configurationOf(values) : new Map<string, string>();
  const { overdueMs, minAgeMs, sshTimeoutS } = timesOf(values, configured);
  const { roots, problems } = rootsOf([...values.objdir, ...casDirectories(values, configured)]);
  const level = values.verbose.length - values.quiet.length;
  const { json, 'dry-run': dryRun } = values;
  const bar = process.stderr.isTTY && level >= 0 ? new ProgressBar(process.stderr, () => performance.now()) : undefined;

  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => {
    if (json) findings.push(finding);
    const shown = finding.fate === 'failed' || (!json && level >= leastLevel(finding));
    if (!shown) return;
    bar?.clear();
    if (finding.fate === 'failed') warn(describeFinding(finding));
    else process.stdout.write(`${describeFinding(finding)}\n`);
  };
  const result = await cleanUp({
    roots,
    dryRun,
    minAgeMs,
    overdueMs,
    sshTimeoutS,
    host: thisHost(),
    environment: process.env,
    onFinding,
    onProgress: (progress) => bar?.show(progress),
  });
  bar?.clear();
  const whole = { ...result, survey: { ...result.survey, problems: [...problems, ...result.survey.problems] } };
  for (const { path, why } of whole.survey.problems) warn(shown(`${path}: ${why}`));
  if (json) process.stdout.write(`${jsonText(toJson(whole, findings, dryRun), 2)}\n`);
  else if (level >= 0) process.stdout.write(`${summarise(whole, dryRun, performance.now() - began)}\n`);
  return isClean(whole) ? 0 : 1;
}

/** What was removed, and what only a person can clear, is printed unless --quiet; what else was kept only with --verbose. */
function leastLevel({ fate, clear }: Finding): number {
  return fate === 'removed' || fate === 'would-remove' || clear !== undefined ? 0 : 1;
}

function parseOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: withoutIdleOptions(args),
      options: {
        objdir: { type: 'string', multiple: true, default: [] },
        'cas-objdir': { type: 'string', multiple: true, default: [] },
        'dry-run': { type: 'boolean', default: false },
        'min-lock-age': { type: 'string' },
        'lock-cross-host-timeout': { type: 'string' },
        'ssh-timeout': { type: 'string' },
        config: { type: 'string', short: 'c' },
        variant: { type: 'string' },
        'all-variants': { type: 'boolean', default: false },
        verbose: { type: 'boolean', short: 'v', multiple: true, default: [] },
        quiet: { type: 'boolean', short: 'q', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

/** The variant that was asked for. */
function variantOf({ variant }: Values): string[] {
  return variantParts(variant ?? process.env['VARIANT'] ?? '');
}

/** compiletools' settings; those of the environment are above those of files. */
function configurationOf(values: Values): ReadonlyMap<string, string> {
  const configured = new Map(readConfiguration(here(), variantOf(values), values.config));
  for (const key of ['cas-objdir', 'min-lock-age', 'lock-cross-host-timeout', 'ssh-timeout']) {
    const value = process.env[key.toUpperCase().replaceAll('-', '_')];
    if (value !== undefined) configured.set(key, value);
  }
  return configured;
}

/** compiletools' object directories; none where it is configured to use none. */
function casDirectories(values: Values, configured: ReadonlyMap<string, string>): string[] {
  const { variant: named, 'all-variants': allVariants, 'cas-objdir': given, objdir } = values;
  const surroundings = here();
  const byDefault = join(gitRootOf(surroundings.directory), 'cas-objdir');
  const path = configured.get('cas-objdir') ?? (existsSync(byDefault) ? byDefault : undefined);
  if (given.length + objdir.length === 0 && path === undefined) {
    throw new UsageError('--objdir=DIR is missing, and no ct.conf names a cas-objdir');
  }
  const asked = given.length > 0 ? given : objdir.length > 0 ? [] : [path ?? ''];
  const choice = { variant: variantOf(values), isNamed: named !== undefined, allVariants };
  return asked.flatMap((each) => (each === '' ? [] : [casObjdir({ ...choice, path: each }, surroundings)]));
}

function here(): CtSurroundings {
  return { directory: realpathSync(process.cwd()), home: homedir(), environment: process.env };
}

function timesOf(
  values: Values,
  configured: ReadonlyMap<string, string>,
): { readonly overdueMs: number; readonly minAgeMs: number; readonly sshTimeoutS: number } {
  const { settings, warnings } = settingsFromEnvironment(process.env, 'lockdir');
  for (const warning of warnings) warn(warning);
  const time = (option: 'min-lock-age' | 'lock-cross-host-timeout' | 'ssh-timeout'): number | undefined => {
    const text = values[option] ?? configured.get(option);
    return text === undefined ? undefined : seconds(`--${option}`, text);
  };
  const timeout = time('lock-cross-host-timeout');
  const overdueMs = timeout === undefined ? settings.overdueMs : timeout * 1000;
  return {
    overdueMs,
    minAgeMs: (time('min-lock-age') ?? overdueMs / 1000) * 1000,
    sshTimeoutS: Math.ceil(time('ssh-timeout') ?? 5),
  };
}

function seconds(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`${option}=${text} is not a number of seconds`);
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nfor help: ct-cleanup-locks --help`;
  if (errorCode(error) !== undefined && error instanceof Error) return error.message;
  return `internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`;
}

function warn(text: string): void {
  process.stderr.write(`ct-cleanup-locks: ${shownLines(text)}\n`);
}

// A reader that has seen enough (`| head`) is no reason to stop half-way.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.exitCode = await main(process.argv.slice(2));
