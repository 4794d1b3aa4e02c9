import { readFileSync } from 'node:fs';
import { look } from '../look.js';
import { decodeText } from '../text.js';
import { inSource } from './place.js';

/** Where the files of a directory lie. */
export interface RepositoryPlace {
  /** As CVS names it: `/path`, `:ext:user@host:/path`, `:pserver:user@host:2401/path`. */
  readonly root: string;
  /** The directory below it, without slashes around it; empty for all of the repository. */
  readonly module: string;
}

/** Reads `CVS/Root` and `CVS/Repository` of a directory, of which the second may also be an absolute path. */
export function readPlace(source: string, directory: Buffer): RepositoryPlace {
  const [root, repository] = ['Root', 'Repository'].map((name) => {
    const file = inSource(
      source,
      Buffer.concat([directory, Buffer.from(`${directory.length === 0 ? '' : '/'}CVS/${name}`)]),
    );
    return look(file)?.isFile() ? decodeText(readFileSync(file)).trim() : '';
  });
  const top = directoryOf(root ?? '');
  const module = repository?.startsWith(`${top}/`) ? repository.slice(top.length + 1) : (repository ?? '');
  return { root: root ?? '', module: module.replace(/^(\.(\/|$))+/, '').replace(/\/+$/, '') };
}

/** The directory of a repository on its host. */
export const directoryOf = (root: string): string => root.slice(Math.max(0, root.indexOf('/'))).replace(/\/+$/, '');

/** Whether a repository is in this file system, and cvs reads it without a server. */
export const isLocal = (root: string): boolean => /^(:local:)?\//.test(root);

/** The place of something in a directory. */
export const repositoryBelow = ({ module }: Pick<RepositoryPlace, 'module'>, name: string): string =>
  module === '' ? name : `${module}/${name}`;
