import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { fileOfMark, schedulerUnit, timerUnits, type Unit, unitMark } from '../scheduler/systemd-units.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { configPathOf, type GlobalOptions, projectOf } from './project-of.js';
import { thisProgram } from './this-program.js';

export interface SystemdOptions {
  readonly install?: boolean;
  readonly remove?: boolean;
  /** One service for `stagelock schedule` instead of timers. */
  readonly scheduler?: boolean;
  readonly system?: boolean;
  /** With `remove`: the units of all configurations, also of those that are gone. */
  readonly all?: boolean;
}

/** `stagelock systemd [--install | --remove [--all]] [--scheduler] [--system]` */
export function systemdCommand(
  options: GlobalOptions,
  { install = false, remove = false, scheduler = false, system = false, all = false }: SystemdOptions,
): void {
  if (install && remove) throw new Refusal(EXIT.usage, 'give either --install or --remove');
  if (all && !remove) throw new Refusal(EXIT.usage, '--all needs --remove');
  const directory = system ? '/etc/systemd/system' : userUnits();
  if (remove) {
    removeUnits(directory, system, all ? undefined : configPathOf(options));
    return;
  }
  const project = projectOf(options);
  const old = unitsOf(directory, project.file);
  const { program, path } = thisProgram(project.file);
  const surroundings = { program, path, system };
  const units = scheduler ? [schedulerUnit(project, surroundings)] : timerUnits(project, surroundings);
  if (units.length === 0) {
    throw new Refusal(EXIT.usage, `${project.file}: no build has a \`schedule\`, such as "*/10 * * * *"`);
  }
  if (!install) {
    for (const { name, text } of units) process.stdout.write(`# ${join(directory, name)}\n${text}\n`);
    return;
  }
  refuseForeign(directory, units, old);
  ensureDirectory(directory);
  for (const { name, text } of units) replaceAtomically(join(directory, name), text, 0o644);
  const names = new Set(units.map(({ name }) => name));
  const gone = old.filter((name) => !names.has(name));
  for (const name of gone) unlinkSync(join(directory, name));
  const stopped = gone.filter((name) => name.endsWith('.timer') || name.endsWith('-schedule.service'));
  const started = units.map(({ name }) => name).filter((name) => scheduler || name.endsWith('.timer'));
  advise(system, [
    ...(stopped.length > 0 ? [`disable --now ${stopped.map(shellWord).join(' ')}`] : []),
    'daemon-reload',
    `enable --now ${started.map(shellWord).join(' ')}`,
  ]);
}

/** @param file the configuration whose units go, which need not be there any more; undefined for all of them */
function removeUnits(directory: string, system: boolean, file: string | undefined): void {
  const old = unitsOf(directory, file);
  for (const name of old) unlinkSync(join(directory, name));
  const active = old.filter((name) => name.endsWith('.timer') || name.endsWith('-schedule.service'));
  if (active.length > 0) advise(system, [`disable --now ${active.map(shellWord).join(' ')}`, 'daemon-reload']);
}

/** What to say of a user's units of configurations that are not there any more. */
export function explainForgottenUnits(): string[] {
  const directory = userUnits();
  const files = unitsOf(directory, undefined).flatMap((name) => fileOfMark(markOf(join(directory, name)) ?? '') ?? []);
  return [...new Set(files)]
    .filter((file) => !existsSync(file))
    .flatMap((file) => [
      `systemd units still run builds of ${shown(file)}, which no longer exists. To remove them:`,
      `  stagelock --config ${shellWord(file)} systemd --remove`,
    ]);
}

function userUnits(): string {
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'systemd', 'user');
}

/** The units that an earlier call has written for this configuration, or for any. */
function unitsOf(directory: string, file: string | undefined): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^stagelock-.*\.(?:timer|service)$/.test(name))
    .filter((name) => {
      const mark = markOf(join(directory, name)) ?? '';
      return file === undefined ? fileOfMark(mark) !== undefined : mark === unitMark(file);
    })
    .sort();
}

function markOf(path: string): string | undefined {
  try {
    return readRegularFile(path, 1024 * 1024)?.split('\n', 1)[0];
  } catch {
    return undefined; // a link, by which systemctl enables or masks a unit
  }
}

/** Two projects of one name, or a unit that a person has written. */
function refuseForeign(directory: string, units: readonly Unit[], old: readonly string[]): void {
  for (const { name } of units) {
    const path = join(directory, name);
    if (old.includes(name) || lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
    throw new Refusal(EXIT.failed, `${path} exists and was not written for this configuration; nothing was changed`);
  }
}

/** What only the manager itself can do, and a person should see. */
function advise(system: boolean, verbs: readonly string[]): void {
  const systemctl = system ? 'systemctl' : 'systemctl --user';
  process.stdout.write(`${verbs.map((verb) => `${systemctl} ${verb}`).join(' && ')}\n`);
}
