import { hostname } from 'node:os';
import { loadProject } from '../config/load.js';
import { formatProblem } from '../config/problem.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import { EXIT } from './exit.js';
import { configFileOf, type GlobalOptions } from './project-of.js';

/** `stagelock check` */
export function checkCommand(options: GlobalOptions, { json = false }: { readonly json?: boolean }): void {
  const file = configFileOf(options);
  const loaded = loadProject(file, { hostname: hostname() });
  const problems = loaded.kind === 'invalid' ? loaded.problems : [];
  if (json) {
    process.stdout.write(`${jsonText({ file, problems }, 2)}\n`);
  } else if (loaded.kind === 'loaded') {
    const builds = [...loaded.project.builds.values()].map((build) => `${build.name} (${build.role})`);
    process.stdout.write(`${shown(file)}: good; ${builds.join(', ')}\n`);
  } else {
    for (const problem of problems) process.stderr.write(`${shown(formatProblem(problem))}\n`);
  }
  if (problems.length > 0) process.exitCode = EXIT.usage;
}
