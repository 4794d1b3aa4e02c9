import { readFileSync } from 'node:fs';
import { Locations } from '../config/location.js';
import { type Problem, pathText } from '../config/problem.js';
import type { Project } from '../config/project.js';
import { OWN_FILE, ownsWhatIsAt, projectFiles } from './project-files.js';

/** Problems of a project's watches: those of files that the project writes itself never report a change. */
export function watchProblems(project: Project): Problem[] {
  const { file } = project;
  const files = projectFiles(project);
  const own = [...project.builds.values()].flatMap(({ name, watch }) =>
    watch.flatMap((path, index) =>
      ownsWhatIsAt(path, files) ? [{ path, key: ['builds', name, 'watch', index] }] : [],
    ),
  );
  if (own.length === 0) return [];
  const lines = new Locations(readFileSync(file, 'utf8'));
  return own.map(({ path, key }) => {
    const line = lines.lineOf(key);
    return { file, path: pathText(key), ...(line !== undefined && { line }), message: `${path} ${OWN_FILE}` };
  });
}
