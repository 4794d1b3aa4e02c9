import { shown } from '../text/shown.js';
import type { Build, Project } from './project.js';
import { didYouMean } from './suggestion.js';

/** The build that a command is about, or a sentence that says which there are. */
export type Choice =
  | { readonly kind: 'chosen'; readonly build: Build }
  | { readonly kind: 'ambiguous'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** The build called `name`, or the only one of the project when no name is given. */
export function chooseBuild(project: Project, name?: string): Choice {
  const names = [...project.builds.keys()];
  const which = `${project.file} defines ${names.join(', ')}`;
  if (name !== undefined) {
    const build = project.builds.get(name);
    if (build !== undefined) return { kind: 'chosen', build };
    return { kind: 'unknown', message: `there is no build "${shown(name, 80)}"${didYouMean(name, names)} (${which})` };
  }
  const [first, ...others] = project.builds.values();
  if (first !== undefined && others.length === 0) return { kind: 'chosen', build: first };
  return { kind: 'ambiguous', message: `say which build is meant: ${which}` };
}
