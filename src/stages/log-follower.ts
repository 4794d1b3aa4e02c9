import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { tagOf } from './buildstamp.js';
import { GrowingLog } from './growing-log.js';
import { RUNNING, UPDATE } from './names.js';
import { readStageLock } from './stage-lock.js';
import { layoutOf, logFileOf } from './temporary.js';

/** What a stage has written since the last look: whole lines, raw. */
export interface LogPiece {
  readonly stage: string;
  readonly text: string;
}

/** What is shown of a stage that is at work when the follower begins, in bytes. */
const FIRST = 8 * 1024;

/**
 * Follows the logs of the run of a build that is in progress, started by cron or a person. Looks by name at the files of its stages, which come
 * one after the other, so that no stage is missed that begins and ends between two looks.
 */
export class LogFollower {
  /** The id of the run that is followed. */
  readonly run: string;
  readonly #running: string;
  readonly #logs: readonly { readonly stage: string; readonly log: GrowingLog }[];

  private constructor(build: Build, run: string, tag: string) {
    const layout = layoutOf(build.directory);
    this.run = run;
    this.#running = join(layout.temporary, RUNNING);
    const logs = [UPDATE, ...build.stages.map(({ name }) => name)].map((stage) => {
      const path = logFileOf(layout, stage, tag);
      return { stage, path, size: lstatSync(path, { throwIfNoEntry: false })?.size ?? 0 };
    });
    const present = logs.findLastIndex(({ size }) => size > 0);
    this.#logs = logs.map(({ stage, path, size }, index) => {
      const from = index === present ? Math.max(0, size - FIRST) : size;
      return { stage, log: new GrowingLog(build, path, from) };
    });
  }

  /** @returns undefined when no run of the build is in progress */
  static of(build: Build): LogFollower | undefined {
    const record = readStageLock(join(layoutOf(build.directory).temporary, RUNNING))?.record;
    const tag = record === undefined ? undefined : tagOf(record.buildstamp);
    return record === undefined || tag === undefined ? undefined : new LogFollower(build, record.run, tag);
  }

  /** Whether the run has ended. To be asked before {@link read}: what was written until then is read after that. */
  isOver(): boolean {
    const lock = readStageLock(this.#running);
    return lock === undefined || (lock.record !== undefined && lock.record.run !== this.run);
  }

  /** What is new since the last call, of the first stage that has something; empty when none has. */
  read(): LogPiece | undefined {
    for (const { stage, log } of this.#logs) {
      const text = log.next();
      if (text !== '') return { stage, text };
    }
    return undefined;
  }

  /** What is left when the run is over: last lines without an end. Nothing can be read any more then. */
  *rest(): Generator<LogPiece> {
    for (const { stage, log } of this.#logs) for (const text of log.rest()) yield { stage, text };
  }
}
