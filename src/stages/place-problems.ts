import { relative } from 'node:path';
import { type Problem, pathText } from '../config/problem.js';
import type { Build, Project } from '../config/project.js';
import { real } from '../config/work-tree.js';
import { directoryProblem } from '../processes/directory-problem.js';

/** What is wrong with where the sources and build directories of a project are. */
export function placeProblems({ file, builds }: Project): Problem[] {
  return [...builds.values()].flatMap((build) => {
    const path = (key: string): string => pathText(['builds', build.name, key]);
    const source = build.role === 'primary' ? sourceProblem(build) : undefined;
    const directory = buildDirectoryProblem(build);
    return [
      ...(source === undefined ? [] : [{ file, path: path('source'), message: source }]),
      ...(directory === undefined ? [] : [{ file, path: path('directory'), message: directory }]),
    ];
  });
}

function sourceProblem({ source }: Build): string | undefined {
  switch (directoryProblem(source)) {
    case 'absent':
      return `there is no source at ${source}; check it out`;
    case 'no-directory':
      return `the source ${source} is not a directory`;
    case 'closed':
      return `there is no permission to enter the source ${source}`;
    case undefined:
      return undefined;
  }
}

function buildDirectoryProblem({ directory, source }: Build): string | undefined {
  if (directoryProblem(directory) === 'no-directory') return `the build directory ${directory} is a file`;
  const [build, tree] = [real(directory), real(source)];
  if (build === tree)
    return `the build directory is the source ${source}; updates would collide with what builds leave there`;
  const way = relative(build, tree);
  if (way !== '..' && !way.startsWith('../')) {
    return `the build directory ${directory} contains the source ${source}; clearing the build would delete the source`;
  }
  return undefined;
}
