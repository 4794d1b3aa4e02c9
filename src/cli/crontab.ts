import { existsSync } from 'node:fs';
import type { Project } from '../config/project.js';
import { userName } from '../host/user-name.js';
import { crontabBlock, filesOfBlocks, withBlock, withoutBlock } from '../scheduler/crontab-block.js';
import { type EmptyingLine, emptyingLines } from '../scheduler/emptied-logs.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { configPathOf, type GlobalOptions, projectOf } from './project-of.js';
import { thisProgram } from './this-program.js';
import { readCrontab, writeCrontab } from './user-crontab.js';

export interface CrontabOptions {
  readonly install?: boolean;
  readonly remove?: boolean;
  /** With `remove`: the blocks of all configurations, also of those that are gone. */
  readonly all?: boolean;
}

/** `stagelock crontab [--install | --remove [--all]]` */
export function crontabCommand(
  options: GlobalOptions,
  { install = false, remove = false, all = false }: CrontabOptions,
): void {
  if (install && remove) throw new Refusal(EXIT.usage, 'give either --install or --remove');
  if (all && !remove) throw new Refusal(EXIT.usage, '--all needs --remove');
  if (remove) {
    removeBlocks(all ? undefined : configPathOf(options));
    return;
  }
  const project = projectOf(options);
  if (![...project.builds.values()].some(({ schedule }) => schedule !== undefined)) {
    throw new Refusal(EXIT.usage, `${project.file}: no build has a \`schedule\`, such as "*/10 * * * *"`);
  }
  const surroundings = { ...thisProgram(project.file), user: userName() };
  if (!install) {
    process.stdout.write(crontabBlock(project, surroundings));
    return;
  }
  const before = readCrontab();
  const after = withBlock(before, project, surroundings);
  if (typeof after !== 'string') throw new Refusal(EXIT.failed, after.problem);
  if (after !== before) writeCrontab(after);
  for (const line of explainForgotten(after)) process.stderr.write(`${line}\n`);
}

/** @param file the configuration whose block goes, which need not be there any more; undefined for all of them */
function removeBlocks(file: string | undefined): void {
  const before = readCrontab();
  let after = before;
  for (const each of file === undefined ? filesOfBlocks(before) : [file]) {
    const without = withoutBlock(after, each);
    if (typeof without !== 'string') throw new Refusal(EXIT.failed, without.problem);
    after = without;
  }
  if (after !== before) writeCrontab(after);
  if (file !== undefined) for (const line of explainForgotten(after)) process.stderr.write(`${line}\n`);
}

/** What to say of the blocks of configurations that are not there any more: their lines fail each time. */
export function explainForgotten(crontab: string): string[] {
  return filesOfBlocks(crontab)
    .filter((file) => !existsSync(file))
    .flatMap((file) => [
      `the crontab still runs builds of ${shown(file)}, which no longer exists. To remove its lines:`,
      `  stagelock --config ${shellWord(file)} crontab --remove`,
    ]);
}

/** What to say of lines of a project that empty its logs. */
export function explainEmptying(crontab: string, project: Project): string[] {
  const lines = emptyingLines(crontab, project);
  const say = (found: readonly EmptyingLine[], remedy: string): string[] => {
    if (found.length === 0) return [];
    const logs = [...new Set(found.map(({ log }) => shown(log)))];
    const many = logs.length === 1 ? 'is emptied' : 'are emptied';
    return [
      `${logs.join(' and ')} ${many} by each run, because the crontab has \`>\` before it and not \`>>\`. ${remedy}`,
    ];
  };
  const generated = say(
    lines.filter(({ isGenerated }) => isGenerated),
    'To write these lines anew:',
  );
  return [
    ...generated,
    ...(generated.length === 0 ? [] : [`  stagelock --config ${shellWord(project.file)} crontab --install`]),
    ...say(
      lines.filter(({ isGenerated }) => !isGenerated),
      'These lines are not in the block that stagelock crontab --install replaces; change them with: crontab -e',
    ),
  ];
}
