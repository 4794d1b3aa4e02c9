/* The addresses of the pages. Each part is encoded, so that no name of a build leads elsewhere. */

/** @param slug of a project */
export function projectPath(slug: string, ...parts: readonly string[]): string {
  return `/${['p', slug, ...parts].map(encodeURIComponent).join('/')}`;
}

export function buildPath(slug: string, build: string): string {
  return projectPath(slug, 'builds', build);
}

export function runPath(slug: string, build: string, run: string): string {
  return projectPath(slug, 'builds', build, 'runs', run);
}

export function logPath(slug: string, build: string, run: string, stage: string): string {
  return projectPath(slug, 'builds', build, 'runs', run, 'log', stage);
}

/** Of a build of another host. */
export function hostBuildPath(slug: string, build: string): string {
  return projectPath(slug, 'hosts', build);
}

export function endPath(slug: string, build: string, run: string): string {
  return projectPath(slug, 'hosts', build, 'runs', run);
}
