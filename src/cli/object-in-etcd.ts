import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { findConfig } from '../config/load.js';
import type { Coordination } from '../config/project.js';
import { LockError, realDirectoryOf } from '../locks/index.js';
import { IN_ETCD } from '../tables/locks.js';
import { EXIT, Refusal } from './exit.js';
import { projectOf } from './project-of.js';

/** Where the lock of an object is in etcd. */
export interface ObjectInEtcd {
  readonly coordination: Coordination;
  /** The path of the object from the beginning of the tree, which is the same wherever a host has that. */
  readonly name: string;
}

/** Names the beginning of the tree; by default that is the directory of the configuration. */
const TREE = 'CT_LOCK_TREE';

/**
 * What all hosts call an object, and the etcd that they share.
 *
 * @throws LockError when the object has no name that other hosts could know; Refusal without a configuration
 */
export function objectInEtcd(target: string, environment: NodeJS.ProcessEnv): ObjectInEtcd {
  const found = findConfig(process.cwd(), environment['STAGELOCK_CONFIG'] || undefined);
  if (found === undefined) {
    const where = `a stagelock.toml in ${process.cwd()} or above it, or of the file that STAGELOCK_CONFIG names`;
    throw new Refusal(EXIT.usage, `--strategy=${IN_ETCD} needs the table [coordination] of ${where}`);
  }
  const { file, coordination } = projectOf({ config: found });
  if (coordination === undefined)
    throw new LockError(file, `--strategy=${IN_ETCD} needs the table [coordination] in it`);
  const tree = environment[TREE] || dirname(file);
  if (!tree.startsWith('/')) throw new LockError(`${TREE}=${tree}`, 'is not an absolute path; begin it with "/"');
  const name = relative(realDirectory(tree), join(realDirectoryOf(target), basename(target)));
  if (name.startsWith('../')) {
    const why = `is not below ${tree}, from where objects have their names in etcd; set ${TREE} to a directory above it, and to the same one on other hosts`;
    throw new LockError(target, why);
  }
  return { coordination, name };
}

function realDirectory(tree: string): string {
  try {
    return realpathSync.native(tree);
  } catch (error) {
    throw new LockError(`${TREE}=${tree}`, 'is no directory that can be entered', { cause: error });
  }
}
