import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { explainUnreadable } from '../config/nightly-start.js';
import type { Build, Model, Project } from '../config/project.js';
import { rotateOwnOutput } from '../files/own-output.js';
import { type Host, thisHost } from '../host/host.js';
import { userName } from '../host/user-name.js';
import { runLogOf } from '../scheduler/run-command.js';
import { adviceOnSecret, tokenOf } from '../secrets/advice.js';
import { type BrokenSince, brokenSince } from '../stages/broken-since.js';
import { exitCodeOf } from '../stages/exit-code.js';
import { RunRecorder, readHistory } from '../stages/history.js';
import { adviceOnInterval, explainLocksAfterFailure, explainResult, stateOf } from '../stages/messages.js';
import { run } from '../stages/run-build.js';
import type { RunNotifier } from '../stages/run-notify.js';
import type { RunResult } from '../stages/run-result.js';
import { layoutOf } from '../stages/temporary.js';
import { quotedLines, shown, shownLines } from '../text/shown.js';
import { WarningReporter, type Warnings } from '../warnings/reporter.js';
import { sameFailure } from '../warnings/same-state.js';
import { EXIT, exitCodeOfEnd, Refusal } from './exit.js';
import { complain, describeFailure, reportFailure } from './failure.js';
import { Progress } from './progress.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';
import { SAME_REQUEST_MS, stopSignal } from './stop-signal.js';
import { thisProgram } from './this-program.js';
import { explainWriters } from './trusted-configuration.js';

export interface RunOptions {
  readonly quiet?: boolean;
  /** Builds although there is no news. */
  readonly force?: boolean;
  /** Shows what stages write. */
  readonly verbose?: boolean;
  /** Also those that an earlier run has reported. */
  readonly everyWarning?: boolean;
  readonly model?: Model;
  /** Mails what it writes to stderr, as cron does. */
  readonly mail?: boolean;
  /** The program that started this run delivers the mails. */
  readonly leaveMail?: boolean;
  /** Only says what a run would do. */
  readonly dryRun?: boolean;
  /** Of a scheduler: runs only if no scheduler has begun the run of this name. */
  readonly firing?: string;
}

