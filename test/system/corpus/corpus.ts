import { BUILDS } from './builds.js';
import { CONFIGURATIONS } from './configurations.js';
import type { Entry } from './entry.js';
import { TESTS } from './tests.js';
import { GIT_UPDATES, OTHER_UPDATES } from './updates.js';
import { ZONES } from './zones.js';

export const CORPUS: Readonly<Record<string, readonly Entry[]>> = {
  Nights: ZONES,
  Configurations: CONFIGURATIONS,
  'Updates from git': GIT_UPDATES,
  'Updates from other systems': OTHER_UPDATES,
  Builds: BUILDS,
  Tests: TESTS,
};
