import type { Change, ChangedFile } from '../record.js';
import { decodeText } from '../text.js';

/**
 * What `git log -z --name-status` has to be given for `logReader`. Nothing in it can be confused, whatever a commit
 * holds: neither messages nor names nor paths can contain NUL, the number of fields is fixed, and where a new commit or
 * a file may follow, the word `commit` is no status letter.
 */
export const LOG_FORMAT = '--format=commit%x00%H%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B';

const FIELDS = 8;

/** Reads the log as it comes; `push` takes any pieces of it. */
export interface LogReader {
  push(chunk: Buffer): void;
  /**
   * All commits, in the order of the log.
   *
   * @throws when the log was cut off or is not of `LOG_FORMAT`: git is then not the git this was written for
   */
  end(): Change[];
}

/** A reader for the output of `git log -z --name-status` with `LOG_FORMAT`. */
export function logReader(): LogReader {
  const changes: Change[] = [];
  let rest: Buffer[] = [];
  let fields: string[] | undefined;
  let files: ChangedFile[] = [];
  let status: string | undefined;
  let oldPath: string | undefined;

  function token(bytes: Buffer): void {
    if (fields && fields.length < FIELDS) {
      fields.push(decodeText(bytes));
      if (fields.length === FIELDS) changes.push(toChange(fields, files));
    } else if (status !== undefined) {
      path(decodeText(bytes), status);
    } else {
      // git writes one line end between a message and the first file.
      const word = bytes.toString('latin1').replace(/^\n/, '');
      if (word === 'commit') {
        fields = [];
        files = [];
      } else if (fields && /^[A-Z]\d*$/.test(word)) status = word;
      else if (word !== '') throw unexpected(word);
    }
  }

  function path(name: string, letter: string): void {
    if (/^[RC]/.test(letter) && oldPath === undefined) {
      oldPath = name;
      return;
    }
    files.push(toFile(letter, name, oldPath));
    status = undefined;
    oldPath = undefined;
  }

  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
        const piece = chunk.subarray(start, end);
        token(rest.length === 0 ? piece : Buffer.concat([...rest, piece]));
        rest = [];
        start = end + 1;
      }
      if (start < chunk.length) rest.push(Buffer.from(chunk.subarray(start)));
    },
    end() {
      const left = Buffer.concat(rest).toString('latin1').trim();
      if (left !== '' || status !== undefined || (fields && fields.length < FIELDS)) throw unexpected(`${left} (end)`);
      return changes;
    },
  };
}

function toChange(fields: readonly string[], files: readonly ChangedFile[]): Change {
  const [revision = '', author = '', email = '', date = '', ...rest] = fields;
  const [committer = '', committerEmail = '', committedDate = '', log = ''] = rest;
  return { revision, author, email, date, committer, committerEmail, committedDate, log, files };
}

function toFile(status: string, path: string, oldPath: string | undefined): ChangedFile {
  const kinds = { A: 'added', D: 'deleted', R: 'renamed', C: 'copied', T: 'type-changed' } as const;
  const kind = kinds[status.charAt(0) as keyof typeof kinds] ?? 'modified';
  return oldPath === undefined ? { path, status: kind } : { path, status: kind, oldPath };
}

function unexpected(token: string): Error {
  return new Error(`cannot read what git log wrote, at ${JSON.stringify(token.slice(0, 200))}`);
}
