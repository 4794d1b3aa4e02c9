import { spawnSync } from 'node:child_process';
import { crontabBlock, withBlock, withoutBlock } from '../scheduler/crontab-block.js';
import { EXIT, Refusal } from './exit.js';
import { type GlobalOptions, projectOf } from './project-of.js';
import { thisProgram } from './this-program.js';
import { userName } from './user-name.js';

/** `stagelock crontab [--install | --remove]` */
export function crontabCommand(
  options: GlobalOptions,
  { install = false, remove = false }: { readonly install?: boolean; readonly remove?: boolean },
): void {
  if (install && remove) throw new Refusal(EXIT.usage, 'give either --install or --remove');
  const project = projectOf(options);
  if (![...project.builds.values()].some(({ schedule }) => schedule !== undefined)) {
    throw new Refusal(EXIT.usage, `${project.file}: no build has a \`schedule\`, such as "*/10 * * * *"`);
  }
  const surroundings = { ...thisProgram(project.file), user: userName() };
  if (!install && !remove) {
    process.stdout.write(crontabBlock(project, surroundings));
    return;
  }
  const before = readCrontab();
  const after = install ? withBlock(before, project, surroundings) : withoutBlock(before, project.file);
  if (typeof after !== 'string') throw new Refusal(EXIT.failed, after.problem);
  if (after === before) return;
  writeCrontab(after);
}

function readCrontab(): string {
  const { error, status, stdout, stderr } = spawnSync('crontab', ['-l'], { encoding: 'utf8', env: english() });
  if (error !== undefined) throw new Refusal(EXIT.failed, `crontab(1) cannot be run: ${error.message}`);
  if (status === 0) return stdout;
  if (/^no crontab for /m.test(stderr)) return '';
  throw new Refusal(EXIT.failed, `crontab -l failed: ${stderr.trim()}`);
}

/** crontab(1) checks it and puts it in place in one step. */
function writeCrontab(text: string): void {
  const { status, stderr } = spawnSync('crontab', ['-'], { encoding: 'utf8', input: text, env: english() });
  if (status !== 0) throw new Refusal(EXIT.failed, `crontab - failed, and the crontab is as it was: ${stderr.trim()}`);
}

function english(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}
