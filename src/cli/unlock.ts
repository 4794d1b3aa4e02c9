import { lstatSync } from 'node:fs';
import type { Build } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { describeHolder } from '../locks/index.js';
import { tailOfLog } from '../stages/log-tail.js';
import { describeLock, type MessageContext, unlockCommand as unlockCommandLine } from '../stages/messages.js';
import { describeRemnants, killCommand } from '../stages/remnant-text.js';
import { forgetNote, noteOf, readNote } from '../stages/remnants-note.js';
import { sectionFor } from '../stages/section.js';
import type { LockStatus } from '../stages/status.js';
import { type Clearance, clearLocks, examine, temporariesOf } from '../stages/unlock.js';
import { logText } from '../text/log-text.js';
import { shown } from '../text/shown.js';
import { confirmRemoval } from './confirmed-removal.js';
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
  const host = thisHost();
  const context = { host, now: new Date(), configFile: project.file, builds: project.builds };
  const { coordination } = project;
  const inEtcd = async (build: string): Promise<boolean> => {
    if (coordination === undefined) return false;
    const { unlockInEtcd } = await import('./unlock-in-etcd.js');
    return await unlockInEtcd(project, coordination, build, context, { yes, force });
  };
  // A build of another host need not be in the file of this one.
  if (name !== undefined && !project.builds.has(name) && (await inEtcd(name))) return;
  const build = buildOf(project, name);
  const found = examine(build, host);
  if (found.kind === 'nothing-there') {
    if (!(await inEtcd(build.name))) process.stdout.write(`${build.name}: no locks\n`);
    if (force) await forgetRemnants(build, host);
    return;
  }
  show(build, found.locks, context);
  if (found.locks.some((lock) => lock.name === 'update' && build.role === 'primary')) {
    process.stdout.write(
      `  The update was interrupted: ${shown(build.source)} may be half updated. No build uses it until the next run of ${build.name} has repaired it.\n`,
    );
  }
  const hidden = othersOf(found.locks);
  if (hidden.length > 0) {
    process.stdout.write(
      `  Only ${[...hidden.filter((user) => user !== 'root').map((user) => shown(user, 64)), 'root'].join(' and ')} can see whether processes of the dead run are still running: ps -ef\n`,
    );
  }
  if (found.kind === 'needs-force' && !force) throw new Refusal(EXIT.held, whyNot(build, found, context));
  if (force && found.left.length > 0) {
    process.stdout.write('  These processes keep running, and no run starts that they would disturb:\n');
    for (const line of describeRemnants(found.left, context)) process.stdout.write(`${line}\n`);
  }
  const command = `${unlockCommandLine(build.name, context)} --yes${force ? ' --force' : ''}`;
  await confirmRemoval({ build: build.name, what: found.locks.length, yes, command });
  const cleared = await clearLocks(build, found.locks, { left: found.left, host });
  if (cleared.kind === 'section-busy') {
    const holder = describeHolder(cleared.holder, Date.now());
    throw new Refusal(
      EXIT.held,
      `${build.name}: left as it is, because ${shown(cleared.path)} could not be acquired: ${holder}`,
    );
  }
  for (const path of cleared.paths) process.stdout.write(`removed ${shown(path)}\n`);
  for (const path of cleared.changed) process.stdout.write(`left ${shown(path)}: it has a new owner by now\n`);
  await inEtcd(build.name);
  if (found.left.length === 0) {
    if (force) await forgetRemnants(build, host);
    return;
  }
  const pids = found.left.map(({ pid }) => pid);
  process.stdout.write(
    `left alive: ${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}. To end what is left of ${build.name}:\n  ${killCommand(build.name, context)}\n`,
  );
}

type Found = Exclude<Clearance, { kind: 'nothing-there' }>;

/** Force is advised only where nothing else helps: when it is another host that is gone. */
function whyNot(build: Build, { owned, left }: Found, context: MessageContext): string {
  const unsure = owned.filter((lock) => lock.judgement.fate === 'unknown');
  const living = owned.filter(
    (lock) => lock.judgement.fate === 'alive' && !left.some(({ pid }) => pid === lock.record?.pid),
  );
  const hosts = [...new Set(unsure.flatMap((lock) => lock.record?.host ?? []))].filter(
    (name) => name !== context.host.name,
  );
  return [
    `${build.name}: left as it is${left.length > 0 ? ', because processes of its run are still alive:' : ':'}`,
    ...describeRemnants(left, context),
    ...[...living, ...unsure].map((lock) => `  ${shown(lock.path)}: ${lock.judgement.fate}: ${lock.judgement.why}`),
    ...(left.length + living.length === 0 ? [] : ['  To end them:', `  ${killCommand(build.name, context)}`]),
    ...hosts.flatMap((name) => [
      `  On ${shown(name)}, to end what runs there:`,
      `  ${killCommand(build.name, context)}`,
    ]),
    ...(unsure.length === 0 ? [] : [`  --force clears it anyway, for a run that is certainly gone`]),
  ].join('\n');
}

/** A person has decided that what a note names is no more, of which only another host could tell. */
async function forgetRemnants(build: Build, host: MessageContext['host']): Promise<void> {
  for (const temporary of temporariesOf(build)) {
    const path = noteOf(temporary, build.name);
    if (readNote(path) === undefined) continue;
    await forgetNote({ temporary, build: build.name }, host, sectionFor(build), 'but for the living');
    process.stdout.write(
      `${readNote(path) === undefined ? 'removed' : 'kept, because processes of this host that it names are alive:'} ${shown(path)}\n`,
    );
  }
}

function show(build: Build, locks: readonly LockStatus[], context: MessageContext): void {
  for (const lock of locks) {
    process.stdout.write(`${describeLock(lock, context).join('\n')}\n`);
    const log = lock.record?.logFile;
    const tail = log === undefined ? undefined : tailOfLog(build, log, LOG_LINES);
    if (tail?.kind === 'refused') process.stdout.write(`    (its end is not shown: ${shown(tail.why)})\n`);
    if (tail?.kind !== 'lines') continue;
    // A bar that was drawn over itself becomes several lines.
    for (const line of tail.lines.flatMap((each) => logText(each).split('\n'))) process.stdout.write(`    | ${line}\n`);
  }
}

/** The users of these locks whose processes we may not look into. */
function othersOf(locks: readonly LockStatus[]): string[] {
  const own = process.getuid?.() ?? 0;
  const others = locks.filter((lock) => own !== 0 && lstatSync(lock.path, { throwIfNoEntry: false })?.uid !== own);
  return [...new Set(others.flatMap((lock) => lock.record?.user ?? []))];
}
