import { createInterface } from 'node:readline/promises';
import { describeHolder, thisHost } from '../locks/index.js';
import { describeLock, type MessageContext } from '../stages/messages.js';
import { tailOf } from '../stages/stage-log.js';
import type { LockStatus } from '../stages/status.js';
import { clearLocks, examine } from '../stages/unlock.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, projectOf } from './project-of.js';
import type { GlobalOptions } from './stagelock.js';

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
  show(found.locks, { host, now: new Date(), configFile: project.file });
  if (found.locks.some((lock) => lock.name === 'update' && build.role === 'primary')) {
    process.stdout.write(
      `  The update was interrupted: ${build.source} may be half changed. See git -C ${build.source} status\n`,
    );
  }
  if (found.kind === 'needs-force' && !force) {
    throw new Refusal(
      EXIT.held,
      `${build.name}: left as it is:\n  ${found.reasons.join('\n  ')}\n  --force clears it all the same`,
    );
  }
  if (!yes && !(await confirmed(`Remove these ${found.locks.length} locks? [y/N] `))) {
    throw new Refusal(EXIT.failed, `${build.name}: left as it is`);
  }
  const cleared = await clearLocks(build, found.locks);
  if (cleared.kind === 'section-busy') {
    const holder = describeHolder(cleared.holder, Date.now());
    throw new Refusal(EXIT.held, `${build.name}: left as it is, because ${cleared.path} could not be had: ${holder}`);
  }
  for (const path of cleared.paths) process.stdout.write(`removed ${path}\n`);
  for (const path of cleared.changed) process.stdout.write(`left ${path}: it has changed hands meanwhile\n`);
}

function show(locks: readonly LockStatus[], context: MessageContext): void {
  for (const lock of locks) {
    process.stdout.write(`${describeLock(lock, context).join('\n')}\n`);
    const log = lock.record?.logFile;
    const tail = log === undefined ? [] : tailOf(log, LOG_LINES);
    for (const line of tail) process.stdout.write(`    | ${line}\n`);
  }
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Refusal(EXIT.usage, 'there is nobody to ask here; say --yes after a look');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
