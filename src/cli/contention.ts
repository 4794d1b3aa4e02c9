import { createReadStream } from 'node:fs';
import { describeBuildContention } from '../contention/build-report.js';
import { contentionOfBuilds } from '../contention/build-waits.js';
import { readLog } from '../contention/read-log.js';
import { describeContention } from '../contention/report.js';
import { waitingBuild } from '../contention/waiting-build.js';
import { errorCode } from '../host/error-code.js';
import { readHistory } from '../stages/history.js';
import { formatDuration } from '../text/duration.js';
import { errorText } from '../text/error-text.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import { durationOf } from './duration-option.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';

export interface ContentionOptions {
  readonly json?: boolean;
  readonly top: string;
  readonly builds?: boolean;
  readonly since: string;
}

/** `stagelock contention FILE`, `stagelock contention --builds` */
export async function contentionCommand(
  options: GlobalOptions,
  file: string | undefined,
  { json = false, top, builds = false, since }: ContentionOptions,
): Promise<void> {
  if (builds === (file !== undefined)) {
    throw new Refusal(EXIT.usage, 'give either the FILE that CT_LOCK_LOG named, or --builds');
  }
  if (file === undefined) {
    contentionOfProject(options, { json, since });
    return;
  }
  if (!/^[1-9]\d{0,5}$/.test(top)) throw new Refusal(EXIT.usage, `--top ${top}: expected a number of at least 1`);
  const input = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 });
  const name = file === '-' ? 'standard input' : shown(file);
  let contention: Awaited<ReturnType<typeof readLog>>;
  try {
    contention = await readLog(input, Number(top));
  } catch (error) {
    throw errorCode(error) === undefined ? error : new Refusal(EXIT.usage, cannotRead(name, error));
  }
  if (!json) {
    process.stdout.write(`${describeContention(contention, name).join('\n')}\n`);
    return;
  }
  const { fromMs, toMs, ...rest } = contention;
  const span = { from: isoTime(fromMs), to: isoTime(toMs) };
  process.stdout.write(`${jsonText({ file: file === '-' ? 'standard input' : file, ...span, ...rest }, 2)}\n`);
}

/** By the histories of the builds of a configuration. */
function contentionOfProject(
  options: GlobalOptions,
  { json, since }: { readonly json: boolean; readonly since: string },
): void {
  const project = projectOf(options);
  const backMs = since === 'all' ? Number.POSITIVE_INFINITY : durationOf('--since', since);
  const builds = [...project.builds.values()].map((build) => waitingBuild(build, readHistory(build.directory).runs));
  const contention = contentionOfBuilds(builds, Date.now() - backMs);
  const span = since === 'all' ? 'in all' : `in the last ${formatDuration(backMs)}`;
  if (json) process.stdout.write(`${jsonText({ project: project.name, ...contention }, 2)}\n`);
  else process.stdout.write(`${describeBuildContention(contention, span).join('\n')}\n`);
}

function cannotRead(name: string, error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `${name}: there is no such file; ct-lock-helper creates the file that CT_LOCK_LOG names when it first has to wait`;
    case 'EISDIR':
      return `${name}: is a directory; name the file that CT_LOCK_LOG names`;
    case 'EACCES':
      return `${name}: no permission to read it`;
    default:
      return `${name}: cannot be read: ${errorText(error)}`;
  }
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
