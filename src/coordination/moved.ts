import { object, oneOf, parseRecord, recordText, string, type TypeOf, time } from '../records/schema.js';
import { shown } from '../text/shown.js';

/** That a project has moved to files, and who has moved it. */
const MOVED = object({
  format: oneOf(1),
  by: string(undefined, 255),
  host: string(undefined, 255),
  /** ISO 8601, UTC. */
  since: time,
});
export type Moved = Omit<TypeOf<typeof MOVED>, 'format'>;

export function movedText(moved: Moved): string {
  return recordText(MOVED, { format: 1, ...moved });
}

/** For a person on a host whose configuration still has the table `[coordination]`. */
export function describeMoved(text: string): string {
  const moved = parseRecord(MOVED, text);
  const who =
    moved === undefined
      ? ''
      : ` by ${shown(moved.by, 64)} on ${shown(moved.host, 255)} at ${new Date(moved.since).toISOString()}`;
  return [
    `the project has moved from etcd to files${who}`,
    'Remove [coordination] from the configuration of this host, too, or move the project back: stagelock migrate --to etcd',
  ].join('\n');
}
