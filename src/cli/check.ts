import { explainUnreadable } from '../config/nightly-start.js';
import { formatProblems } from '../config/problem.js';
import { isProgram } from '../config/program-file.js';
import type { Project } from '../config/project.js';
import { obstacleOf } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import { CRON_SENDMAIL, cronMailNotes } from '../scheduler/cron-mail.js';
import { loginInTheClear } from '../secrets/in-the-clear.js';
import { jsonText } from '../text/json.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { cursorFile } from '../updates/cursor.js';
import { remoteProblems } from '../updates/remote-problems.js';
import { orphanedCursors } from '../updates/renamed.js';
import { explainEmptying, explainForgotten } from './crontab.js';
import { EXIT } from './exit.js';
import { configFileOf, type GlobalOptions } from './project-of.js';
import { problemsOf } from './project-problems.js';
import { explainForgottenUnits } from './systemd.js';
import { explainWriters, loadTrusted } from './trusted-configuration.js';
import { crontabIfAny } from './user-crontab.js';

interface CheckOptions {
  readonly json?: boolean | undefined;
  /** Does not ask remote repositories. */
  readonly offline?: boolean | undefined;
}

/** `stagelock check` */
export async function checkCommand(options: GlobalOptions, { json, offline }: CheckOptions): Promise<void> {
  await checkFile(configFileOf(options), { json, offline });
}

/** Checks a configuration, says what it found and sets the exit code. @returns the project, if all is well */
export async function checkFile(
  file: string,
  { json = false, offline = false }: CheckOptions = {},
): Promise<Project | undefined> {
  const loaded = loadTrusted(file);
  const lines = loaded.kind === 'invalid' ? '' : crontabIfAny();
  const problems =
    loaded.kind === 'invalid'
      ? loaded.problems
      : [...problemsOf(loaded.project, lines), ...(offline ? [] : await remoteProblems(loaded.project))];
  if (json) {
    process.stdout.write(`${jsonText({ file, problems }, 2)}\n`);
  } else if (loaded.kind === 'loaded' && problems.length === 0) {
    const builds = [...loaded.project.builds.values()].map((build) => `${build.name} (${build.role})`);
    process.stdout.write(`${shown(file)}: good; ${builds.join(', ')}\n`);
    const { project } = loaded;
    for (const line of [
      ...explainWriters(file),
      ...notUpdated(project),
      ...unusedOptions(project),
      ...submissionNotes(project),
      ...nightlyNotes(project),
      ...cronMailNotes(project, lines, isProgram(CRON_SENDMAIL)),
      ...orphansOf(project),
      ...explainEmptying(lines, project),
      ...explainForgotten(lines),
      ...explainForgottenUnits(),
    ])
      process.stdout.write(`${line}\n`);
  } else {
    process.stderr.write(`${formatProblems(problems).join('\n')}\n`);
  }
  if (problems.length > 0) process.exitCode = EXIT.usage;
  return loaded.kind === 'loaded' && problems.length === 0 ? loaded.project : undefined;
}

/** Sources that are built as they stand. */
function notUpdated({ builds }: Project): string[] {
  return [...builds.values()].flatMap((build) =>
    build.role === 'primary' && build.withoutUpdate?.kind === 'unversioned'
      ? [`${build.name} does not update ${shown(build.source)}: ${shown(build.withoutUpdate.message)}`]
      : [],
  );
}

/** Options that ctest would give to a client, which is called in another way here. */
function unusedOptions({ builds }: Project): string[] {
  return [...builds.values()].flatMap(({ name, unusedOptions: keys }) =>
    keys.length === 0
      ? []
      : [
          `${name}: ${keys.join(' and ')} ${keys.length === 1 ? 'has' : 'have'} no effect, since stagelock runs its own update commands; put what the client always needs into the client's configuration`,
        ],
  );
}

/** Builds whose reports go nowhere by CTest's configuration, that have none to submit, or whose password others can read. */
function submissionNotes({ builds }: Project): string[] {
  return [...builds.values()].flatMap(({ name, withoutSubmission, submission, stages, ...build }) => {
    if (withoutSubmission !== undefined) return [`${name} submits nothing: ${shown(withoutSubmission.message)}`];
    if (submission === undefined) return [];
    const updates = build.role === 'secondary' || build.update !== undefined;
    if (!updates && stages.every(({ report }) => report === 'none')) {
      return [`${name} has nothing to submit: it has no update, and none of its stages has a \`report\``];
    }
    const why = submission.type === 'cdash' ? loginInTheClear(submission) : undefined;
    return why === undefined ? [] : [`${name}: ${shown(why)}`];
  });
}

/** A time of a `DartConfiguration.tcl` that cannot be read stops nothing but Nightly runs. */
function nightlyNotes({ builds }: Project): string[] {
  return [...builds.values()].flatMap(({ name, nightlyStart }) =>
    nightlyStart.kind === 'unreadable'
      ? [`${name}: ${explainUnreadable(nightlyStart.text, new Date()).join('\n')}`]
      : [],
  );
}

/** What builds have left that the configuration does not have any more, or has under another name. */
function orphansOf({ file, builds }: Project): string[] {
  return [...builds.values()].flatMap((build) => {
    if (build.role !== 'primary') return [];
    try {
      return orphanedCursors(build.directory, builds).flatMap(({ name, cursor }) => [
        `${name} has a cursor in ${shown(build.directory)} (after update ${cursor.record}) but is not a build of this configuration. If it was renamed:`,
        `  stagelock --config ${shellWord(file)} rename ${shellWord(name)} NEW`,
        'If not, remove its cursor, which keeps old updates from being removed:',
        `  rm -- ${shellWord(cursorFile(build.directory, name))}`,
      ]);
    } catch (error) {
      const obstacle = obstacleOf(error);
      if (obstacle !== undefined) return [obstacle.message];
      if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
      return [shown(error.message)];
    }
  });
}
