import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn } from '../files/directory-entries.js';
import type { Host } from '../host/host.js';
import { recordOf } from '../host/process-fate.js';
import type { Judgement } from '../locks/index.js';
import { ifRight, integer, object, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { judgeRun } from '../stages/fate.js';

/*
 * The schedulers of a project, one for each host at most, which its lock sees to. Beside that stands a file, so that others
 * can say who they are:
 *
 *     scheduler.<host>.json
 */

/** A scheduler, as its file says. */
const INSTANCE = object({
  host: string(),
  pid: integer(),
  processStart: ifRight(integer()),
  bootId: ifRight(string()),
  /** ISO 8601 */
  since: string(),
});
export type Instance = TypeOf<typeof INSTANCE>;

/** What became of it. */
export type InstanceStatus = Instance & {
  readonly judgement: Judgement;
};

const FILE = /^scheduler\.[A-Za-z0-9._-]+\.json$/;

/** What its lock protects; a container's host has a slash in its name. */
export function instanceName({ name }: Pick<Host, 'name'>): string {
  return `scheduler.${name.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`;
}

/** @throws the system's error */
export function announce(state: string, host: Host, now: Date): void {
  const instance: Instance = { host: host.name, ...recordOf(host.pid, host), since: now.toISOString() };
  replaceAtomically(join(state, `${instanceName(host)}.json`), recordText(INSTANCE, instance, 2));
}

/** It has ended as it should; one that died leaves its file, as a sign of that. */
export function withdraw(state: string, host: Host): void {
  rmSync(join(state, `${instanceName(host)}.json`), { force: true });
}

/** The schedulers of a project, running or dead. @throws the system's error */
export function instances(state: string, host: Host): InstanceStatus[] {
  return namesIn(state)
    .filter((name) => FILE.test(name))
    .flatMap((name) => readInstance(join(state, name)) ?? [])
    .map((instance) => ({ ...instance, judgement: judgeRun(instance, host) }));
}

function readInstance(path: string): Instance | undefined {
  try {
    return parseRecord(INSTANCE, readRegularFile(path, 4096) ?? '');
  } catch {
    return undefined;
  }
}