/** `stagelock run [BUILD]` */
export async function runCommand(
  options: GlobalOptions,
  name: string | undefined,
  {
    quiet = false,
    verbose = false,
    force = false,
    everyWarning = false,
    model,
    mail = false,
    leaveMail = false,
    dryRun = false,
    firing,
  }: RunOptions,
): Promise<void> {
  const project = projectOf(options);
  const configured = buildOf(project, name);
  if (dryRun) {
    const { dryRun: sayWhat } = await import('./dry-run.js');
    await sayWhat(project, modelled(configured, model), { force });
    return;
  }
  if (mail) {
    await runMailed(project, configured, [
      ...(quiet ? ['--quiet'] : []),
      ...(verbose ? ['--verbose'] : []),
      ...(force ? ['--force'] : []),
      ...(everyWarning ? ['--every-warning'] : []),
      ...(model === undefined ? [] : ['--model', model]),
    ]);
    return;
  }
  if (firing !== undefined) {
    const { beginFiring } = await import('./begin-firing.js');
    if (!(await beginFiring(project, configured, firing))) return;
  }
  // Not loaded by the many who mail nothing.
  const post = project.mail === undefined ? undefined : await import('../stages/run-mail.js');
  const build = modelled(configured, model);
  const host = thisHost();
  const style = quiet ? 'none' : process.stdout.isTTY ? 'live' : 'lines';
  const progress = new Progress(build, { style, verbose }, () =>
    rotateOwnOutput(runLogOf(project, build), LONGEST_OUTPUT),
  );
  const stop = stopSignal({
    later: 'die',
    onStop: (name) => progress.note(`stopping on ${name}: ending what runs`),
  });
  const id = randomBytes(8).toString('hex');
  const history = new RunRecorder(build.directory, id, () => new Date());
  const began = new Date();
  let waitedMs = 0;
  const warnings = warningsOf(build, everyWarning || process.stderr.isTTY);
  const notifier = await notifierOf(project, build, { run: id, host, began });
  let shared: Promise<void> | undefined;
  const reported = new Set<string>();
  const warn = (problem: string | undefined): void => {
    if (problem === undefined || reported.has(problem)) return;
    reported.add(problem);
    process.stderr.write(`stagelock: ${build.name}: ${quotedLines(problem)}\n`);
  };
  try {
    const result = await run(build, {
      host,
      now: () => new Date(),
      configFile: project.file,
      user: userName(),
      command: ['stagelock', ...process.argv.slice(2)].join(' '),
      run: id,
      environment: process.env,
      secretVariables: project.secretVariables,
      force,
      configured: project.builds,
      ...(project.coordination !== undefined && { coordination: project.coordination }),
      signal: stop.signal,
      report: (event) => {
        progress.report(event);
        warn(history.hear(event));
        notifier?.hear(event);
        if (event.kind === 'ended') shared = shareEnd(project, build, history, stop.signal);
        if (event.kind === 'waited') waitedMs += event.ms;
        if (event.kind === 'built')
          warn(post?.mailAuthors(project, build, event, { run: id, host: host.name, user: userName() }));
        if (event.kind === 'submission-put-off') {
          print(
            warnings.warn('submit', sameFailure(event.why), [
              `${build.name}: submit: ${shown(event.why)}`,
              ...adviceOnSecret(tokenOf(build.submission)),
              `  ${shown(event.left)}`,
            ]),
          );
        } else if (event.kind === 'spool-empty') {
          print(warnings.over('submit', `${build.name}: the reports are delivered.`, began));
        }
      },
      step: () => undefined,
    });
    progress.end(result);
    await shared;
    const circumstances = {
      host,
      now: new Date(),
      configFile: project.file,
      builds: project.builds,
      ...sinceOf(build, id, result),
    };
    // The scheduler of that host says that its run is not over; this one has only come in its place.
    const isElsewhere = firing !== undefined && isHeldElsewhere(result);
    const lines = isElsewhere ? [] : explainResult(build, result, circumstances);
    const state = isElsewhere ? undefined : stateOf(build, result, circumstances);
    if (state !== undefined) print(warnings.warn('run', state, lines));
    // Whether what was wrong before is over, the run will show that builds it again.
    else if (result.kind === 'interrupted' || result.kind === 'source-moved') print(lines);
    else print([...warnings.over('run', `${build.name}: runs again.`, began), ...lines]);
    const [writers = '', ...more] = explainWriters(project.file);
    if (writers !== '')
      print(warnings.warn('configuration', [writers, ...more].join('\n'), [`${build.name}: ${writers}`, ...more]));
    const advice = adviceOnInterval(build, result.kind === 'wait-timed-out' ? result.waitedMs : waitedMs);
    if (advice !== undefined) print([advice]);
    process.exitCode = result.kind === 'interrupted' ? stop.exitCode() : exitCodeOf(result);
    if (notifier !== undefined) {
      await notifier.end({ result, exitCode: process.exitCode, lines, waited: advice });
      print(await deliveredBy(notifier, build, warnings, stop.signal));
    }
    // Last, since it may wait for the mails of other builds.
    if (!leaveMail && post !== undefined) {
      const lines = post.mailAfterRun(project, build, warnings, {
        began,
        signal: stop.signal,
        linger: result.kind !== 'no-news' && !process.stderr.isTTY,
      });
      // A spool that cannot be read is no reason for a run to fail.
      print(await lines.catch((error: unknown) => [`${build.name}: mail: ${describeFailure(error)}`]));
    }
  } catch (error) {
    progress.clear();
    process.exitCode = reportFailure(error);
    const lines = explainLocksAfterFailure(build, id, {
      host,
      now: new Date(),
      configFile: project.file,
      builds: project.builds,
    });
    process.stderr.write(`${shownLines(lines.join('\n'))}\n`);
    if (notifier !== undefined) {
      await notifier.failed(error, process.exitCode);
      print(await deliveredBy(notifier, build, warnings, stop.signal));
    }
  }
  stop.dieIfHungUp('always');
}

