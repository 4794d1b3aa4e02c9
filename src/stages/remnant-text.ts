import type { Host } from '../host/host.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { InTheWay } from './in-the-way.js';
import type { Remnant } from './remnant.js';

/** A command of one line, as far as a person needs it to recognize it. */
const COMMAND_LENGTH = 120;

/** What these messages need to know besides what happened. */
interface Context {
  readonly host: Pick<Host, 'name'>;
  readonly now: Date;
  /** Absolute path of the configuration. */
  readonly configFile: string;
  /** Those of the configuration. */
  readonly builds: { has(build: string): boolean };
}

/** The command that ends the processes of a build's runs. */
export function killCommand(build: string, { configFile }: Pick<Context, 'configFile'>): string {
  return `stagelock --config ${shellWord(configFile)} kill ${shellWord(build)}`;
}

/** The line that describes a process: number, user, since when, whose, its command. */
function describeRemnant(remnant: Remnant, { host, now }: Pick<Context, 'host' | 'now'>): string {
  const { pid, user, since, stage, build, command } = remnant;
  const where = remnant.host === host.name ? '' : ` on ${shown(remnant.host)}`;
  const startedMs = since === undefined ? Number.NaN : Date.parse(since);
  const when = Number.isNaN(startedMs)
    ? ''
    : `, since ${momentText(startedMs)} (${formatDuration(Math.max(0, now.getTime() - startedMs))} ago)`;
  const what = stage === undefined ? `run of ${shown(build)}` : `stage ${shown(stage)} of ${shown(build)}`;
  return `  process ${pid} of ${shown(user)}${where}${when}, ${what}: ${shown(command, COMMAND_LENGTH)}`;
}

/** Why a run stopped although no lock is in its way, and what to do. */
export function explainInTheWay({ remnants, unreadable }: InTheWay, context: Context): string[] {
  const builds = [...new Set(remnants.map(({ build }) => build))].filter((build) => context.builds.has(build));
  const hosts = [...new Set(remnants.map(({ host }) => host))].filter((name) => name !== context.host.name);
  const where =
    hosts.length === 0 ? '' : ` (for processes on ${hosts.map((name) => shown(name)).join(', ')}, run this there)`;
  const unknown = remnants.filter(({ build, host }) => !context.builds.has(build) && host === context.host.name);
  return [
    ...describeRemnants(remnants, context),
    ...(builds.length === 0 ? [] : [`  To end what is left${where}:`]),
    ...builds.map((build) => `  ${killCommand(build, context)}`),
    ...(unknown.length === 0
      ? []
      : [
          '  To end processes of builds that are not in this configuration:',
          `  kill ${unknown.map(({ pid }) => pid).join(' ')}`,
        ]),
    ...unreadable.map((path) => `  ${shown(path)} may name such processes and cannot be read; after a look, remove it`),
  ];
}

/** A line for each, but not hundreds: no one reads a mail that lists all of them. */
export function describeRemnants(remnants: readonly Remnant[], context: Pick<Context, 'host' | 'now'>): string[] {
  const lines = remnants.slice(0, MOST).map((remnant) => describeRemnant(remnant, context));
  return remnants.length > MOST ? [...lines, `  and ${remnants.length - MOST} more`] : lines;
}

const MOST = 20;
