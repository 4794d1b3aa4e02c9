import type { Change, ChangedFile } from '../record.js';
import { decodeText } from '../text.js';
import type { Row } from './command.js';

/**
 * The templates of `hg log` that {@link readLog} understands. A message and a name hold no NUL, and a path neither NUL nor
 * a line end, so nothing in it can be confused. Copies come as two paths of the same list, the new one first.
 */
export const LOG_FIELDS = [
  '{node}',
  '{author|person}',
  '{author|email}',
  '{date|rfc3339date}',
  '{desc}',
  '{join(file_mods, "\\n")}',
  '{join(file_adds, "\\n")}',
  '{join(file_dels, "\\n")}',
  '{join(file_copies % "{name}\\n{source}", "\\n")}',
];

/** The changes that `hg log` wrote with {@link LOG_FIELDS}. */
export function readLog(rows: readonly Row[]): Change[] {
  return rows.map((row) => toChange(row.map(decodeText)));
}

function toChange(fields: readonly string[]): Change {
  const [revision = '', author = '', email = '', date = '', log = '', ...lists] = fields;
  const [modified = [], added = [], deleted = [], copied = []] = lists.map((list) =>
    list === '' ? [] : list.split('\n'),
  );
  const sources = new Map<string, string>();
  for (let at = 0; at + 1 < copied.length; at += 2) sources.set(copied[at] ?? '', copied[at + 1] ?? '');
  // The old name of a renamed file is among the deleted ones.
  const withSource = (path: string, status: ChangedFile['status']): ChangedFile => {
    const oldPath = sources.get(path);
    return oldPath === undefined ? { path, status } : { path, status: 'copied', oldPath };
  };
  const files = [
    ...modified.map((path) => withSource(path, 'modified')),
    ...added.map((path) => withSource(path, 'added')),
    ...deleted.map((path): ChangedFile => ({ path, status: 'deleted' })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { revision, author, email, date, committer: '', committerEmail: '', committedDate: '', log, files };
}
