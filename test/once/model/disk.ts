import { accessSync, constants, lstatSync, readlinkSync } from 'node:fs';
import { errorCode } from '../../../src/host/error-code.js';
import type { Entry, Look } from './lookup.js';

/** Looks at the disk, once at each path: a judgement sees one moment of it, or an earlier one. */
export function lookAtDisk(): Look {
  const seen = new Map<string, Entry>();
  return (path) => {
    const known = seen.get(path) ?? entryAt(path);
    seen.set(path, known);
    return known;
  };
}

function entryAt(latin1: string): Entry {
  const path = Buffer.from(latin1, 'latin1');
  try {
    const found = lstatSync(path, { bigint: true });
    const changed = found.ctimeNs;
    if (found.isFile()) {
      // What its maker may read, another user may not.
      accessSync(path, constants.R_OK);
      return { kind: 'file', changed };
    }
    if (found.isDirectory()) return { kind: 'directory', changed };
    if (found.isSymbolicLink()) return { kind: 'link', changed, to: readlinkSync(path, 'latin1') };
    return { kind: 'other', changed };
  } catch (error) {
    const code = errorCode(error);
    return { kind: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unclear' };
  }
}
