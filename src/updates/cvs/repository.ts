import { join } from 'node:path';
import { readRegularFile } from '../../locks/index.js';
import type { Failed } from '../version-control.js';

/** Where the files of a checkout lie in the repository. */
export interface RepositoryPlace {
  readonly kind: 'place';
  /** The directory of the repository on its server. */
  readonly root: string;
  /** Below it, without a slash at the end. */
  readonly module: string;
}

/** Reads `CVS/Root` and `CVS/Repository`, of which the second may also be an absolute path. */
export function repositoryOf(source: string): RepositoryPlace | Failed {
  const root = readRegularFile(join(source, 'CVS', 'Root'))?.trim();
  const repository = readRegularFile(join(source, 'CVS', 'Repository'))?.trim();
  if (!root || !repository) return { kind: 'failed', message: `${source}: CVS/Root or CVS/Repository is missing` };
  // `:ext:user@host:/path`, `:pserver:user@host:2401/path`, `/path`
  const path = root.slice(Math.max(0, root.indexOf('/'))).replace(/\/+$/, '');
  const module = repository.startsWith(`${path}/`) ? repository.slice(path.length + 1) : repository;
  return { kind: 'place', root: path, module: module.replace(/\/+$/, '') };
}

/** The path in the checkout of what the log calls `/path/module/Attic/a.c,v`; undefined when it is none of it. */
export function pathIn({ root, module }: RepositoryPlace, file: string): string | undefined {
  const name = file.replace(/,v$/, '').replace(/\/Attic(?=\/[^/]*$)/, '');
  const prefix = `${root}/${module}/`;
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  const at = name.indexOf(`/${module}/`); // a server that knows its root by another name
  return at < 0 ? undefined : name.slice(at + module.length + 2);
}
