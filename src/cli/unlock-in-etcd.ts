import type { Coordination, Project } from '../config/project.js';
import { userName } from '../host/user-name.js';
import { clearInEtcd, locksInEtcd } from '../stages/locks-in-etcd.js';
import { describeLock, type MessageContext, unlockCommand } from '../stages/messages.js';
import type { LockStatus } from '../stages/status.js';
import { shown } from '../text/shown.js';
import { confirmRemoval } from './confirmed-removal.js';
import { EXIT, Refusal } from './exit.js';

/** How `unlock` goes about it. */
export interface Unlocking {
  readonly yes: boolean;
  readonly force: boolean;
}

/**
 * Clears the locks that a build of this host or another one has left in etcd.
 *
 * @returns false when there are none
 * @throws Refusal when they stay
 */
export async function unlockInEtcd(
  project: Project,
  coordination: Coordination,
  build: string,
  context: MessageContext,
  { yes, force }: Unlocking,
): Promise<boolean> {
  const seen = await locksInEtcd(coordination, build);
  if (seen.kind === 'away') {
    throw new Refusal(EXIT.held, `${build}: its locks in etcd could not be looked at: ${shown(seen.message)}`);
  }
  const { locks } = seen;
  if (locks.length === 0) return false;
  for (const lock of locks) process.stdout.write(`${describeLock(lock, context).join('\n')}\n`);
  const living = locks.filter(({ judgement }) => judgement.fate !== 'dead');
  if (living.length > 0 && !force) throw new Refusal(EXIT.held, whyNot(build, living));
  const command = `${unlockCommand(build, { configFile: project.file })} --yes${force ? ' --force' : ''}`;
  await confirmRemoval({ build, what: locks.length, yes, command });
  const cleared = await clearInEtcd(coordination, build, locks, `${userName()} on ${coordination.host}`);
  if (cleared.kind === 'away') {
    throw new Refusal(EXIT.held, `${build}: it is unknown whether its locks were removed: ${shown(cleared.message)}`);
  }
  if (cleared.kind === 'changed') {
    throw new Refusal(EXIT.held, `${build}: left as it is, because one of these locks has a new owner by now`);
  }
  for (const { path } of locks) process.stdout.write(`removed ${shown(path)}\n`);
  return true;
}

function whyNot(build: string, living: readonly LockStatus[]): string {
  const hosts = [...new Set(living.flatMap(({ record }) => record?.host ?? []))];
  return [
    `${build}: left as it is:`,
    ...living.map(({ path, judgement }) => `  ${shown(path)}: ${judgement.fate}: ${judgement.why}`),
    ...(hosts.length === 0
      ? []
      : [`  To end what runs there, on ${hosts.map((host) => shown(host)).join(' and on ')}: stagelock kill ${build}`]),
    '  --force clears them anyway; the run then ends by itself and records nothing.',
  ].join('\n');
}
