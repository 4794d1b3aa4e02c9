import { lstatSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { describeHolder, errorCode, thisHost } from '../locks/index.js';
import { describeLock, type MessageContext, unlockCommand as unlockCommandLine } from '../stages/messages.js';
import { tailOf } from '../stages/stage-log.js';
import type { LockStatus } from '../stages/status.js';
import { clearLocks, examine } from '../stages/unlock.js';
import { logText } from '../text/log-text.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

const LOG_LINES = 10;

/** `stagelock unlock [BUILD]` */
export async function unlockCommand(
  options: GlobalOptions,
  name: string | undefined,
  { yes = false, force = false }: { readonly yes?: boolean; readonly force?: boolean },
): Promise<void> {
  const project = projectOf(options);
  const build = buildOf(project, name);
  const host = thisHost();
  const found = examine(build, host);
  if (found.kind === 'nothing-there') {
    process.stdout.write(`${build.name}: there are no locks\n`);
    return;
  }
  const context = { host, now: new Date(), configFile: project.file, builds: project.builds };
  show(found.locks, context);
  if (found.locks.some((lock) => lock.name === 'update' && build.role === 'primary')) {
    process.stdout.write(
      `  The update was interrupted: ${shown(build.source)} may be half moved. Nobody builds it until the next run of ${build.name} has repaired it.\n`,
    );
  }
  const hidden = othersOf(found.locks);
  if (hidden.length > 0) {
    process.stdout.write(
      `  Whether what it started still runs can be seen only by ${hidden.map((user) => shown(user, 64)).join(', ')} and root: ps -ef\n`,
    );
  }
  if (found.kind === 'needs-force' && !force) {
    throw new Refusal(
      EXIT.held,
      `${build.name}: left as it is:\n  ${found.reasons.join('\n  ')}\n  --force clears it all the same`,
    );
  }
  if (!yes && !process.stdin.isTTY) {
    const command = `${unlockCommandLine(build.name, context)} --yes${force ? ' --force' : ''}`;
    throw new Refusal(
      EXIT.usage,
      `${build.name}: left as it is, since nobody is here to ask; after a look: ${command}`,
    );
  }
  const what = found.locks.length === 1 ? 'this lock' : `these ${found.locks.length} locks`;
  if (!yes && !(await confirmed(`Remove ${what}? [y/N] `))) {
    throw new Refusal(EXIT.failed, `${build.name}: left as it is`);
  }
  const cleared = await clearLocks(build, found.locks);
  if (cleared.kind === 'section-busy') {
    const holder = describeHolder(cleared.holder, Date.now());
    throw new Refusal(
      EXIT.held,
      `${build.name}: left as it is, because ${shown(cleared.path)} could not be acquired: ${holder}`,
    );
  }
  for (const path of cleared.paths) process.stdout.write(`removed ${shown(path)}\n`);
  for (const path of cleared.changed) process.stdout.write(`left ${shown(path)}: it has changed hands meanwhile\n`);
}

function show(locks: readonly LockStatus[], context: MessageContext): void {
  for (const lock of locks) {
    process.stdout.write(`${describeLock(lock, context).join('\n')}\n`);
    const log = lock.record?.logFile;
    const tail = log === undefined ? [] : tailOf(log, LOG_LINES);
    for (const line of tail) process.stdout.write(`    | ${logText(line)}\n`);
  }
}

/** The users of these locks whose processes we may not look into. */
function othersOf(locks: readonly LockStatus[]): string[] {
  const own = process.getuid?.() ?? 0;
  const others = locks.filter((lock) => own !== 0 && lstatSync(lock.path, { throwIfNoEntry: false })?.uid !== own);
  return [...new Set(others.flatMap((lock) => lock.record?.user ?? []))];
}

async function confirmed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } catch (error) {
    if (errorCode(error) !== 'ABORT_ERR') throw error;
    process.stdout.write('\n'); // Ctrl-C or Ctrl-D
    return false;
  } finally {
    terminal.close();
  }
}
