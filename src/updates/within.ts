/** Finds the innermost of some directories that a path is, or is in. */
export function rootFinder(roots: readonly string[]): (path: string) => string | undefined {
  const known = new Set(roots);
  return (path) => {
    for (let at = path; known.size > 0; at = at.slice(0, at.lastIndexOf('/'))) {
      if (known.has(at)) return at;
      if (!at.includes('/')) return undefined;
    }
    return undefined;
  };
}

/** Those of some paths that are in none of the others: what is done to a directory is done to what is in it. */
export function outermost(paths: readonly string[]): string[] {
  const within = rootFinder(paths);
  return paths.filter((path) => !path.includes('/') || within(path.slice(0, path.lastIndexOf('/'))) === undefined);
}
