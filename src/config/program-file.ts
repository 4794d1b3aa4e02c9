import { accessSync, constants, statSync } from 'node:fs';

/** Whether some user may run this file. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
