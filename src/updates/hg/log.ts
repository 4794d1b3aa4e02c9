import type { Change, ChangedFile } from '../record.js';
import { decodeText } from '../text.js';

/**
 * The template of `hg log` that {@link readLog} understands. A message and a name hold no NUL, and a path neither NUL nor
 * a line end, so nothing in it can be confused. Copies come as two paths of the same list, the new one first.
 */
export const LOG_TEMPLATE = [
  '{node}\\0{author|person}\\0{author|email}\\0{date|rfc3339date}\\0{desc}\\0',
  '{join(file_mods, "\\n")}\\0{join(file_adds, "\\n")}\\0{join(file_dels, "\\n")}\\0',
  '{join(file_copies % "{name}\\n{source}", "\\n")}\\0',
].join('');

const FIELDS = 9;

/** The changes that `hg log` wrote with {@link LOG_TEMPLATE}. @throws when that was cut off */
export function readLog(bytes: Buffer): Change[] {
  const fields = fieldsOf(bytes);
  if (fields.length % FIELDS !== 0) throw new Error('cannot read what hg log wrote: it was cut off');
  const changes: Change[] = [];
  for (let at = 0; at < fields.length; at += FIELDS) changes.push(toChange(fields.slice(at, at + FIELDS)));
  return changes;
}

function fieldsOf(bytes: Buffer): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    fields.push(decodeText(bytes.subarray(start, end)));
    start = end + 1;
  }
  if (start < bytes.length) throw new Error('cannot read what hg log wrote: it was cut off');
  return fields;
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
