import { lastNightlyStart, type NightlyStart } from '../config/nightly-start.js';
import type { Model } from '../config/project.js';

/** When a run counts as begun, and the names that Dart and CTest derive from it. */
export interface Buildstamp {
  /** `YYYYMMDD-HHMM`, UTC: the directory below `Testing`, and the first line of `Testing/TAG`. */
  readonly tag: string;
  readonly model: Model;
  /** `YYYYMMDD-HHMM-Model`, how a dashboard tells builds apart. */
  readonly text: string;
  /** The nightly start of a Nightly run: all of one night build the source as it was then. */
  readonly asOf: Date | undefined;
}

/**
 * The buildstamp of a run. All Nightly runs of one night share theirs: it is the last time the nightly start came by,
 * as CTest reckons.
 *
 * @param nightlyStart of a Nightly run, one that could be read
 */
export function buildstampOf(model: Model, now: Date, nightlyStart: NightlyStart): Buildstamp {
  const asOf = model === 'Nightly' ? nightOf(now, nightlyStart) : undefined;
  const tag = formatTag(asOf ?? now);
  return { tag, model, text: `${tag}-${model}`, asOf };
}

/**
 * The three lines of `Testing/TAG`, as CTest writes them: tag, group and model. The group is what dashboards see. Of the
 * model Continuous, `ctest -T Build` and the like do nothing at all and succeed unless the same ctest has found an update;
 * here the update was another stage's, so that model does not matter.
 */
export function tagFileText({ tag, model }: Buildstamp): string {
  return `${tag}\n${model}\n${model === 'Continuous' ? 'Experimental' : model}\n`;
}

function formatTag(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().split('T');
  return `${date.replaceAll('-', '')}-${clock.slice(0, 2)}${clock.slice(3, 5)}`;
}

function nightOf(now: Date, start: NightlyStart): Date {
  if (start.kind === 'unreadable') throw new Error(`not a nightly start time: ${JSON.stringify(start.text)}`);
  return lastNightlyStart(now, start);
}

/** `20020131-1121` of `20020131-1121-Nightly`; undefined of a text that is no buildstamp. It can be part of a path. */
export function tagOf(stamp: string): string | undefined {
  return /^\d{8}-\d{4}(?=-)/.exec(stamp)?.[0];
}
