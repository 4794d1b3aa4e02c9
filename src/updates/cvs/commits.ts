import type { Change, ChangedFile } from '../record.js';
import type { FileRevision } from './log.js';

/** A revision of a file of the checkout. */
export type PathRevision = FileRevision & { readonly path: string };

/** A file before and after; undefined where it was not, or is no more. */
export interface Step {
  readonly path: string;
  readonly prior: string | undefined;
  readonly revision: string | undefined;
}

/**
 * The commits that revisions of files belong to, oldest first. CVS commits file by file and keeps no list: revisions of
 * one commit have the same id, or else the same author and message.
 */
export function commitsOf(revisions: readonly PathRevision[], steps: ReadonlyMap<string, Step>): Change[] {
  const groups = new Map<string, [PathRevision, ...PathRevision[]]>();
  for (const revision of revisions.toSorted((a, b) => compare(a.date, b.date) || compare(a.path, b.path))) {
    const key = revision.commit ?? JSON.stringify([revision.author, revision.date, revision.log]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [revision]);
    else group.push(revision);
  }
  return [...groups].map(([key, group]) => toChange(key, group, steps));
}

/** What happened to files of which the repository tells nothing. */
export function withoutLog(revision: string, steps: readonly Step[]): Change {
  const files = steps.map(({ path, prior, revision: present }): ChangedFile => {
    const status = present === undefined ? 'deleted' : prior === undefined ? 'added' : 'modified';
    const numbers = {
      ...(present === undefined ? {} : { revision: present }),
      ...(prior === undefined ? {} : { prior }),
    };
    return { path, status, ...numbers };
  });
  const unknown = { author: '', email: '', date: '', committer: '', committerEmail: '', committedDate: '' };
  return { revision, ...unknown, log: '', files };
}

function toChange(
  key: string,
  group: readonly [PathRevision, ...PathRevision[]],
  steps: ReadonlyMap<string, Step>,
): Change {
  const [{ author, date, log }] = group;
  const files = group.map((of): ChangedFile => {
    const prior = steps.get(of.path)?.prior;
    const status = of.dead ? 'deleted' : prior === undefined ? 'added' : 'modified';
    return { path: of.path, status, revision: of.revision, ...(prior === undefined ? {} : { prior }) };
  });
  return { revision: key, author, email: '', date, committer: '', committerEmail: '', committedDate: '', log, files };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
