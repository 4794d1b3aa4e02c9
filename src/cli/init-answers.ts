import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isAddress } from '../config/address.js';
import { buildName, buildsInSource, detect, type Facts, looksLikeSource } from '../config/detect.js';
import { scheduleOf } from '../config/interval.js';
import { PROPOSED_INTERVAL, PROPOSED_SCHEDULE, type Proposal, secondName } from '../config/template.js';
import { real } from '../config/work-tree.js';
import { writtenPath } from '../config/written-path.js';
import { directoryProblem } from '../processes/directory-problem.js';
import { shown } from '../text/shown.js';
import type { Dialogue, Judged } from './dialogue.js';

/** What the options of `init` have answered. */
export interface Given {
  readonly source?: string;
  readonly build?: string;
  readonly name?: string;
}

/** Where the file is to be, and what relative paths of a person are relative to. */
export interface Place {
  /** Absolute; the directory of the configuration. */
  readonly base: string;
  /** Absolute. */
  readonly cwd: string;
}

const BUILDS = 'builds';

/** What is written without a question: the answers of the options, and the defaults. */
export function defaultAnswers({ source: given, build, name }: Given, place: Place): Proposal {
  const source = given ?? likelySource(place.cwd);
  const directory =
    build ?? join(BUILDS, name ?? buildName(factsOf(source, { directory: BUILDS, name }, place).project));
  const facts = factsOf(source, { directory, name }, place);
  return {
    ...facts,
    ...pathsOf(source, directory, place),
    second: false,
    mailTo: undefined,
    schedule: PROPOSED_SCHEDULE,
  };
}

/** The same, with a question for each. @throws DialogueEnded */
export async function askedAnswers(dialogue: Dialogue, place: Place, say: (line: string) => void): Promise<Proposal> {
  const { cwd } = place;
  const source = await dialogue.ask('Source', likelySource(cwd), (answer) => judgeSource(answer, cwd));
  const seen = factsOf(source, { directory: BUILDS, name: undefined }, place);
  for (const line of describeFacts(seen)) say(`  ${line}`);
  const project = await dialogue.ask('Name of the project', seen.project, judgeName);
  const name = buildName(project);
  const builds = await dialogue.ask('Directory for the builds', BUILDS, (answer) =>
    judgeBuilds(answer, { name, source, cwd }),
  );
  const directory = join(builds, name);
  const facts = { ...factsOf(source, { directory, name }, place), project };
  const second =
    !buildsInSource(facts.tool) &&
    (await dialogue.ask(`A second build that shares the source (${secondName(facts)})?`, 'no', judgeYes));
  const mailTo = await dialogue.ask('Address for mails about errors', 'none: cron mails you', judgeAddress);
  const schedule = await dialogue.ask('Interval of the runs', PROPOSED_INTERVAL, judgeInterval);
  return { ...facts, ...pathsOf(source, directory, place), second, mailTo, schedule };
}

/** What was found in a source, for a person. */
export function describeFacts({ tool, presets, update, remote }: Facts): string[] {
  const by = presets.length === 0 ? '' : ` (presets ${presets.join(', ')})`;
  return [
    tool === 'unknown'
      ? 'no build files that stagelock knows: say in the file how to build'
      : `built with ${TOOLS[tool]}${by}`,
    update.kind === 'update' ? describeUpdate(update.table, remote) : `not updated: ${shown(update.message)}`,
  ];
}

const TOOLS: Readonly<Record<Exclude<Facts['tool'], 'unknown'>, string>> = {
  cmake: 'CMake',
  meson: 'Meson',
  autotools: 'its configure script and make',
  cargo: 'Cargo',
  npm: 'npm, in the source tree',
  pnpm: 'pnpm, in the source tree',
  yarn: 'yarn, in the source tree',
  ninja: 'ninja',
  make: 'make',
  'make-in-source': 'make, in the source tree',
};

type UpdateTable = Extract<Facts['update'], { kind: 'update' }>['table'];

function describeUpdate({ type = 'git', branch, remote: name }: UpdateTable, remote: string | undefined): string {
  const what = branch === undefined ? '' : `, branch ${shown(branch)}${name === undefined ? '' : ` of ${shown(name)}`}`;
  return `updated with ${type}${what}${remote === undefined ? '' : ` (${shown(remote)})`}`;
}

/** @param build.name otherwise made of its directory */
function factsOf(
  source: string,
  build: { readonly directory: string; readonly name: string | undefined },
  { cwd }: Place,
): Facts {
  const { directory, name } = build;
  return detect({
    source: resolve(cwd, source),
    directory: resolve(cwd, directory),
    ...(name !== undefined && { name }),
  });
}

function pathsOf(source: string, directory: string, place: Place): Pick<Proposal, 'source' | 'directory'> {
  return { source: writtenPath(source, place), directory: writtenPath(directory, place) };
}

/** This directory if it is a source, else the only one in it that is. */
function likelySource(cwd: string): string {
  if (looksLikeSource(cwd)) return '.';
  const [first, ...others] = directoriesIn(cwd).filter((name) => looksLikeSource(join(cwd, name)));
  return first !== undefined && others.length === 0 ? first : '.';
}

/** Not so many that the look at each takes long. */
const MOST_DIRECTORIES = 200;

function directoriesIn(cwd: string): string[] {
  try {
    return readdirSync(cwd, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort()
      .slice(0, MOST_DIRECTORIES);
  } catch {
    return [];
  }
}

/** As a shell would have expanded it. */
function expanded(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** Why a path, which is absolute, is no source; undefined where it may be one. */
export function sourceProblem(path: string): string | undefined {
  switch (directoryProblem(path)) {
    case 'absent':
      return `there is no directory ${shown(path)}`;
    case 'no-directory':
      return `${shown(path)} is not a directory`;
    case 'closed':
      return `there is no permission to enter ${shown(path)}`;
    case undefined:
      return undefined;
  }
}

function judgeSource(answer: string, cwd: string): Judged<string> {
  const source = expanded(answer);
  const problem = sourceProblem(resolve(cwd, source));
  return problem === undefined ? { value: source } : { problem };
}

function judgeName(answer: string): Judged<string> {
  return /\p{Cc}/u.test(answer) ? { problem: 'a name has no control characters' } : { value: answer };
}

/** The directory of the build that is called `name` lies in it. */
function judgeBuilds(
  answer: string,
  { name, source, cwd }: { readonly name: string; readonly source: string; readonly cwd: string },
): Judged<string> {
  const builds = expanded(answer);
  const directory = resolve(cwd, builds, name);
  const file = upwards(directory).findLast((path) => directoryProblem(path) === 'no-directory');
  if (file !== undefined) return { problem: `${shown(file)} is a file` };
  const tree = real(resolve(cwd, source));
  return upwards(tree).includes(real(directory))
    ? { problem: `the build would be in ${shown(directory)}, and so would the source` }
    : { value: builds };
}

/** A path and the directories above it. */
function upwards(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...upwards(above)];
}

function judgeYes(answer: string): Judged<boolean> {
  if (/^y(es)?$/i.test(answer)) return { value: true };
  return /^no?$/i.test(answer) ? { value: false } : { problem: 'yes or no' };
}

function judgeAddress(answer: string): Judged<string | undefined> {
  if (/^none\b/i.test(answer)) return { value: undefined };
  return isAddress(answer) ? { value: answer } : { problem: 'expected an address such as name@example.org' };
}

function judgeInterval(answer: string): Judged<string> {
  const found = scheduleOf(answer);
  return 'schedule' in found ? { value: found.schedule } : found;
}
