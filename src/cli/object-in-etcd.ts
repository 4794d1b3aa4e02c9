import { statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { findConfig } from '../config/load.js';
import type { Coordination } from '../config/project.js';
import { LockError } from '../locks/index.js';
import { IN_ETCD } from '../tables/locks.js';
import { errorText } from '../text/error-text.js';
import { EXIT, Refusal } from './exit.js';
import { projectOf } from './project-of.js';

/** Where the lock of an object is in etcd. */
export interface ObjectInEtcd {
  readonly coordination: Coordination;
  /** The path of the object from the beginning of the tree, which is the same wherever a host has that. */
  readonly name: string;
}

/** Whose object it is: this process, or one that it works for. */
export interface Surroundings {
  /** The current directory. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Names the beginning of the tree; by default that is the directory of the configuration. */
const TREE = 'CT_LOCK_TREE';

/**
 * What all hosts call an object, and the etcd that they share.
 *
 * @throws LockError when the object has no name that other hosts could know; Refusal without a configuration
 */
export async function objectInEtcd(target: string, { directory, environment }: Surroundings): Promise<ObjectInEtcd> {
  const file = findConfig(directory, environment['STAGELOCK_CONFIG'] || undefined);
  if (file === undefined) {
    const where = `a stagelock.toml in ${directory} or above it, or of the file that STAGELOCK_CONFIG names`;
    throw new Refusal(EXIT.usage, `--strategy=${IN_ETCD} needs the table [coordination] of ${where}`);
  }
  const coordination = coordinationIn(file);
  const tree = environment[TREE] || dirname(file);
  if (!tree.startsWith('/')) throw new LockError(`${TREE}=${tree}`, 'is not an absolute path; begin it with "/"');
  const path = resolve(directory, target);
  // Not by the path as it is written: `..` after a link leads elsewhere for the system than for the eye.
  const real = await realDirectory(`${directory}/`, dirname(target));
  const name = relative(await realDirectory('', tree), join(real, basename(path)));
  if (name.startsWith('../')) {
    const why = `is not below ${tree}, from where objects have their names in etcd; set ${TREE} to a directory above it, and to the same one on other hosts`;
    throw new LockError(target, why);
  }
  return { coordination, name };
}

/** As it was when it was read last, by what it looked like then: one that serves many reads it once. */
const known = new Map<string, { readonly look: string; readonly coordination: Coordination }>();

function coordinationIn(file: string): Coordination {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  const look = `${stat?.dev} ${stat?.ino} ${stat?.size} ${stat?.mtimeNs} ${stat?.ctimeNs}`;
  const before = known.get(file);
  if (before?.look === look) return before.coordination;
  const { coordination } = projectOf({ config: file });
  if (coordination === undefined) {
    throw new LockError(file, `--strategy=${IN_ETCD} needs the table [coordination] in it`);
  }
  known.set(file, { look, coordination });
  return coordination;
}

async function realDirectory(base: string, path: string): Promise<string> {
  const whole = path.startsWith('/') ? path : base + path;
  try {
    return await realpath(`${whole}/.`);
  } catch (error) {
    throw new LockError(whole, `is no directory that can be entered: ${errorText(error)}`, { cause: error });
  }
}
