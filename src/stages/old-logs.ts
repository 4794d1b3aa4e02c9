import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { tagsOfFailedRuns } from './failed-run.js';
import { stageFileName, UPDATE } from './names.js';
import { layoutOf } from './temporary.js';

/** In one run, so that the first one beside 100,000 logs keeps no other build waiting. */
const MOST_REMOVED = 2000;

/** `LastBuild_20020131-1121.log`; runs of one minute share it. */
const LOG_NAME = /^Last([A-Z][a-z0-9_-]*)_(\d{8}-\d{4})\.log$/;

/**
 * Removes the old logs of a build: of each of its stages those beyond the newest ones, unless their run failed
 * and what failed in it is still known. Logs of other names, of stages that the configuration does not have any more too, are not ours to
 * judge.
 *
 * The run holds the lock of the build, so no log of a run in progress is old; who dies in between leaves the rest to the next run.
 *
 * @throws the system's error
 */
export function removeOldLogs(build: Build): void {
  const { temporary } = layoutOf(build.directory);
  const old = oldLogs(namesIn(temporary), build, tagsOfFailedRuns(build.directory));
  for (const name of old.slice(0, MOST_REMOVED)) {
    const path = join(temporary, name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) removeIfThere(path);
  }
}

/** Those of the names that are of old logs, oldest first. @param failed the tags of runs whose logs stay */
export function oldLogs(names: readonly string[], { stages, keepLogs }: Build, failed: ReadonlySet<string>): string[] {
  const known = new Set([UPDATE, 'submit', ...stages.map(({ name }) => name)].map(stageFileName));
  const byStage = new Map<string, { readonly name: string; readonly tag: string }[]>();
  for (const name of names) {
    const [, stage = '', tag = ''] = LOG_NAME.exec(name) ?? [];
    if (!known.has(stage)) continue;
    const logs = byStage.get(stage) ?? [];
    logs.push({ name, tag });
    byStage.set(stage, logs);
  }
  return [...byStage.values()]
    .flatMap((logs) => logs.sort((a, b) => (a.tag < b.tag ? -1 : 1)).slice(0, -keepLogs))
    .filter(({ tag }) => !failed.has(tag))
    .sort((a, b) => (`${a.tag}${a.name}` < `${b.tag}${b.name}` ? -1 : 1))
    .map(({ name }) => name);
}
