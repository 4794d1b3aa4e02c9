import type { Build, Coordination } from '../config/project.js';
import { type History, historyFile, type PastRun, readHistory } from '../stages/history.js';
import { findRun, hasFailed } from '../stages/past-logs.js';
import type { ColourChoice } from '../text/colour.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { runLine } from './log-line.js';
import type { RunElsewhere } from './log-of-hosts.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

export interface LogOptions {
  readonly json?: boolean;
  readonly count: string;
  /** Only runs that failed. */
  readonly failed?: boolean;
  /** What stands behind `--show`; true for nothing. */
  readonly show?: true | readonly string[];
  readonly follow?: boolean;
  readonly color: ColourChoice;
  readonly pager: boolean;
}

/** `stagelock log [BUILD]` */
export async function logCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, count, failed = false, show, follow = false, color, pager }: LogOptions,
): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(count)) throw new Refusal(EXIT.usage, `--count ${count} is not a number of runs`);
  if ([json, show !== undefined, follow].filter(Boolean).length > 1) {
    throw new Refusal(EXIT.usage, 'give only one of --json, --show and --follow');
  }
  const project = projectOf(options);
  const { coordination } = project;
  // A build of another host need not be in the file of this one.
  const isElsewhere = name !== undefined && coordination !== undefined && !project.builds.has(name);
  const build = isElsewhere ? undefined : buildOf(project, name);
  if (follow) {
    if (build === undefined) throw new Refusal(EXIT.usage, `${name} is no build of this host: follow its log there`);
    const { followRun } = await import('./log-follow.js');
    await followRun(build, color);
    return;
  }
  const history = build === undefined ? NO_RUNS : readHistory(build.directory);
  if (build !== undefined) reportUnreadable(build.directory, history);
  const others = coordination === undefined ? [] : await othersOf(coordination, build ?? name ?? '', history);
  const chosen = <T extends { readonly run: PastRun }>(all: readonly T[]): T[] =>
    all.filter(({ run }) => !failed || hasFailed(run)).sort((one, other) => begunMs(one.run) - begunMs(other.run));
  const runs = chosen<Listed>([...history.runs.map((run) => ({ run })), ...others]);
  const title = build?.name ?? shown(name ?? '', 64);
  if (show !== undefined) {
    const wanted = show === true ? [] : show;
    const run = findRun(
      runs.map((each) => each.run),
      wanted[0],
    );
    const elsewhere = runs.find((each) => each.run === run)?.show;
    if (elsewhere !== undefined) return await elsewhere({ colour: color, pager });
    if (build === undefined) throw new Refusal(EXIT.failed, `${title} has no such run in etcd`);
    const { showRun } = await import('./log-show.js');
    await showRun(build, history.runs, wanted, { failed, colour: color, pager });
    return;
  }
  const newest = runs.slice(-Number(count));
  if (json) process.stdout.write(newest.map((each) => `${each.json ?? jsonText(each.run)}\n`).join(''));
  else if (newest.length > 0)
    process.stdout.write(newest.map((each) => `${each.line ?? runLine(each.run)}\n`).join(''));
  else process.stdout.write(`${title} ${failed ? 'has no run that failed' : 'has not built anything yet'}\n`);
}

/** Of this host, or of another one. */
type Listed = Pick<RunElsewhere, 'run'> & Partial<RunElsewhere>;

const NO_RUNS: History = { runs: [], unreadable: 0 };

/** Runs on other hosts. What this host has is shown also where they cannot be seen. */
async function othersOf(
  coordination: Coordination,
  build: Build | string,
  { runs: here }: History,
): Promise<readonly RunElsewhere[]> {
  const { mayHaveRunElsewhere, runsElsewhere } = await import('./log-of-hosts.js');
  if (typeof build !== 'string' && !mayHaveRunElsewhere(build, here)) return [];
  const name = typeof build === 'string' ? build : build.name;
  const { runs, problem } = await runsElsewhere(coordination, name, here);
  if (typeof build === 'string') {
    if (problem !== undefined) {
      throw new Refusal(EXIT.held, `${shown(name, 64)}: its runs in etcd could not be looked at: ${shown(problem)}`);
    }
    if (runs.length === 0) {
      const what = `${shown(name, 64)} is no build of the configuration of this host, and etcd has no run of it`;
      throw new Refusal(EXIT.usage, what);
    }
  } else if (problem !== undefined) {
    process.stderr.write(`stagelock: ${name}: its runs on other hosts could not be looked at: ${shown(problem)}\n`);
  }
  return runs;
}

function begunMs({ begun }: PastRun): number {
  return Date.parse(begun);
}

function reportUnreadable(directory: string, { unreadable }: History): void {
  if (unreadable === 0) return;
  const file = shown(historyFile(directory));
  process.stderr.write(`stagelock: ${file}: ${unreadable} incomplete lines were skipped\n`);
}