/** Whether only living runs on other hosts keep it from running. */
function isHeldElsewhere(result: RunResult): boolean {
  return (
    result.kind === 'held' &&
    result.locks.length > 0 &&
    result.locks.every(({ build, judgement }) => build !== undefined && judgement?.fate === 'alive')
  );
}

/** The build as it is to be run. @throws Refusal when it has no nightly start and needs one */
function modelled(configured: Build, model: Model | undefined): Build {
  const build = model === undefined ? configured : { ...configured, model };
  if (build.model === 'Nightly' && build.nightlyStart.kind === 'unreadable') {
    throw new Refusal(EXIT.usage, explainUnreadable(build.nightlyStart.text, new Date()).join('\n'));
  }
  return build;
}

/** What tells others of the run; undefined for the many that no [[notify]] follows, which do not load it. */
async function notifierOf(
  project: Project,
  build: Build,
  facts: { readonly run: string; readonly host: Host; readonly began: Date },
): Promise<RunNotifier | undefined> {
  if (project.subscribers.length === 0) return undefined;
  const { RunNotifier } = await import('../stages/run-notify.js');
  const warnings = warningsOf(build, false);
  return new RunNotifier(project, build, { ...facts, now: () => new Date(), environment: process.env, warnings });
}

/** Lets other hosts see how the run has ended, beside what else is to be done after it. */
async function shareEnd(
  { coordination }: Project,
  build: Build,
  { ended: past, failures }: RunRecorder,
  stop: AbortSignal,
): Promise<void> {
  if (coordination === undefined || past === undefined) return;
  const { shareEnd: share } = await import('../stages/past-in-etcd.js');
  await share(coordination, build, { past, failures }, stop);
}

/** A spool that cannot be read is no reason for a run to fail. */
async function deliveredBy(
  notifier: RunNotifier,
  build: Build,
  warnings: Warnings,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines = notifier.deliver(warnings, signal);
  return await lines.catch((error: unknown) => [`${build.name}: notify: ${describeFailure(error)}`]);
}

/** The run as a process of its own, whose standard error is mailed. */
async function runMailed(project: Project, build: Build, options: readonly string[]): Promise<void> {
  if (project.mail === undefined) {
    throw new Refusal(EXIT.usage, `${project.file}: --mail needs a table [mail] that says who gets mails and how`);
  }
  const { mailedRun } = await import('../scheduler/mailed-run.js');
  const stop = stopSignal({ later: 'at-once' });
  const end = await mailedRun(project, build, options, {
    host: thisHost(),
    user: userName(),
    environment: process.env,
    directory: process.cwd(),
    program: thisProgram(project.file).program,
    complain,
    stop,
    sameRequestMs: SAME_REQUEST_MS,
  });
  process.exitCode = exitCodeOfEnd(end, stop);
  if (end.kind === 'signalled') stop.dieIfHungUp();
}

/** Since when a build is broken that has failed. */
function sinceOf({ directory }: Build, run: string, { kind }: RunResult): { readonly since?: BrokenSince } {
  if (kind !== 'stage-failed') return {};
  try {
    return { since: brokenSince(readHistory(directory).runs, run) };
  } catch {
    // The history has been reported by then.
    return {};
  }
}

/** What a crontab or a scheduler appends the progress of runs to must not grow for ever: some thousand runs fit into this, in bytes. */
const LONGEST_OUTPUT = 1024 * 1024;

/** A person at a terminal wants to know now, whatever cron has mailed. */
function warningsOf(build: Build, all: boolean): Warnings {
  if (all) return { warn: (_subject, _state, lines) => lines, over: () => [] };
  return new WarningReporter(join(layoutOf(build.directory).temporary, 'Warnings.json'), () => new Date());
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`stagelock: ${shownLines(lines.join('\n'))}\n`);
}
