import { parseProject } from '../../src/config/load.js';
import { formatProblem } from '../../src/config/problem.js';
import type { Project } from '../../src/config/project.js';

const FILE = '/etc/ci/stagelock.toml';

/** The project of a text that must be right. */
export function load(text: string): Project {
  const loaded = parseProject(text, FILE, { hostname: 'host' });
  if (loaded.kind === 'loaded') return loaded.project;
  throw new Error(loaded.problems.map(formatProblem).join('\n'));
}

/** The problems of a text as `LINE: KEY: MESSAGE`, without the name of the file. */
export function problems(text: string): string[] {
  const loaded = parseProject(text, FILE, { hostname: 'host' });
  return loaded.kind === 'loaded'
    ? []
    : loaded.problems.map((problem) => formatProblem(problem).slice(FILE.length + 1));
}
