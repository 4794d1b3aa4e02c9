import { configFileOf, type GlobalOptions } from './project-of.js';
import { loadTrusted } from './trusted-configuration.js';

/**
 * `stagelock complete-builds`: the names that a shell offers for a build, one a line. Whatever is wrong says nothing: it would
 * appear in the middle of the command that is being typed.
 */
export function completeBuilds(options: GlobalOptions): void {
  for (const name of namesOf(options)) process.stdout.write(`${name}\n`);
}

function namesOf(options: GlobalOptions): Iterable<string> {
  try {
    const loaded = loadTrusted(configFileOf(options));
    return loaded.kind === 'loaded' ? loaded.project.builds.keys() : [];
  } catch {
    return [];
  }
}
