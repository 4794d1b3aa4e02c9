import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the file is that scripts of `ctest -S` include to run as a stage, see docs/ctest.md. Undefined where it was not installed. */
export function dashboardModule(): string | undefined {
  // From src/stages, from the bundled programs, and from the chunks of these, one directory below.
  return ['../../config/dashboard.cmake', '../config/dashboard.cmake']
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path));
}
