import { accessSync, constants, statSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';

/** Why a program cannot be started in a directory; undefined when it can. spawn(2) blames the program in each of these cases. */
export function directoryProblem(path: string): 'absent' | 'no-directory' | 'closed' | undefined {
  try {
    if (!statSync(path).isDirectory()) return 'no-directory';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    if (code === 'EACCES') return 'closed';
    throw error;
  }
}
