import { accessSync, constants, statSync } from 'node:fs';

/** Whether this may be run, whoever runs it. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
