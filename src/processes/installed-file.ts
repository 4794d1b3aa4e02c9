import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Where a file of this installation is; undefined where it is not, or not with that access.
 *
 * @param path from the top of the package
 * @param access of node:fs, as `constants.X_OK`
 */
export function installedFile(path: string, access: number = constants.R_OK): string | undefined {
  // From the bundled programs; from their chunks, or from src/processes.
  return [`../${path}`, `../../${path}`]
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((file) => {
      try {
        accessSync(file, access);
        return true;
      } catch {
        return false;
      }
    });
}
