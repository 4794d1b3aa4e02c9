import { lstatSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CONFIG_NAME, findConfig } from '../config/load.js';
import { BUILD_NAME_RULE, isBuildName } from '../config/names.js';
import type { Project } from '../config/project.js';
import { type Proposal, writeTemplate } from '../config/template.js';
import { createExclusively } from '../files/atomic-file.js';
import { crontabLines } from '../scheduler/crontab-block.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { checkFile } from './check.js';
import { Dialogue, DialogueEnded } from './dialogue.js';
import { EXIT, Refusal } from './exit.js';
import { askedAnswers, defaultAnswers, describeFacts, type Given, type Place, sourceProblem } from './init-answers.js';
import type { GlobalOptions } from './project-of.js';
import { thisProgram } from './this-program.js';

export interface InitOptions extends Given {
  /** Takes the defaults. */
  readonly yes?: boolean;
  readonly stdout?: boolean;
}

/** `stagelock init`: asks at a terminal, unless options answer. */
export async function initCommand(
  options: GlobalOptions,
  { yes = false, stdout = false, ...given }: InitOptions,
): Promise<void> {
  const { name, source, build } = given;
  if (name !== undefined && !isBuildName(name)) throw new Refusal(EXIT.usage, `"${name}" is not ${BUILD_NAME_RULE}`);
  const problem = source === undefined ? undefined : sourceProblem(resolve(source));
  if (problem !== undefined) throw new Refusal(EXIT.usage, `--source: ${problem}`);
  const file = resolve(options.config ?? CONFIG_NAME);
  const place = { base: dirname(file), cwd: process.cwd() };
  if (stdout) {
    process.stdout.write(writeTemplate(defaultAnswers(given, place)));
    return;
  }
  // Before the questions; the creation itself looks once more.
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) throw existsAlready(file);
  const hasAnswers = [source, build, name].some((answer) => answer !== undefined);
  const asks = !yes && !hasAnswers && process.stdin.isTTY && process.stdout.isTTY;
  const proposal = asks ? await ask(place) : defaultAnswers(given, place);
  if (createExclusively(file, writeTemplate(proposal)) === 'exists') throw existsAlready(file);
  say(`wrote ${shown(file)}`);
  if (!asks) for (const line of describeFacts(proposal)) say(`  ${line}`);
  const project = await checkFile(file);
  if (project === undefined) say(`to correct in ${shown(file)}; then: ${programFor(file)} check`);
  else for (const line of nextCommands(project)) say(line);
}

async function ask(place: Place): Promise<Proposal> {
  const dialogue = new Dialogue(process.stdin, process.stdout);
  try {
    say('Enter takes what stands in [brackets]; Ctrl-C writes nothing.');
    return await askedAnswers(dialogue, place, say);
  } catch (error) {
    if (error instanceof DialogueEnded) throw new Refusal(EXIT.failed, 'nothing was written');
    throw error;
  } finally {
    dialogue.end();
  }
}

function existsAlready(file: string): Refusal {
  return new Refusal(EXIT.usage, `${file} exists already and was left unchanged; --stdout prints a new one`);
}

function nextCommands(project: Project): string[] {
  const { file, builds } = project;
  const program = programFor(file);
  return [
    'Read it: its commands run as you. Then build by hand:',
    ...[...builds.keys()].map((name) => `  ${program} run ${name}`),
    'And have cron do it:',
    `  ${program} crontab --install`,
    'which puts into your crontab:',
    ...crontabLines(project, thisProgram(file).program).map((line) => `  ${shown(line)}`),
  ];
}

/** How to call this program so that it finds the configuration. */
function programFor(file: string): string {
  const isFound = findConfig(process.cwd(), process.env['STAGELOCK_CONFIG']) === file;
  return isFound ? 'stagelock' : `stagelock --config ${shellWord(file)}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
