import type { XmlListener } from '../../xml/events.js';
import type { Change, ChangedFile } from '../record.js';

/**
 * Reads the elements of `svn log --xml --verbose` into changes, in the order of the log.
 *
 * @param base the path of the working copy in its repository; what lies outside is left out, and a revision that has
 *   nothing inside is no change of it
 */
export function logListener(base: string, changes: Change[]): XmlListener {
  let revision = '';
  let author = '';
  let date = '';
  let log = '';
  let files: ChangedFile[] = [];
  let attributes: Readonly<Record<string, string>> = {};
  return {
    open: (name, found) => {
      if (name === 'logentry') {
        revision = found['revision'] ?? '';
        [author, date, log, files] = ['', '', '', []];
      }
      if (name === 'path') attributes = found;
    },
    close: (name, text) => {
      if (name === 'author') author = text;
      if (name === 'date') date = text;
      if (name === 'msg') log = text;
      if (name === 'path') files.push(...fileOf(text, attributes, base));
      if (name === 'logentry' && files.length > 0) {
        files.sort((a, b) => (a.path < b.path ? -1 : 1));
        const unknown = { email: '', committer: '', committerEmail: '', committedDate: '' };
        changes.push({ revision, author, date, log, files, ...unknown });
      }
    },
  };
}

function fileOf(text: string, attributes: Readonly<Record<string, string>>, base: string): ChangedFile[] {
  // An external may be one file, whose path is the base itself.
  if (text === base && base !== '') return attributes['kind'] === 'file' ? [{ path: '', status: 'modified' }] : [];
  if (!text.startsWith(`${base}/`) || text === `${base}/`) return [];
  const path = text.slice(base.length + 1);
  const from = attributes['copyfrom-path'];
  // The old name of a moved file is a path of its own in the log, which says that it was deleted.
  if (from !== undefined) {
    return [{ path, status: 'copied', oldPath: from.startsWith(`${base}/`) ? from.slice(base.length + 1) : from }];
  }
  const kinds = { A: 'added', D: 'deleted' } as const;
  return [{ path, status: kinds[attributes['action'] as keyof typeof kinds] ?? 'modified' }];
}
