import type { Project } from '../config/project.js';
import { overviewOf, type Progress, type UpdatesOverview } from '../stages/overview.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import type { UpdateRecord } from '../updates/record.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock updates [BUILD]` */
export async function updatesCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, count }: { readonly json?: boolean; readonly count: string },
): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(count)) throw new Refusal(EXIT.usage, `--count ${count} is not a number of updates`);
  const project = projectOf(options);
  const all = await overviews(project, name, Number(count));
  if (all.some(({ problems, builds }) => problems.length > 0 || builds.some(({ problem }) => problem !== undefined))) {
    process.exitCode = EXIT.internal;
  }
  if (json) process.stdout.write(`${jsonText({ project: project.name, primaries: all }, 2)}\n`);
  else process.stdout.write(all.map((one) => `${textOf(one).join('\n')}\n`).join('\n'));
}

/** Of a primary whose updates hosts share, what etcd says: that has all builds that follow it. */
async function overviews(project: Project, name: string | undefined, count: number): Promise<UpdatesOverview[]> {
  const { coordination } = project;
  const isElsewhere = name !== undefined && coordination !== undefined && !project.builds.has(name);
  const here = isElsewhere ? [] : overviewOf(project, name === undefined ? undefined : buildOf(project, name), count);
  if (coordination === undefined) return here;
  const shared = isElsewhere ? [name] : here.map(({ primary }) => leaderOf(project, primary));
  const { updatesInEtcd } = await import('../stages/updates-in-etcd.js');
  const there: UpdatesOverview[] = [];
  for (const primary of new Set(shared)) {
    const seen = await updatesInEtcd(coordination, primary, count);
    if (seen.kind === 'away') throw new Refusal(EXIT.held, `${primary}: its updates in etcd: ${shown(seen.message)}`);
    there.push(seen.overview);
  }
  if (isElsewhere && there.every(({ newest }) => newest === 0)) buildOf(project, name); // says that there is none
  return [...here, ...there];
}

/** The primary whose records a build has, of this host or another one. */
function leaderOf({ builds }: Project, name: string): string {
  const build = builds.get(name);
  return build?.role === 'primary' ? (build.follows?.primary ?? name) : name;
}

function textOf({ primary, journal, newest, records, problems, builds }: UpdatesOverview): string[] {
  if (newest === 0) return [`${primary}: no updates yet in ${shown(journal)}`];
  return [
    `${primary}: ${newest} ${newest === 1 ? 'record' : 'records'} in ${shown(journal)}`,
    ...records.map(recordLine),
    ...problems.map(({ message }) => `  ${shown(message)}`),
    ...builds.map((build) => `  ${progressText(build, newest)}`),
  ];
}

function recordLine({ sequence, ended, revision, type, changes }: UpdateRecord): string {
  const time = ended.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
  const start = `  ${String(sequence).padStart(6)}  ${shown(time, 64)}  ${shown(type, 16)} ${shown(revision.slice(0, 12))}`;
  if (changes.length === 0) return `${start}  no commits`;
  const files = new Set(changes.flatMap((change) => change.files.map(({ path }) => path)));
  const authors = [...new Set(changes.map(({ author }) => author))];
  const who = authors.slice(0, 3).join(', ') + (authors.length > 3 ? ` and ${authors.length - 3} more` : '');
  const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${start}  ${many(changes.length, 'commit')}, ${many(files.size, 'file')}, by ${shown(who, 200)}`;
}

function progressText({ build, configured, record, pending, problem }: Progress, newest: number): string {
  const gone = configured ? '' : ', which is no longer in the configuration; its cursor can be removed';
  if (problem !== undefined) return shown(problem);
  if (record === undefined) return `${build} has not run yet; it starts from the current revision`;
  if (pending === 0) return `${build} has built all of them${gone}`;
  return `${build} has built up to ${record}, and still has to build ${pending === 1 ? newest : `${record + 1} to ${newest}`}${gone}`;
}
